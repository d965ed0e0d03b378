package nn_test

import (
	"math"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// evalLayer evaluates a layer of the parameters p on rows of x in float64.
func evalLayer(t *testing.T, p *nn.Params, rows int, x []float64, build func(x *graph.Node) *graph.Node) []float64 {
	t.Helper()
	g := graph.New()
	y := build(g.Input("x", len(x)/rows))
	env := ref.Env{Rows: rows, Input: map[string][]float64{"x": x}, Shared: map[string][]float64{}}
	for _, s := range p.Tensors() {
		for _, v := range p.Values(s.Name) {
			env.Shared[s.Name] = append(env.Shared[s.Name], float64(v))
		}
	}
	v, err := ref.Eval(g, env, y)
	if err != nil {
		t.Fatal(err)
	}
	return v[0]
}

// wave fills n values that look like noise and can be made anywhere.
func wave(n int, k float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Sin(k * float64(i+1))
	}
	return v
}

func setWave(p *nn.Params, name string, k float64) {
	for i, v := range wave(len(p.Values(name)), k) {
		p.Values(name)[i] = float32(v)
	}
}

// One position of a layer is one sum, written out here from PyTorch's definition
// with its own order of axes.
func TestConv3DAgainstDefinition(t *testing.T) {
	l := nn.Conv3D{Name: "c", In: [3]int{4, 3, 5}, Channels: 2, Filters: 3, Kernel: [3]int{3, 2, 3}, Stride: [3]int{2, 1, 2}, Pad: [3]int{1, 0, 2}}
	p := &nn.Params{}
	l.Init(p, rng.New(1, "conv"))
	const rows = 2
	x := wave(rows*4*3*5*2, 0.7)
	got := evalLayer(t, p, rows, x, func(x *graph.Node) *graph.Node { return l.Build("", x) })
	out := l.Out()
	if out != [3]int{2, 2, 4} || len(got) != rows*2*2*4*3 {
		t.Fatalf("%v positions, %d values", out, len(got))
	}
	w, b := p.Values("c/W"), p.Values("c/b")
	weight := func(f, c, kz, ky, kx int) float64 { return float64(w[(((kz*2+ky)*3+kx)*2+c)*3+f]) }
	input := func(r, c, z, y, x1 int) float64 {
		if z < 0 || z >= 4 || y < 0 || y >= 3 || x1 < 0 || x1 >= 5 {
			return 0
		}
		return x[r*120+((z*3+y)*5+x1)*2+c]
	}
	i := 0
	for r := range rows {
		for oz := range out[0] {
			for oy := range out[1] {
				for ox := range out[2] {
					for f := range 3 {
						want := float64(b[f])
						for c := range 2 {
							for kz := range 3 {
								for ky := range 2 {
									for kx := range 3 {
										want += weight(f, c, kz, ky, kx) * input(r, c, 2*oz-1+kz, oy+ky, 2*ox-2+kx)
									}
								}
							}
						}
						if math.Abs(got[i]-want) > 1e-12 {
							t.Fatalf("value %d is %v, want %v", i, got[i], want)
						}
						i++
					}
				}
			}
		}
	}
}

// Sizes of the networks of the papers: the decoder of a BIB-AE reaches 60³ and goes back to 30³.
func TestConvSizes(t *testing.T) {
	all := func(n int) [3]int { return [3]int{n, n, n} }
	size := all(30)
	for i, k := range []int{4, 4, 4, 3} {
		l := nn.Conv3D{Name: "e", In: size, Channels: 1, Filters: 1, Kernel: all(k), Stride: all([]int{2, 2, 2, 1}[i]), Pad: all([]int{2, 2, 2, 1}[i])}
		size = l.Out()
		if want := all([]int{16, 9, 5, 5}[i]); size != want {
			t.Errorf("encoder layer %d: %v, want %v", i, size, want)
		}
	}
	up := nn.ConvTranspose3D{Name: "d", In: all(30), Channels: 8, Filters: 8, Kernel: all(3), Stride: all(2), Pad: all(1), OutPad: all(1)}
	if up.Out() != all(60) {
		t.Errorf("transposed: %v", up.Out())
	}
	down := nn.Conv3D{Name: "d", In: all(60), Channels: 8, Filters: 8, Kernel: all(2), Stride: all(2)}
	if down.Out() != all(30) {
		t.Errorf("back: %v", down.Out())
	}
}

