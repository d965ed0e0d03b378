package onnx

import (
	"strings"
	"testing"

	"etalon/graph"
)

// FuzzParse feeds damaged files: an error of one line, or a model that can be built.
func FuzzParse(f *testing.F) {
	for _, z := range zoo(f) {
		f.Add(z.model)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		m, err := Parse(data, Options{})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		g := graph.New()
		in := make([]*graph.Node, len(m.Inputs))
		for i, p := range m.Inputs {
			in[i] = g.Input("in"+string(rune('a'+i)), p.Width)
		}
		out := m.Build("p/", in...)
		if g.Err() != nil {
			t.Fatalf("it was parsed, but cannot be built: %v", g.Err())
		}
		for i, o := range out {
			if o.Width() != m.Outputs[i].Width {
				t.Errorf("output %d has %d features, declared %d", i, o.Width(), m.Outputs[i].Width)
			}
		}
	})
}
