package generator

import (
	"fmt"

	"etalon/graph"
	"etalon/nn"
)

// Invertible is a generator whose map has an explicit inverse, and with it a density.
type Invertible interface {
	LogDensity
	// BuildInverse adds the latents z = g⁻¹(x) (rows LatentDim) and ln p(x) (rows 1, nats
	// per unit of x) to the graph. The parameters are those of Build.
	BuildInverse(prefix string, x *graph.Node) (z, logProb *graph.Node)
}

// BuildInverse implements Invertible.
func (f *Flow) BuildInverse(prefix string, x *graph.Node) (z, logProb *graph.Node) {
	y, slope := f.Transform.BuildDensity(x)
	z, logDet := f.net().Forward(prefix, toNetwork(y, f.Shift, f.Scale))
	logProb = graph.AddScalar(graph.Add(nn.StandardNormal(z), logDet), f.jacobian())
	if slope != nil {
		logProb = graph.Add(logProb, slope)
	}
	return f.Prior().fromNormal(z), logProb
}

// BuildInverse implements Invertible: the velocity is followed back to the latents. It
// inverts Build but for the error of the solver.
func (f *FlowMatching) BuildInverse(prefix string, x *graph.Node) (z, logProb *graph.Node) {
	moved, given, context := f.split(x)
	z = f.Config.Solver.Integrate(f.toNormal(moved), 1, 0, f.Config.Steps, func(x *graph.Node, t float64) *graph.Node {
		return f.slope(prefix, x, context, t)
	})
	return behind(f.Prior().fromNormal(z), given), f.BuildLogProb(prefix, x)
}

// fromNormal adds the map that makes deviates of the prior of standard normal ones.
func (p Prior) fromNormal(z *graph.Node) *graph.Node {
	if p == Uniform {
		return nn.NormalCDF(z)
	}
	return z
}

// composedDensity is a refined model of which both parts are invertible.
type composedDensity struct {
	*Composed
	g, phi Invertible
}

// BuildInverse implements Invertible. With the change of variables of g written as
// ln|det ∂z/∂x| = ln p_g(x) - ln p_Z(z) (LaSeR, eqs. 1 and 2),
//
//	ln p(x) = ln p_g(x) + ln p_Φ(z) - ln p_Z(z),   z = g⁻¹(x)
func (c composedDensity) BuildInverse(prefix string, x *graph.Node) (y, logProb *graph.Node) {
	z, outer := c.g.BuildInverse(prefix+"g/", x)
	y, inner := c.phi.BuildInverse(prefix+"phi/", z)
	return y, graph.Add(outer, graph.Sub(inner, c.g.Prior().LogProb(z)))
}

// BuildLogProb implements LogDensity.
func (c composedDensity) BuildLogProb(prefix string, x *graph.Node) *graph.Node {
	_, logProb := c.BuildInverse(prefix, x)
	return logProb
}

// ExplicitDensity returns gen with its explicit density, or an error that says why it
// has none. A refined model g∘Φ has one where both parts have (flows and flow
// matching, also nested): LaSeR, Table 2. Acceptance changes the density and has to be
// left off (Composed.Map). Between uniform latents the inverse is exact to 4 standard
// deviations of the normal deviates that they stand for; beyond, float32 does not resolve
// them.
func ExplicitDensity(gen Generator) (Invertible, error) {
	c, ok := gen.(*Composed)
	if !ok {
		if d, ok := gen.(Invertible); ok {
			return d, nil
		}
		return nil, fmt.Errorf("generator: a model of kind %s has no explicit density; those of kind %s and %s have one", kindOf(gen), flowKind, flowMatchingKind)
	}
	if c.Accept != nil {
		return nil, fmt.Errorf("generator: a refined model with acceptance has no explicit density; without acceptance it may have one")
	}
	g, err := ExplicitDensity(c.G)
	if err != nil {
		return nil, err
	}
	phi, err := ExplicitDensity(c.Phi)
	if err != nil {
		return nil, err
	}
	if inside := bounded(phi); inside != (g.Prior() == Uniform) {
		return nil, fmt.Errorf("generator: the density of the refined model is not explicit: the generator takes %s latents, and the refiner makes %s", g.Prior(),
			map[bool]string{true: "only such between -1 and 1", false: "such beyond -1 and 1, too"}[inside])
	}
	return composedDensity{c, g, phi}, nil
}

// bounded tells whether a refiner makes uniform latents, inside (-1, 1).
func bounded(phi Generator) bool {
	switch p := phi.(type) {
	case composedDensity:
		return bounded(p.g)
	case *FlowMatching:
		return p.Config.Refines == Uniform
	}
	return false
}
