package generator

import (
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
)

// EncodeONNX returns a generator as an ONNX file: input "z" (N, LatentDim), latents of
// the prior, output "x" (N, Dim), features in data units. Of a refined model it is the
// map g∘Φ. Its acceptance, which refuses some of the points, is no map of latents and
// not in the file; the metadata say so. More metadata may be given; the keys that begin with
// "etalon." and name version, kind, prior and sizes are set.
func EncodeONNX(gen Generator, metadata map[string]string) ([]byte, error) {
	g := graph.New()
	x := gen.Build("", g.Input("z", gen.LatentDim()))
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
	meta[metaLatent] = strconv.Itoa(gen.LatentDim())
	meta[metaDim] = strconv.Itoa(gen.Dim())
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
