package nn_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// flow returns a flow whose weights, scales and offsets are far from their start,
// so that nothing of the transformation is trivial.
func flow(dim, blocks int) (nn.RealNVP, *nn.Params) {
	f := nn.RealNVP{Name: "flow", Dim: dim, Blocks: blocks, Hidden: 2, Units: 16, Slope: 0.1, Seed: 3}
	p := &nn.Params{}
	f.Init(p, rng.New(1, "init"))
	s := rng.New(2, "perturbation")
	for i, v := range p.Flat() {
		p.Flat()[i] = v + float32(0.3*s.Normal(0, uint64(i), 0))
	}
	return f, p
}

// float64s returns the parameters as the reference takes them.
func float64s(p *nn.Params) map[string][]float64 {
	m := map[string][]float64{}
	for _, t := range p.Tensors() {
		m[t.Name] = widen(p.Values(t.Name))
	}
	return m
}

func widen(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}

func normals(n int, name string) []float64 {
	v := make([]float64, n)
	s := rng.New(1, name)
	for i := range v {
		v[i] = float64(float32(s.Normal(0, uint64(i), 0)))
	}
	return v
}

func eval(t *testing.T, env ref.Env, outs ...*graph.Node) [][]float64 {
	t.Helper()
	v, err := ref.Eval(outs[0].Graph, env, outs...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRealNVPInverse(t *testing.T) {
	for _, dim := range []int{2, 3, 5, 8} {
		f, p := flow(dim, 6)
		g := graph.New()
		x := g.Input("x", dim)
		z, _ := f.Forward("", x)
		back := f.Inverse("", z)
		there, _ := f.Forward("", f.Inverse("", x))
		const rows = 200
		env := ref.Env{Rows: rows, Input: map[string][]float64{"x": normals(rows*dim, "x")}, Shared: float64s(p)}
		v := eval(t, env, back, there, z)
		moved := 0.0
		for i, want := range env.Input["x"] {
			// Each block divides by scales of order one; 1e-16 per operation grows
			// to no more than 1e-11 over a few hundred of them.
			for k := range 2 {
				if !(math.Abs(v[k][i]-want) <= 1e-11*(1+math.Abs(want))) {
					t.Fatalf("dim %d: element %d comes back as %v, was %v", dim, i, v[k][i], want)
				}
			}
			moved = math.Max(moved, math.Abs(v[2][i]-want))
		}
		if moved < 0.5 {
			t.Errorf("dim %d: the flow hardly moves anything: %v", dim, moved)
		}
	}
}

// The log-determinant against that of a Jacobian of central differences.
func TestRealNVPLogDet(t *testing.T) {
	for _, dim := range []int{2, 3, 5} {
		f, p := flow(dim, 5)
		g := graph.New()
		z, logDet := f.Forward("", g.Input("x", dim))
		const rows = 20
		x := normals(rows*dim, "x")
		env := ref.Env{Rows: rows, Input: map[string][]float64{"x": x}, Shared: float64s(p)}
		got := eval(t, env, logDet)[0]
		jac := make([]*mat.Dense, rows)
		for r := range jac {
			jac[r] = mat.NewDense(dim, dim, nil)
		}
		const h = 1e-6
		for j := range dim { // one feature of all rows at a time
			at := func(d float64) []float64 {
				moved := append([]float64(nil), x...)
				for r := range rows {
					moved[r*dim+j] += d
				}
				return eval(t, ref.Env{Rows: rows, Input: map[string][]float64{"x": moved}, Shared: env.Shared}, z)[0]
			}
			up, down := at(h), at(-h)
			for r := range rows {
				for i := range dim {
					jac[r].Set(i, j, (up[r*dim+i]-down[r*dim+i])/(2*h))
				}
			}
		}
		spread := 0.0
		for r := range rows {
			want, _ := mat.LogDet(jac[r])
			if !(math.Abs(got[r]-want) <= 1e-7*(1+math.Abs(want))) {
				t.Errorf("dim %d, row %d: ln|det| = %v, finite differences %v", dim, r, got[r], want)
			}
			spread = math.Max(spread, math.Abs(got[r]-got[0]))
		}
		if spread < 0.1 {
			t.Errorf("dim %d: the log-determinant is the same everywhere", dim)
		}
	}
}

// Every tensor of parameters moves the log-density and the inverse.
func TestRealNVPGradientReachesAll(t *testing.T) {
	for _, dim := range []int{2, 3, 5} {
		f, p := flow(dim, 4)
		g := graph.New()
		logProb := f.LogProb("", g.Input("x", dim))
		sample := graph.SumFeatures(graph.Square(f.Inverse("", g.Input("z", dim))))
		nodes := p.Nodes(g, "")
		const rows = 50
		env := ref.Env{Rows: rows, Input: map[string][]float64{"x": normals(rows*dim, "x"), "z": normals(rows*dim, "z")}, Shared: float64s(p)}
		for name, y := range map[string]*graph.Node{"log-density": logProb, "sample": sample} {
			grads, err := graph.Grad(graph.MeanRows(y), nodes...)
			if err != nil {
				t.Fatal(err)
			}
			if len(grads) != 4*(2*3+2) {
				t.Fatalf("%d tensors", len(grads))
			}
			for i, d := range eval(t, env, grads...) {
				zeros := 0
				for _, v := range d {
					if v == 0 || math.IsNaN(v) {
						zeros++
					}
				}
				if zeros == len(d) || zeros > len(d)/2 {
					t.Errorf("dim %d, %s: %d of %d derivatives by %s are zero", dim, name, zeros, len(d), nodes[i].Name)
				}
			}
		}
	}
}

// The density integrates to one: midpoint rule over a box that holds nearly all
// of it. Its error is of order h² at the kinks of the leaky ReLUs.
func TestRealNVPDensityIntegratesToOne(t *testing.T) {
	const half, n = 15.0, 600
	f, p := flow(2, 4)
	g := graph.New()
	e := cpu.New(2)
	defer e.Close()
	prog, err := e.Compile(g, cpu.Config{}, f.LogProb("", g.Input("x", 2)))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Bind(prog, ""); err != nil {
		t.Fatal(err)
	}
	const h = 2 * half / n
	points, logProb := make([]float32, 2*n*n), make([]float32, n*n)
	for i := range n {
		for j := range n {
			points[2*(i*n+j)] = float32(-half + (float64(i)+0.5)*h)
			points[2*(i*n+j)+1] = float32(-half + (float64(j)+0.5)*h)
		}
	}
	if err := prog.Feed("x", cpu.Rows{Data: points}); err != nil {
		t.Fatal(err)
	}
	if err := prog.Into(0, logProb); err != nil {
		t.Fatal(err)
	}
	if err := prog.Run(cpu.Batch{Rows: n * n}); err != nil {
		t.Fatal(err)
	}
	mass, edge := 0.0, 0.0
	for k, l := range logProb {
		d := math.Exp(float64(l)) * h * h
		mass += d
		if i, j := k/n, k%n; i < n/20 || j < n/20 || i >= n-n/20 || j >= n-n/20 {
			edge += d
		}
	}
	if edge > 1e-4 {
		t.Fatalf("the box is too small: %v of the mass lies at its edge", edge)
	}
	if math.Abs(mass-1) > 1e-3 {
		t.Errorf("the density integrates to %v", mass)
	}
}

// At its start the flow scales nothing but by its subnets, and what the engine
// computes is what the reference computes.
func TestRealNVPStart(t *testing.T) {
	f := nn.RealNVP{Name: "flow", Dim: 3, Blocks: 4, Hidden: 2, Units: 24, Slope: 0.1}
	p := &nn.Params{}
	f.Init(p, rng.New(1, "init"))
	for i := range 4 {
		for _, r := range p.Values(fmt.Sprintf("flow/%d/scale", i)) {
			if s := 0.2 * math.Log1p(math.Exp(float64(r)/2)); math.Abs(s-1) > 1e-6 {
				t.Errorf("block %d starts with the factor %v", i, s)
			}
		}
		for _, o := range p.Values(fmt.Sprintf("flow/%d/offset", i)) {
			if o != 0 {
				t.Errorf("block %d starts with the offset %v", i, o)
			}
		}
	}
	if want := 4 * (1*24 + 24 + 24*24 + 24 + 24*4 + 4 + 3 + 3); p.Len() != want {
		t.Errorf("%d parameters, want %d", p.Len(), want)
	}
	g := graph.New()
	const rows = 100
	x := normals(3*rows, "x")
	logProb := f.LogProb("net/", g.Input("x", 3))
	e := cpu.New(1)
	defer e.Close()
	prog, err := e.Compile(g, cpu.Config{}, logProb)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Bind(prog, "net/"); err != nil {
		t.Fatal(err)
	}
	data, got := make([]float32, 3*rows), make([]float32, rows)
	for i, v := range x {
		data[i] = float32(v)
	}
	if err := prog.Feed("x", cpu.Rows{Data: data}); err != nil {
		t.Fatal(err)
	}
	if err := prog.Into(0, got); err != nil {
		t.Fatal(err)
	}
	if err := prog.Run(cpu.Batch{Rows: rows}); err != nil {
		t.Fatal(err)
	}
	shared := map[string][]float64{}
	for name, v := range float64s(p) {
		shared["net/"+name] = v
	}
	for i, want := range eval(t, ref.Env{Rows: rows, Input: map[string][]float64{"x": x}, Shared: shared}, logProb)[0] {
		if math.Abs(float64(got[i])-want) > 1e-5*(1+math.Abs(want)) {
			t.Fatalf("row %d: ln p = %v, reference %v", i, got[i], want)
		}
	}
}

// The standard normal log-density by its formula.
func TestStandardNormal(t *testing.T) {
	g := graph.New()
	v := eval(t, ref.Env{Rows: 2, Input: map[string][]float64{"z": {0, 0, 0, 1, -2, 0.5}}}, nn.StandardNormal(g.Input("z", 3)))[0]
	for i, sq := range []float64{0, 1 + 4 + 0.25} {
		if want := -1.5*math.Log(2*math.Pi) - sq/2; math.Abs(v[i]-want) > 1e-14 {
			t.Errorf("row %d: %v, want %v", i, v[i], want)
		}
	}
}

// On the way from the latents the determinant is that of the way back, and the points
// are those of Inverse, bit for bit.
func TestRealNVPInverseLogDet(t *testing.T) {
	for name, spline := range map[string]*nn.Spline{"affine": nil, "spline": {Bins: 5, Bound: 3}} {
		for _, dim := range []int{2, 5} {
			f := nn.RealNVP{Name: "flow", Dim: dim, Blocks: 4, Hidden: 1, Units: 8, Slope: 0.1, Seed: 3, Spline: spline}
			p := &nn.Params{}
			f.Init(p, rng.New(1, "init"))
			s := rng.New(2, "perturbation")
			for i, v := range p.Flat() {
				p.Flat()[i] = v + float32(0.3*s.Normal(0, uint64(i), 0))
			}
			g := graph.New()
			z := g.Input("z", dim)
			x, logDet := f.InverseLogDet("", z)
			same := f.Inverse("", z)
			_, want := f.Forward("", x)
			const rows = 200
			v := eval(t, ref.Env{Rows: rows, Input: map[string][]float64{"z": normals(rows*dim, "z")}, Shared: float64s(p)}, x, same, logDet, want)
			for i := range v[0] {
				if v[0][i] != v[1][i] {
					t.Fatalf("%s, dimension %d: value %d is %v, by Inverse %v", name, dim, i, v[0][i], v[1][i])
				}
			}
			for i := range v[2] {
				// float64 through a few hundred operations; near the edge of a bin the slope
				// of a spline turns rounding into 1e-9
				if math.Abs(v[2][i]-v[3][i]) > 1e-8 {
					t.Errorf("%s, dimension %d: ln|det| = %v at row %d; want %v", name, dim, v[2][i], i, v[3][i])
				}
			}
		}
	}
}
