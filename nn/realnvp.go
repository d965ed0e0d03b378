package nn

import (
	"fmt"
	"math"

	"etalon/graph"
	"etalon/rng"
)

// RealNVP is a normalizing flow of coupling blocks between data x and a standard
// normal latent z, both of Dim features (arXiv:1605.08803; LaSeR, section 4.1; with
// splines, arXiv:1906.04032). Forward is x → z, the direction in which it is trained.
type RealNVP struct {
	Name   string
	Dim    int     // features, at least 2
	Blocks int     // coupling blocks
	Hidden int     // hidden layers of each subnet
	Units  int     // units of each hidden layer
	Slope  float64 // of the subnets' leaky ReLU
	Seed   uint64  // of the fixed permutations, for Dim > 2
	Spline *Spline // of the blocks; nil: affine blocks
}

// couplings returns the blocks from the data to the latent side.
func (f RealNVP) couplings() []Coupling {
	blocks := make([]Coupling, f.Blocks)
	keep := f.Dim / 2
	out := 2 * (f.Dim - keep)
	if f.Spline != nil {
		out = f.Spline.Params(f.Dim - keep)
	}
	for i := range blocks {
		blocks[i] = Coupling{
			Dim:    f.Dim,
			Net:    MLP{Name: fmt.Sprintf("%s/%d", f.Name, i), In: keep, Hidden: f.Hidden, Units: f.Units, Out: out, Slope: f.Slope},
			Perm:   f.permutation(i),
			Spline: f.Spline,
		}
	}
	return blocks
}

// permutation of block i: the features that it kept become features that the next
// one transforms, so that two blocks in a row transform them all. Where there is a
// choice (Dim > 3) it is a random one, fixed by Seed.
func (f RealNVP) permutation(i int) []int {
	order := make([]uint32, f.Dim)
	for j := range order {
		order[j] = uint32(j)
	}
	keep := f.Dim / 2
	if f.Dim > 3 {
		rng.New(f.Seed, "realnvp/permutation").Perm(order, uint64(i))
	} else {
		order = append(order[keep:], order[:keep]...)
	}
	perm, rest := make([]int, 0, f.Dim), make([]int, 0, f.Dim)
	for _, k := range order {
		if int(k) >= keep && len(perm) < keep {
			perm = append(perm, int(k))
		} else {
			rest = append(rest, int(k))
		}
	}
	return append(perm, rest...)
}

// Init declares the parameters and draws their initial values.
func (f RealNVP) Init(p *Params, s rng.Stream) {
	for _, c := range f.couplings() {
		c.Init(p, s)
	}
}

// Forward adds x → z and the log-determinant ln|det ∂z/∂x| (rows 1) to the graph.
func (f RealNVP) Forward(prefix string, x *graph.Node) (z, logDet *graph.Node) {
	z = x
	for _, c := range f.couplings() {
		var ld *graph.Node
		z, ld = c.Forward(prefix, z)
		if logDet == nil {
			logDet = ld
		} else {
			logDet = graph.Add(logDet, ld)
		}
	}
	return z, logDet
}

// Inverse adds z → x to the graph.
func (f RealNVP) Inverse(prefix string, z *graph.Node) *graph.Node {
	blocks := f.couplings()
	for i := len(blocks) - 1; i >= 0; i-- {
		z = blocks[i].Inverse(prefix, z)
	}
	return z
}

// InverseLogDet is Inverse with the log-determinant of Forward at x, ln|det ∂z/∂x|
// (rows 1): what the density of a generated point takes, without the way back.
func (f RealNVP) InverseLogDet(prefix string, z *graph.Node) (x, logDet *graph.Node) {
	blocks := f.couplings()
	x = z
	for i := len(blocks) - 1; i >= 0; i-- {
		var ld *graph.Node
		x, ld = blocks[i].InverseLogDet(prefix, x)
		if logDet == nil {
			logDet = ld
		} else {
			logDet = graph.Add(logDet, ld)
		}
	}
	return x, logDet
}

// LogProb adds the log-density of x (rows 1, nats) to the graph: standard normal
// latent plus log-determinant.
func (f RealNVP) LogProb(prefix string, x *graph.Node) *graph.Node {
	z, logDet := f.Forward(prefix, x)
	return graph.Add(StandardNormal(z), logDet)
}

// StandardNormal adds ln N(z; 0, 1) summed over the features (rows 1).
func StandardNormal(z *graph.Node) *graph.Node {
	half := graph.MulScalar(graph.SumFeatures(graph.Square(z)), -0.5)
	return graph.AddScalar(half, -0.5*math.Log(2*math.Pi)*float64(z.Width()))
}
