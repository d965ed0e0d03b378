package dctr

import (
	"fmt"
	"os"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/preprocess"
)

// Weigher gives log-weights ln w(x) = ln p_truth(x)/p_gen(x), up to the noise of its
// training: a Classifier, alone or calibrated, an Ensemble, either with the generator's
// latents and density as inputs (DensityWeigher), or a network from elsewhere, Imported
// or ONNX.
type Weigher interface {
	// Dim is the number of features of x.
	Dim() int
	// Logits returns the log-weights at n points, x n×Dim row-major.
	Logits(e *cpu.Engine, x []float32) ([]float64, error)
	// Build adds the log-weight (rows 1) to the graph of x, differentiably. The prefix
	// stands before the names of the parameters.
	Build(prefix string, x *graph.Node) *graph.Node
	// Bind gives the parameters to a program that holds Build(prefix, …).
	Bind(b nn.Binder, prefix string) error
	// Save writes a model directory that LoadWeigher reads.
	Save(dir string) error
}

// LoadWeigher reads a model directory of kind classifier, ensemble, density, imported or
// onnx-classifier, or a file whose name ends in .onnx.
func LoadWeigher(dir string) (Weigher, error) {
	if info, err := os.Stat(dir); generator.IsONNX(dir) && err == nil && !info.IsDir() {
		return ImportONNX(dir, ONNXConfig{})
	}
	kind, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	switch kind {
	case classifierKind:
		return Load(dir)
	case ensembleKind:
		return LoadEnsemble(dir)
	case importedKind:
		return LoadImported(dir)
	case densityKind:
		return loadDensity(dir)
	case onnxKind:
		return loadONNX(dir)
	}
	return nil, fmt.Errorf("%s: a model of kind %q; %s, %s, %s, %s and %s are accepted", dir, kind, classifierKind, ensembleKind, densityKind, importedKind, onnxKind)
}

// IsWeigher tells whether model directories of a kind are read by LoadWeigher.
func IsWeigher(kind string) bool {
	switch kind {
	case classifierKind, ensembleKind, densityKind, importedKind, onnxKind:
		return true
	}
	return false
}

// TransformOf returns what a Weigher does to the columns of x first; nil for nothing.
func TransformOf(w Weigher) preprocess.Transform {
	switch w := w.(type) {
	case *Classifier:
		return w.Transform
	case *Ensemble:
		return w.Members[0].Transform
	case *DensityWeigher:
		if t := TransformOf(w.Inner); t != nil {
			return t[:w.Dim()]
		}
	}
	return nil
}
