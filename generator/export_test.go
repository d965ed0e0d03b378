package generator

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"etalon/onnx/onnxtest"
)

// Every family as an ONNX file: ONNX Runtime and the file read back make the same
// features of the same latents as the model.
func TestEncodeONNX(t *testing.T) {
	const rows = 200
	e := newEngine(t, 1)
	r := onnxtest.New(t)
	list := families(t)
	for name, g := range models(t) {
		list[name] = g
	}
	for name, g := range list {
		file, err := EncodeONNX(g, map[string]string{"note": "of a test"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		accepts := AcceptanceOf(g) != nil
		if c, ok := g.(*Composed); ok { // the map alone
			g = &Composed{G: c.G, Phi: c.Phi}
		}
		z, x := draw(t, e, g, 3, rows)
		r.Add(t, name, file, rows, map[string][]float64{"z": double(z)}, map[string][]float64{"x": double(x)})
		path := filepath.Join(t.TempDir(), "g.onnx")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		back, err := NewONNX(path, ONNXConfig{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if back.Prior() != g.Prior() || back.LatentDim() != g.LatentDim() || back.Dim() != g.Dim() || back.Model.Metadata["note"] != "of a test" {
			t.Errorf("%s: read back it is %s, %d → %d", name, back.Prior(), back.LatentDim(), back.Dim())
		}
		if _, told := back.Model.Metadata[metaAccept]; told != accepts {
			t.Errorf("%s: acceptance is told: %v", name, told)
		}
		z2, x2 := draw(t, e, back, 3, rows)
		top := 0.0
		for _, v := range x {
			top = max(top, math.Abs(float64(v)))
		}
		for i := range x {
			if d := math.Abs(float64(x[i] - x2[i])); !(d <= 1e-5*top) {
				t.Fatalf("%s: feature %d is %v, read back %v", name, i, x[i], x2[i])
			}
		}
		for i := range z {
			if z[i] != z2[i] {
				t.Fatalf("%s: other latents", name)
			}
		}
	}
	r.Check(t)
}

func double(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
