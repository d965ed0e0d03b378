package generator

import (
	"fmt"
	"maps"
	"math"
	"strconv"

	"etalon/graph"
	"etalon/nn"
	"etalon/onnx"
	"etalon/version"
)

// Attempts is the number of a refined model's attempts at a point of which all but one
// in a thousand are accepted at least once, at most 32; 1 of a model without acceptance.
func Attempts(c *Composed) int {
	if c.Accept == nil {
		return 1
	}
	refused := 1 - c.Accept.Efficiency
	if !(refused > 1e-3) {
		return 1
	}
	return min(max(int(math.Ceil(math.Log(1e-3)/math.Log(refused))), 1), maxAttemptsONNX)
}

const maxAttemptsONNX = 32

// EncodeSifted returns a refined model as an ONNX file with its acceptance: input "z"
// (N, K·(L+1)), independent latents of the prior, output "x" (N, Dim). For each of K attempts
// z has L latents of Φ and one number that decides whether the point is accepted; x is the
// first that is, or else the last. A share (1-ε)^K of all points, ε the acceptance's
// efficiency, is the map's alone; the others follow the model as it is sampled. Without acceptance
// it is EncodeONNX. Errors: attempts below 1 or above 32; those of EncodeONNX.
func EncodeSifted(c *Composed, attempts int, metadata map[string]string) ([]byte, error) {
	if c.Accept == nil {
		return EncodeONNX(c, metadata)
	}
	if attempts < 1 || attempts > maxAttemptsONNX {
		return nil, fmt.Errorf("generator: %d attempts; 1 to %d are accepted", attempts, maxAttemptsONNX)
	}
	if attempts == 1 {
		return EncodeONNX(c.Map(), metadata)
	}
	l := c.LatentDim() - c.Given()
	g := graph.New()
	z, given := exportInputs(g, c, attempts, 1)
	var x *graph.Node
	for k := attempts - 1; k >= 0; k-- {
		at := k * (l + 1)
		latents := c.Phi.Build("phi/", behind(graph.Slice(z, at, at+l), given))
		point := c.G.Build("g/", latents)
		if x == nil {
			x = point
			continue
		}
		v := graph.Slice(z, at+l, at+l+1)
		if c.Prior() == Normal {
			v = nn.NormalCDF(v)
		}
		v = graph.MulScalar(graph.AddScalar(v, 1), 0.5)
		ratio := graph.Exp(graph.Min(graph.AddScalar(c.Accept.build("accept/", latents, point), -c.Accept.LogCap), g.Scalar(0)))
		x = graph.Select(graph.Sub(ratio, v), point, x)
	}
	x = exportFeatures(c, x)
	w := onnx.Weights{}
	if err := c.Bind(w, ""); err != nil {
		return nil, err
	}
	if err := c.Accept.params.Bind(w, "accept/"); err != nil {
		return nil, err
	}
	meta := maps.Clone(metadata)
	if meta == nil {
		meta = map[string]string{}
	}
	meta[metaVersion], meta[metaKind], meta[metaPrior] = version.String(), composedKind, string(c.Prior())
	meta[metaLatent], meta[metaDim] = strconv.Itoa(z.Width()), strconv.Itoa(x.Width())
	describeConditions(meta, c)
	meta[metaAccept] = fmt.Sprintf("%d attempts of %d latents and one number each; %.2g of the points are refused by all", attempts, l, math.Pow(1-c.Accept.Efficiency, float64(attempts)))
	file, err := onnx.Export{Name: "generator", Outputs: []onnx.Output{{Name: "x", Node: x}}, Weights: w, Metadata: meta}.Encode()
	if err != nil {
		return nil, fmt.Errorf("a refined model with acceptance: %w", err)
	}
	return file, nil
}
