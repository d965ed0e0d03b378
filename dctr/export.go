package dctr

import (
	"fmt"
	"strconv"

	"etalon/graph"
	"etalon/onnx"
	"etalon/version"
)

// Exported says which function of a weigher an ONNX file holds.
type Exported string

// The functions of a weigher.
const (
	ExportLogWeight   Exported = "log_weight" // ln w(x) = ln p_truth/p_gen, nats
	ExportProbability Exported = "f"          // f(x) = 1/(1 + exp(-ln w)), the probability of truth
)

// EncodeONNX returns a weigher as an ONNX file: input "x" (N, Dim), features in data
// units, output (N, 1) of the name of what. Preprocessing, calibration and the mean over an
// ensemble are in the file. f ends in a Sigmoid, so that ImportONNX gets the log-weights
// back undiminished. More metadata may be given.
func EncodeONNX(m Weigher, what Exported, metadata map[string]string) ([]byte, error) {
	if what != ExportLogWeight && what != ExportProbability {
		return nil, fmt.Errorf("export of %.40q; %s and %s are accepted", string(what), ExportLogWeight, ExportProbability)
	}
	g := graph.New()
	y := m.Build("", g.Input("x", m.Dim()))
	if what == ExportProbability {
		y = graph.Sigmoid(y)
	}
	w := onnx.Weights{}
	if err := m.Bind(w, ""); err != nil {
		return nil, err
	}
	meta := map[string]string{}
	for k, v := range metadata {
		meta[k] = v
	}
	meta["etalon.version"] = version.String()
	meta["etalon.kind"] = "weigher"
	meta["etalon.output"] = string(what)
	meta["etalon.dim"] = strconv.Itoa(m.Dim())
	return onnx.Export{Name: "weigher", Outputs: []onnx.Output{{Name: string(what), Node: y}}, Weights: w, Metadata: meta}.Encode()
}
