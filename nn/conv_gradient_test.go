package nn_test

import (
	"math"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// The gradient penalty of arXiv:1704.00028, eq. 3, of a critic with two convolutions, both
// forms of layer norm and a transposed convolution: its derivatives with respect to the parameters,
// which are gradients of gradients, against central differences in float64.
func TestConvGradientPenalty(t *testing.T) {
	first := nn.Conv3D{Name: "1", In: [3]int{4, 3, 5}, Channels: 1, Filters: 3, Kernel: [3]int{3, 2, 3}, Stride: [3]int{2, 1, 2}, Pad: [3]int{1, 0, 1}}
	o := first.Out()
	positions := o[0] * o[1] * o[2]
	second := nn.Conv3D{Name: "2", In: o, Channels: 3, Filters: 2, Kernel: [3]int{2, 2, 2}, NoBias: true}
	s := second.Out()
	norms := []nn.LayerNorm{
		{Name: "n1", Positions: positions, Channels: 3, PerChannel: true},
		{Name: "n2", Positions: s[0] * s[1] * s[2], Channels: 2},
	}
	up := nn.ConvTranspose3D{Name: "3", In: s, Channels: 2, Filters: 2, Kernel: [3]int{2, 3, 2}, Stride: [3]int{2, 2, 1}, Pad: [3]int{0, 1, 0}, OutPad: [3]int{1, 1, 0}}

	p := &nn.Params{}
	stream := rng.New(3, "critic")
	first.Init(p, stream)
	second.Init(p, stream)
	up.Init(p, stream)
	for _, n := range norms {
		n.Init(p)
	}
	g := graph.New()
	x := g.Input("x", 60)
	h := graph.Tanh(norms[0].Build("", first.Build("", x)))
	h = graph.Softplus(norms[1].Build("", second.Build("", h)))
	h = graph.Tanh(up.Build("", h))
	d := graph.SumFeatures(graph.Square(h))
	slope, err := graph.Grad(d, x)
	if err != nil {
		t.Fatal(err)
	}
	norm := graph.Sqrt(graph.SumFeatures(graph.Square(slope[0])))
	loss := graph.MeanRows(graph.Square(graph.AddScalar(norm, -1)))
	grads, err := graph.Grad(loss, p.Nodes(g, "")...)
	if err != nil {
		t.Fatal(err)
	}
	env := ref.Env{Rows: 3, Input: map[string][]float64{"x": wave(180, 0.9)}, Shared: map[string][]float64{}}
	for _, s := range p.Tensors() {
		for _, v := range p.Values(s.Name) {
			env.Shared[s.Name] = append(env.Shared[s.Name], float64(v))
		}
	}
	eval := func(outs ...*graph.Node) [][]float64 {
		v, err := ref.Eval(g, env, outs...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	all, checked := eval(grads...), 0
	for i, s := range p.Tensors() {
		v := env.Shared[s.Name]
		for k := 0; k < len(v); k += 1 + len(v)/5 {
			const step = 1e-5
			old := v[k]
			v[k] = old + step
			plus := eval(loss)[0][0]
			v[k] = old - step
			minus := eval(loss)[0][0]
			v[k] = old
			// Truncation and rounding are of order 1e-10 for derivatives of order one.
			if want := (plus - minus) / (2 * step); math.Abs(all[i][k]-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("∂loss/∂%s[%d] = %v, differences %v", s.Name, k, all[i][k], want)
			}
			checked++
		}
	}
	if checked < 25 {
		t.Errorf("only %d derivatives were compared", checked)
	}
}

// PyTorch's bounds: 1/√(fan in), which it takes from the second axis of the weights.
func TestConvStart(t *testing.T) {
	p := &nn.Params{}
	conv := nn.Conv3D{Name: "c", In: [3]int{9, 9, 9}, Channels: 4, Filters: 32, Kernel: [3]int{3, 3, 3}}
	up := nn.ConvTranspose3D{Name: "u", In: [3]int{2, 2, 2}, Channels: 32, Filters: 4, Kernel: [3]int{3, 3, 3}}
	conv.Init(p, rng.New(1, "start"))
	up.Init(p, rng.New(1, "start"))
	bound := 1 / math.Sqrt(4*27)
	for _, s := range p.Tensors() {
		largest, sum := 0.0, 0.0
		for _, v := range p.Values(s.Name) {
			largest, sum = max(largest, math.Abs(float64(v))), sum+float64(v)
		}
		if largest > bound || s.Size > 100 && (largest < 0.99*bound || math.Abs(sum)/float64(s.Size) > 5*bound/math.Sqrt(3*float64(s.Size))) {
			t.Errorf("%s: largest %v of %v, mean %v", s.Name, largest, bound, sum/float64(s.Size))
		}
	}
	if n := len(p.Tensors()); n != 4 {
		t.Errorf("%d tensors", n)
	}
}
