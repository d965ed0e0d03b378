package nn_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// binder records what it is given.
type binder struct {
	names  []string
	values map[string][]float32
	refuse string
}

func (b *binder) Bind(name string, values []float32) error {
	if name == b.refuse {
		return errors.New("refused")
	}
	if b.values == nil {
		b.values = map[string][]float32{}
	}
	b.names, b.values[name] = append(b.names, name), values
	return nil
}

func TestParams(t *testing.T) {
	p := &nn.Params{}
	if p.Len() != 0 || p.Has("a") || len(p.Tensors()) != 0 {
		t.Error("the zero value is not empty")
	}
	shape := []int{2, 3}
	p.Add("a", shape...)
	p.Add("b", 4)
	shape[0] = 7
	for i := range p.Flat() {
		p.Flat()[i] = float32(i)
	}
	if p.Len() != 10 || !p.Has("a") || !p.Has("b") || p.Has("c") {
		t.Errorf("%d values", p.Len())
	}
	if !slices.Equal(p.Values("a"), []float32{0, 1, 2, 3, 4, 5}) || !slices.Equal(p.Values("b"), []float32{6, 7, 8, 9}) {
		t.Errorf("values %v and %v", p.Values("a"), p.Values("b"))
	}
	if ts := p.Tensors(); ts[0].Name != "a" || !slices.Equal(ts[0].Shape, []int{2, 3}) || ts[1].Offset != 6 || ts[1].Size != 4 {
		t.Errorf("tensors %+v", ts)
	}
	_ = append(p.Values("a"), 99) // must not reach into b
	if p.Values("b")[0] != 6 {
		t.Error("appending to one tensor changed the next")
	}
	p.Values("b")[1] = 70
	if p.Flat()[7] != 70 {
		t.Error("Values is no view of Flat")
	}

	q := p.Clone()
	q.Values("a")[0] = -1
	q.Add("c", 1)
	if p.Values("a")[0] != 0 || p.Has("c") || p.Len() != 10 || q.Len() != 11 || !slices.Equal(q.Values("b"), p.Values("b")) {
		t.Error("a clone and its origin share something")
	}

	var b binder
	if err := p.Bind(&b, "net/"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.names, []string{"net/a", "net/b"}) {
		t.Errorf("bound %v", b.names)
	}
	b.values["net/b"][0] = 5 // the binder gets the values themselves
	if p.Flat()[6] != 5 {
		t.Error("bound values are copies")
	}
	if err := p.Bind(&binder{refuse: "b"}, ""); err == nil {
		t.Error("the binder's error is lost")
	}

	g := graph.New()
	old := g.Shared("net/b", 4)
	nodes := p.Nodes(g, "net/")
	if len(nodes) != 2 || nodes[1] != old || nodes[0].Name != "net/a" || !slices.Equal(nodes[0].Shape, []int{2, 3}) {
		t.Errorf("nodes %v", nodes)
	}
	g = graph.New()
	g.Shared("a", 3, 2)
	if p.Nodes(g, ""); !errors.Is(g.Err(), graph.ErrShape) {
		t.Errorf("a graph with another shape: %v", g.Err())
	}

	for name, f := range map[string]func(){"Values of an unknown name": func() { p.Values("z") }, "Add of a known name": func() { p.Add("a", 1) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// A network of given weights by hand: 2 → 2 → 1 with slope 0.1.
func TestMLP(t *testing.T) {
	net := nn.MLP{Name: "f", In: 2, Hidden: 1, Units: 2, Out: 1, Slope: 0.1}
	p := &nn.Params{}
	net.Init(p, rng.New(1, "init"))
	copy(p.Values("f/0/W"), []float32{1, -1, 2, 0.5})
	copy(p.Values("f/0/b"), []float32{0, 1})
	copy(p.Values("f/1/W"), []float32{3, -2})
	copy(p.Values("f/1/b"), []float32{0.25})
	g := graph.New()
	y := net.Build("", g.Input("x", 2))
	again := net.Build("", g.Input("y", 2)) // the same weights
	if g.Err() != nil || len(p.Nodes(g, "")) != 4 {
		t.Fatal(g.Err())
	}
	x := []float64{1, 2, -1, -2}
	v := eval(t, ref.Env{Rows: 2, Input: map[string][]float64{"x": x, "y": x}, Shared: float64s(p)}, y, again)
	// Row (1, 2): (5, 1) → 15 - 2 + 0.25. Row (-1, -2): (-5, 1) → (-0.5, 1) → -1.5 - 2 + 0.25.
	for i, want := range []float64{13.25, -3.25} {
		if math.Abs(v[0][i]-want) > 1e-14 || v[1][i] != v[0][i] {
			t.Errorf("row %d: %v and %v, want %v", i, v[0][i], v[1][i], want)
		}
	}
	for hidden, want := range []int{2*1 + 1, 2*2 + 2 + 2*1 + 1, 2*2 + 2 + 2*2 + 2 + 2*1 + 1} {
		q := &nn.Params{}
		nn.MLP{Name: fmt.Sprint(hidden), In: 2, Hidden: hidden, Units: 2, Out: 1}.Init(q, rng.New(1, "init"))
		if q.Len() != want {
			t.Errorf("%d hidden layers: %d parameters, want %d", hidden, q.Len(), want)
		}
	}
}
