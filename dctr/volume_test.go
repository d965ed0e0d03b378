package dctr_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
)

var tiny = dctr.Volume{Positions: [3]int{5, 4, 6}, Filters: []int{3, 4, 2}, Stride: []int{2, 1, 1}, Pad: []int{1, 1, 0}, Kernel: 2,
	Dense: []int{5, 3}, Slope: 0.01, Unit: 0.5, Log: true}

func newVolume(t *testing.T, v dctr.Volume, seed uint64) *dctr.Classifier {
	t.Helper()
	c, err := dctr.New(dctr.Config{Volume: &v}, nil, seed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The paper's network: 128·6·6·6 features behind the convolutions, and as many parameters
// as PyTorch's Conv3d, LayerNorm over the positions, and Linear have.
func TestFullVolume(t *testing.T) {
	v, cfg := dctr.FullVolume([3]int{30, 30, 30})
	c := newVolume(t, v, 1)
	want := 27*128 + 128 + 2*15*15*15 + 27*128*128 + 128 + 2*8*8*8 + 27*128*128 + 128
	for _, l := range [][2]int{{128 * 6 * 6 * 6, 64}, {64, 256}, {256, 256}, {256, 1}} {
		want += l[0]*l[1] + l[1]
	}
	if c.Params.Len() != want || c.Dim() != 27000 {
		t.Errorf("%d parameters of %d features; want %d of 27000", c.Params.Len(), c.Dim(), want)
	}
	if cfg.Check() != nil || cfg.Epochs != 1 || cfg.Adam.Alpha != 1e-3 || v.Slope != 0.01 || v.Log || v.NoFlip {
		t.Errorf("training %+v of %+v", cfg, v)
	}
	for _, p := range [][3]int{{30, 30, 30}, {45, 16, 9}, {45, 50, 18}, {3, 4, 5}, {1, 8, 9}, {1, 1, 1}} {
		small, cfg := dctr.SmallVolume(p)
		if err := errors.Join(small.Check(), cfg.Check()); err != nil {
			t.Errorf("%v: %v", p, err)
		}
		text, err := toml.Marshal(small)
		var back dctr.Volume
		if err = errors.Join(err, toml.Unmarshal(text, &back)); err != nil || !reflect.DeepEqual(back, small) {
			t.Errorf("%v: from TOML %+v, %v; want %+v", p, back, err, small)
		}
	}
}

// The engine's logits and gradients of all parameters are those of the float64 reference,
// and these are central differences: convolutions, norms and dense layers as one network.
func TestVolumeAgainstReference(t *testing.T) {
	testAgainstReference(t, tiny)
}

func TestVolumeWithSumsAgainstReference(t *testing.T) {
	v := tiny
	v.Sums = true
	if err := v.MeasureSums(drawn(flatShowers.draw("sums", 40))); err != nil {
		t.Fatal(err)
	}
	testAgainstReference(t, v)
}

// drawn are volumes as Examples.
type drawn []float32

func (d drawn) Len() int { return len(d) / 120 }
func (d drawn) Dim() int { return 120 }
func (d drawn) Expand(rows []uint32, dst []float32) {
	for k, i := range rows {
		copy(dst[k*120:(k+1)*120], d[i*120:])
	}
}

func testAgainstReference(t *testing.T, v dctr.Volume) {
	const n = 6
	c := newVolume(t, v, 1)
	x := flatShowers.draw("x", n)
	y := []float64{1, 0, 1, 0, 0, 1}
	g := graph.New()
	in, label := g.Input("x", c.Dim()), g.Input("y", 1)
	l := c.Build("", in)
	loss := graph.MeanRows(graph.Sub(graph.Softplus(l), graph.Mul(l, label)))
	grads, err := graph.Grad(loss, c.Params.Nodes(g, "")...)
	if err != nil {
		t.Fatal(err)
	}
	params := oracle{}
	if err := c.Bind(params, ""); err != nil {
		t.Fatal(err)
	}
	env := ref.Env{Rows: n, Input: map[string][]float64{"x": wide(x), "y": y}, Shared: params}
	eval := func(outs ...*graph.Node) [][]float64 {
		v, err := ref.Eval(g, env, outs...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	e := cpu.New(1)
	defer e.Close()
	got, err := c.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range eval(l)[0] {
		if math.Abs(got[i]-want) > 1e-5 {
			t.Errorf("logit %d is %v; the reference has %v", i, got[i], want)
		}
	}
	p, err := e.Compile(g, cpu.Config{}, grads...)
	if err != nil {
		t.Fatal(err)
	}
	y32 := []float32{1, 0, 1, 0, 0, 1}
	if err := errors.Join(c.Bind(p, ""), p.Feed("x", cpu.Rows{Data: x}), p.Feed("y", cpu.Rows{Data: y32}), p.Run(cpu.Batch{Rows: n})); err != nil {
		t.Fatal(err)
	}
	for i, want := range eval(grads...) {
		tensor := c.Params.Tensors()[i]
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		for k, v := range p.Shared(i) {
			if math.Abs(float64(v)-want[k]) > 1e-4*largest+1e-7 {
				t.Fatalf("gradient %d of %s is %v; the reference has %v", k, tensor.Name, v, want[k])
			}
		}
		const step = 1e-5
		k, v := tensor.Size/2, params[tensor.Name]
		old := v[k]
		v[k] = old + step
		plus := eval(loss)[0][0]
		v[k] = old - step
		minus := eval(loss)[0][0]
		v[k] = old
		// Truncation is of order step², times third derivatives of a norm's scale.
		if d := (plus - minus) / (2 * step); math.Abs(d-want[k]) > 1e-7 {
			t.Errorf("derivative %d of %s is %v; differences give %v", k, tensor.Name, want[k], d)
		}
	}
}

// Layer norms hide the scale of the energies: without biases a factor on all cells changes
// no logit, but for what the norms add to the variance; and it does without norms, or
// where the network sees logarithms.
func TestNormsHideTheScale(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	x := flatShowers.draw("scale", 20)
	scaled := slices.Clone(x)
	for i := range scaled {
		scaled[i] *= 1.5
	}
	for name, c := range map[string]struct {
		noNorm, log, seen bool
	}{"norm": {}, "no norm": {noNorm: true, seen: true}, "log": {log: true, seen: true}} {
		v := tiny
		v.NoNorm, v.Log = c.noNorm, c.log
		m := newVolume(t, v, 1)
		for i := range v.Filters {
			clear(m.Params.Values("conv/" + strconv.Itoa(i) + "/b"))
		}
		if m.Params.Has("norm/0/W") == c.noNorm {
			t.Errorf("%s: norm/0/W: %v", name, !c.noNorm)
		}
		a, err1 := m.Logits(e, x)
		b, err2 := m.Logits(e, scaled)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		change, size := 0.0, 0.0
		for i := range a {
			change, size = change+math.Abs(a[i]-b[i]), size+math.Abs(a[i]-a[0])
		}
		if seen := change > 0.02*size; seen != c.seen {
			t.Errorf("%s: logits change by %v, where they vary by %v", name, change, size)
		}
	}
}

// In a training step each row is one of its four images, with probability ¼ each, a
// function of seed and step; the log-weights are those of the row itself, or with Mirror
// the mean over the images, the same for all four.
func TestFlips(t *testing.T) {
	const n = 1000
	c := newVolume(t, tiny, 1)
	e := cpu.New(2)
	defer e.Close()
	one := flatShowers.draw("one", 1)
	x := make([]float32, 0, n*len(one))
	for range n {
		x = append(x, one...)
	}
	images := make([][]float32, 4)
	var want []float64
	for k := range images {
		for _, p := range dctr.MirroredCells(tiny, k&1 != 0, k&2 != 0) {
			images[k] = append(images[k], one[p])
		}
		l, err := c.Logits(e, images[k])
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, l[0])
	}
	// The axes: x is the second of layers, x, y.
	if a, b := images[1][(0*4+3)*6+2], one[(0*4+0)*6+2]; a != b {
		t.Errorf("cell (0, 3, 2) mirrored along x is %v; want %v", a, b)
	}
	if a, b := images[2][(4*4+1)*6+5], one[(4*4+1)*6+0]; a != b {
		t.Errorf("cell (4, 1, 5) mirrored along y is %v; want %v", a, b)
	}
	got, err := dctr.TrainingLogits(e, c, x, 5, 9)
	if err != nil {
		t.Fatal(err)
	}
	var counts [4]int
	for i, l := range got {
		k := slices.IndexFunc(want, func(w float64) bool { return math.Abs(float64(l)-w) < 1e-6 })
		if k < 0 {
			t.Fatalf("row %d: logit %v is of no image, %v", i, l, want)
		}
		counts[k]++
	}
	for k, m := range counts { // five standard deviations of a binomial number
		if math.Abs(float64(m)-n/4) > 5*math.Sqrt(n*0.25*0.75) {
			t.Errorf("image %d: %d of %d rows", k, m, n)
		}
	}
	again, err1 := dctr.TrainingLogits(e, c, x, 5, 9)
	other, err2 := dctr.TrainingLogits(e, c, x, 5, 10)
	if err1 != nil || err2 != nil || !slices.Equal(got, again) || slices.Equal(got, other) {
		t.Error("the flips are no function of seed and step", err1, err2)
	}
	still := tiny
	still.NoFlip = true
	c.Config.Volume = &still
	if got, err = dctr.TrainingLogits(e, c, x, 5, 9); err != nil || float64(got[3]) != want[0] {
		t.Errorf("without flips %v, %v; want %v", got[3], err, want[0])
	}
	mean := tiny
	mean.Mirror = true
	c.Config.Volume = &mean
	all, err := c.Logits(e, slices.Concat(images...))
	if err != nil {
		t.Fatal(err)
	}
	for k, l := range all {
		if m := (want[0] + want[1] + want[2] + want[3]) / 4; math.Abs(l-m) > 1e-6 {
			t.Errorf("image %d: %v; want the mean %v", k, l, m)
		}
	}
}