func TestConvErrors(t *testing.T) {
	g := graph.New()
	l := nn.ConvTranspose3D{Name: "d", In: [3]int{2, 2, 2}, Channels: 1, Filters: 1, Kernel: [3]int{2, 2, 2}, OutPad: [3]int{1, 0, 0}}
	if y := l.Build("", g.Input("x", 8)); y.Op != graph.OpInvalid || g.Err() == nil {
		t.Errorf("output padding of a stride of 1 is accepted: %v", y)
	}
	g = graph.New()
	if y := (nn.Conv3D{Name: "c", In: [3]int{2, 2, 2}, Channels: 1, Filters: 1, Kernel: [3]int{3, 1, 1}}).Build("", g.Input("x", 8)); y.Op != graph.OpInvalid || g.Err() == nil {
		t.Errorf("a kernel that is too long is accepted: %v", y)
	}
	g = graph.New()
	if y := nn.Flip(g.Input("x", 8), [3]int{3, 1, 1}, 0, g.Input("u", 1)); y.Op != graph.OpInvalid || g.Err() == nil {
		t.Errorf("a flip of other sizes is accepted: %v", y)
	}
}

// Each group of features has mean 0 and variance 1/(1+Eps/var) before W and b.
func TestLayerNorm(t *testing.T) {
	const rows, positions, channels = 3, 8, 5
	x := wave(rows*positions*channels, 0.9)
	for _, perChannel := range []bool{false, true} {
		l := nn.LayerNorm{Name: "n", Positions: positions, Channels: channels, PerChannel: perChannel}
		p := &nn.Params{}
		l.Init(p)
		y := evalLayer(t, p, rows, x, func(x *graph.Node) *graph.Node { return l.Build("", x) })
		groups, size, at := rows, positions*channels, func(i, k int) int { return i*positions*channels + k }
		if perChannel {
			groups, size = rows*channels, positions
			at = func(i, k int) int { return i/channels*positions*channels + k*channels + i%channels }
		}
		for i := range groups {
			mean, square, before := 0.0, 0.0, 0.0
			for k := range size {
				mean += y[at(i, k)] / float64(size)
				square += y[at(i, k)] * y[at(i, k)] / float64(size)
				before += x[at(i, k)] / float64(size)
			}
			variance := 0.0
			for k := range size {
				variance += (x[at(i, k)] - before) * (x[at(i, k)] - before) / float64(size)
			}
			if want := variance / (variance + 1e-5); math.Abs(mean) > 1e-12 || math.Abs(square-want) > 1e-12 {
				t.Errorf("per channel %v, group %d: mean %v, square %v, want 0 and %v", perChannel, i, mean, square, want)
			}
		}
		// W and b act on features, or on positions.
		setWave(p, "n/W", 0.3)
		setWave(p, "n/b", 0.4)
		w, b := p.Values("n/W"), p.Values("n/b")
		for i, v := range evalLayer(t, p, rows, x, func(x *graph.Node) *graph.Node { return l.Build("", x) }) {
			j := i % (positions * channels)
			if perChannel {
				j /= channels
			}
			if want := y[i]*float64(w[j]) + float64(b[j]); math.Abs(v-want) > 1e-12 {
				t.Fatalf("per channel %v: value %d is %v, want %v", perChannel, i, v, want)
			}
		}
	}
}

func TestFlip(t *testing.T) {
	g := graph.New()
	x, u := g.Input("x", 12), g.Input("u", 1) // 1×2×3 positions of two channels
	rows := func(n int) []float64 {           // 0 … 11 in every row
		v := make([]float64, 12*n)
		for i := range v {
			v[i] = float64(i % 12)
		}
		return v
	}
	env := ref.Env{Rows: 2, Input: map[string][]float64{"x": rows(2), "u": {0.2, 0.7}}}
	for axis, want := range [][]float64{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
		{6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5},
		{4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7},
	} {
		v, err := ref.Eval(g, env, nn.Flip(x, [3]int{1, 2, 3}, axis, u))
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range append(rows(1), want...) {
			if v[0][i] != w {
				t.Errorf("axis %d: value %d is %v, want %v", axis, i, v[0][i], w)
			}
		}
	}
}
