package generator

import (
	"encoding/json"
	"fmt"
	"strconv"

	"etalon/graph"
	"etalon/onnx"
	"etalon/version"
)

// The keys of the metadata of exported files.
const (
	metaVersion = "etalon.version"
	metaKind    = "etalon.kind"
	metaPrior   = "etalon.prior"
	metaLatent  = "etalon.latent_dim"
	metaDim     = "etalon.dim"
	metaAccept  = "etalon.acceptance"
	metaGiven   = "etalon.given"
	metaConds   = "etalon.conditions"

	conditionInput = "c"
)

// exportInputs adds the inputs of a file to a graph: the latents z, repeated for each
// attempt with extra numbers, and conditions c (nil: none) of a generator that takes them.
func exportInputs(g *graph.Graph, gen Generator, attempts, extra int) (z, c *graph.Node) {
	k := GivenOf(gen)
	z = g.Input("z", attempts*(gen.LatentDim()-k+extra))
	if k > 0 {
		c = g.Input(conditionInput, k)
	}
	return z, c
}

// exportFeatures adds the features, or the refined latents, of what a generator makes,
// without its conditions.
func exportFeatures(gen Generator, x *graph.Node) *graph.Node {
	switch m := gen.(type) {
	case *Composed:
		return exportFeatures(m.G, x)
	case composedDensity:
		return exportFeatures(m.G, x)
	case *Conditional:
		back := make([]int, m.G.Dim())
		for j, from := range m.Conditions.order(m.Dim()) {
			if from < len(back) {
				back[from] = j
			}
		}
		return gather(x, back)
	case *Identity, *FlowMatching: // conditions are last
		return graph.Slice(x, 0, x.Width()-GivenOf(gen))
	}
	return x
}

// describeConditions adds metadata of the conditions, by which NewONNX knows them.
func describeConditions(meta map[string]string, gen Generator) {
	k := GivenOf(gen)
	if k == 0 {
		return
	}
	meta[metaGiven] = strconv.Itoa(k)
	if c := ConditionsOf(gen); c != nil {
		if text, err := json.Marshal(c); err == nil {
			meta[metaConds] = string(text)
		}
	}
}

// EncodeONNX returns a generator as an ONNX file: input "z" (N, LatentDim), latents of
// the prior, output "x" (N, Dim), features in data units. One that takes conditions has
// them as a second input "c", and not among "z" and "x". Of a refined model it is the
// map g∘Φ. Its acceptance, which refuses some of the points, is no map of latents and
// not in the file; the metadata say so. More metadata may be given; the keys that begin with
// "etalon." and name version, kind, prior and sizes are set.
func EncodeONNX(gen Generator, metadata map[string]string) ([]byte, error) {
	g := graph.New()
	z, c := exportInputs(g, gen, 1, 0)
	x := exportFeatures(gen, gen.Build("", behind(z, c)))
	w := onnx.Weights{}
	if err := gen.Bind(w, ""); err != nil {
		return nil, err
	}
	meta := map[string]string{}
	for k, v := range metadata {
		meta[k] = v
	}
	meta[metaVersion] = version.String()
	meta[metaKind] = kindOf(gen)
	meta[metaPrior] = string(gen.Prior())
	meta[metaLatent] = strconv.Itoa(z.Width())
	meta[metaDim] = strconv.Itoa(x.Width())
	describeConditions(meta, gen)
	if a := AcceptanceOf(gen); a != nil {
		meta[metaAccept] = fmt.Sprintf("left out: it accepts %.4g of the points", a.Efficiency)
	}
	file, err := onnx.Export{Name: "generator", Outputs: []onnx.Output{{Name: "x", Node: x}}, Weights: w, Metadata: meta}.Encode()
	if err != nil {
		return nil, fmt.Errorf("a generator of kind %s: %w", kindOf(gen), err)
	}
	return file, nil
}

// AcceptanceOf returns the acceptance of a refined model; nil is none.
func AcceptanceOf(gen Generator) *Acceptance {
	switch c := gen.(type) {
	case *Composed:
		return c.Accept
	case composedDensity:
		return c.Accept
	}
	return nil
}
