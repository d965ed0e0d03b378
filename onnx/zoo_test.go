package onnx

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
)

// array is an array of an .npz archive.
type array struct {
	shape []int
	bytes []byte
	f32   []float32
}

var npyShape = regexp.MustCompile(`'shape': \(([^)]*)\)`)

// readNPZ reads float32 and uint8 arrays in C order.
func readNPZ(t testing.TB, path string) map[string]array {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		n := int(binary.LittleEndian.Uint16(b[8:]))
		header, body := string(b[10:10+n]), b[10+n:]
		var a array
		for _, s := range strings.Split(npyShape.FindStringSubmatch(header)[1], ",") {
			if s = strings.TrimSpace(s); s != "" {
				d, _ := strconv.Atoi(s)
				a.shape = append(a.shape, d)
			}
		}
		if strings.Contains(header, "<f4") {
			a.f32 = make([]float32, len(body)/4)
			if err := binary.Read(bytes.NewReader(body), binary.LittleEndian, a.f32); err != nil {
				t.Fatal(err)
			}
		} else {
			a.bytes = body
		}
		out[strings.TrimSuffix(f.Name, ".npy")] = a
	}
	return out
}

// zooModel is one graph of testdata/zoo.npz with its numbers.
type zooModel struct {
	name    string
	model   []byte
	in, out map[string]array
	refused string
}

// zoo reads the archives of testdata, which the scripts beside them wrote.
func zoo(t testing.TB) []*zooModel {
	byName := map[string]*zooModel{}
	var list []*zooModel
	arrays := map[string]array{}
	for _, archive := range []string{"zoo", "converters", "operators"} {
		maps.Copy(arrays, readNPZ(t, "testdata/"+archive+".npz"))
	}
	for key, a := range arrays {
		p := strings.SplitN(key, "/", 3)
		m := byName[p[0]]
		if m == nil {
			m = &zooModel{name: p[0], in: map[string]array{}, out: map[string]array{}}
			byName[p[0]] = m
			list = append(list, m)
		}
		switch p[1] {
		case "model":
			m.model = a.bytes
		case "refused":
			m.refused = string(a.bytes)
		case "in":
			m.in[p[2]] = a
		case "out":
			m.out[p[2]] = a
		}
	}
	slices.SortFunc(list, func(a, b *zooModel) int { return strings.Compare(a.name, b.name) })
	return list
}

// evaluate runs a model in float32 and in float64.
func (z *zooModel) evaluate(t *testing.T, m *Model) (fast, exact [][]float64) {
	t.Helper()
	g := graph.New()
	in := make([]*graph.Node, len(m.Inputs))
	env := ref.Env{Input: map[string][]float64{}, Shared: map[string][]float64{}}
	rows := z.in[m.Inputs[0].Name].shape[0]
	env.Rows = rows
	for i, p := range m.Inputs {
		in[i] = g.Input(p.Name, p.Width)
		env.Input[p.Name] = widen(z.in[p.Name].f32)
	}
	out := m.Build("m/", in...)
	p, err := cpu.New(1).Compile(g, cpu.Config{}, out...)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Bind(p, "m/"); err != nil {
		t.Fatal(err)
	}
	for _, port := range m.Inputs {
		if err := p.Feed(port.Name, cpu.Rows{Data: z.in[port.Name].f32}); err != nil {
			t.Fatal(err)
		}
	}
	narrow := make([][]float32, len(out))
	for i := range out {
		narrow[i] = make([]float32, rows*m.Outputs[i].Width)
		if err := p.Into(i, narrow[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(cpu.Batch{Rows: rows}); err != nil {
		t.Fatal(err)
	}
	for _, y := range narrow {
		fast = append(fast, widen(y))
	}
	for _, tensor := range m.Params.Tensors() {
		env.Shared["m/"+tensor.Name] = widen(m.Params.Values(tensor.Name))
	}
	exact, err = ref.Eval(g, env, out...)
	if err != nil {
		t.Fatal(err)
	}
	return fast, exact
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// deviation is the largest difference, relative to the larger of the number and a
// tenth of the largest: what is left of the rounding of sums of both sides.
func deviation(got []float64, want []float32) float64 {
	top := 0.0
	for _, w := range want {
		top = max(top, math.Abs(float64(w)))
	}
	worst := 0.0
	for i, w := range want {
		d := math.Abs(got[i]-float64(w)) / max(math.Abs(float64(w)), 0.1*top, 1e-30)
		if !(d <= worst) {
			worst = d
		}
	}
	return worst
}

func TestZoo(t *testing.T) {
	worst, n := 0.0, 0
	for _, z := range zoo(t) {
		t.Run(z.name, func(t *testing.T) {
			m, err := Parse(z.model, Options{})
			if z.refused != "" {
				if err == nil || !strings.Contains(err.Error(), z.refused) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("got %v, want one line with %q", err, z.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			fast, exact := z.evaluate(t, m)
			for i, p := range m.Outputs {
				want := z.out[p.Name].f32
				if len(exact[i]) != len(want) {
					t.Fatalf("%s: %d values, want %d", p, len(exact[i]), len(want))
				}
				d := deviation(exact[i], want)
				if !(d <= 1e-5) {
					t.Errorf("%s: relative deviation %.2g", p, d)
				}
				worst = max(worst, d)
				if d := deviation(fast[i], want); !(d <= 1e-5) {
					t.Errorf("%s: relative deviation %.2g in float32", p, d)
				}
			}
			n++
		})
	}
	t.Logf("%d graphs, largest relative deviation %.2g", n, worst)
}
