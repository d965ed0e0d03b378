package dctr

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

// Weigher gives log-weights ln w(x) = ln p_truth(x)/p_gen(x), up to the noise of its
// training: a Classifier, alone or calibrated, an Ensemble, or an Imported network.
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

// LoadWeigher reads a model directory of kind classifier, ensemble or imported.
func LoadWeigher(dir string) (Weigher, error) {
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
	}
	return nil, fmt.Errorf("%s: a model of kind %q; %s, %s and %s are accepted", dir, kind, classifierKind, ensembleKind, importedKind)
}
