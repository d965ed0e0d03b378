package stagetime

import (
	"testing"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/laser"
	"etalon/nn"
	"etalon/rng"
)

// products counts two operations for each multiply-add in the matrix products, for
// one row, that outs depend on.
func products(outs ...*graph.Node) float64 {
	seen := map[*graph.Node]bool{}
	var count func(n *graph.Node) float64
	count = func(n *graph.Node) float64 {
		if seen[n] {
			return 0
		}
		seen[n] = true
		sum := 0.0
		switch n.Op {
		case graph.OpMatMul:
			sum = 2 * float64(n.In[1].Size())
		case graph.OpOuterSum:
			sum = 2 * float64(n.Size())
		}
		for _, in := range n.In {
			sum += count(in)
		}
		return sum
	}
	sum := 0.0
	for _, n := range outs {
		sum += count(n)
	}
	return sum
}

func gradients(t *testing.T, y *graph.Node, of ...*graph.Node) []*graph.Node {
	t.Helper()
	grads, err := graph.Grad(y, of...)
	if err != nil {
		t.Fatal(err)
	}
	return append(grads, y)
}

// TestFLOP holds the formulas against the products in the graphs of the paper's
// stages.
func TestFLOP(t *testing.T) {
	paper, err := laser.Preset("paper", density)
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	built := func(name string) float64 {
		s, err := New(e, name)
		if err != nil {
			t.Fatal(err)
		}
		return s.FLOP
	}
	check := func(name string, got, want float64) {
		if got != want {
			t.Errorf("%s: %v FLOP, the graph has %v", name, got, want)
		}
	}

	c, p := paper.Generator.Flow.Network, &nn.Params{}
	flow := nn.RealNVP{Name: "flow", Dim: dim, Blocks: c.Blocks, Hidden: c.Hidden, Units: c.Units, Slope: c.Slope}
	flow.Init(p, rng.New(1, "init"))
	g := graph.New()
	y := graph.MeanRows(flow.LogProb("", g.Input("x", dim)))
	check("flow", built("flow"), 2000*products(gradients(t, y, p.Nodes(g, "")...)...))

	k, p := paper.Classifier.Network, &nn.Params{}
	classifier := nn.MLP{Name: "f", In: dim, Hidden: k.Hidden, Units: k.Units, Out: 1, Slope: k.Slope}
	classifier.Init(p, rng.New(1, "init"))
	g = graph.New()
	y = graph.MeanRows(graph.Softplus(classifier.Build("", g.Input("x", dim))))
	check("classifier", built("classifier"), 4000*products(gradients(t, y, p.Nodes(g, "")...)...))

	g = graph.New()
	z := g.Input("z", dim)
	y = classifier.Build("", flow.Inverse("", z))
	check("hmc", built("hmc"), 100*50*products(gradients(t, y, z)...))
	x := flow.Inverse("", z)
	check("sample", built("sample"), sampleRows*products(x))

	r := paper.Refiner.Network
	phi, err := generator.NewGAN(r, []float64{1, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	disc, d := nn.MLP{Name: "d", In: dim, Hidden: r.Hidden, Units: r.Units, Out: 1, Slope: r.Slope}, &nn.Params{}
	disc.Init(d, rng.New(1, "init"))
	g = graph.New()
	real := disc.Build("", g.Input("z", dim))
	fake := disc.Build("", phi.Build("", g.Input("y", r.Latent)))
	both := graph.MeanRows(graph.Add(graph.Softplus(graph.Neg(real)), graph.Softplus(fake)))
	update := products(gradients(t, both, d.Nodes(g, "")...)...)
	step := products(gradients(t, graph.MeanRows(graph.Softplus(graph.Neg(fake))), phi.Params.Nodes(g, "")...)...)
	check("gan", built("gan"), 2000*(4*update+step))

	g = graph.New()
	x = flow.Inverse("", phi.Build("", g.Input("y", r.Latent)))
	check("sample-refined", built("sample-refined"), sampleRows*products(x))
}
