package generator

import (
	"fmt"
	"math"

	"etalon/graph"
	"etalon/nn"
)

// Generator maps latents z to features x = g(z).
type Generator interface {
	// LatentDim is the dimension of z, Dim that of x.
	LatentDim() int
	Dim() int
	// Prior is the density of z.
	Prior() Prior
	// Build adds g to the graph: z rows LatentDim → x rows Dim, in data units. The
	// parameters' names start with prefix.
	Build(prefix string, z *graph.Node) *graph.Node
	// Bind gives the parameters to a program that holds Build(prefix, …).
	Bind(b nn.Binder, prefix string) error
	// Save writes a model directory.
	Save(dir string) error
}

// LogDensity is a generator whose density is explicit.
type LogDensity interface {
	Generator
	// BuildLogProb adds ln p(x) to the graph (rows 1, nats per unit of x).
	BuildLogProb(prefix string, x *graph.Node) *graph.Node
}

// ForwardDensity is a generator that gives the density of its points on the way from
// the latents, which takes no inverse.
type ForwardDensity interface {
	LogDensity
	// BuildWithLogProb adds x = g(z) and ln p(x) = ln p_Z(z) - ln|det ∂g/∂z| (rows 1, nats
	// per unit of x) to the graph of z. The parameters are those of Build.
	BuildWithLogProb(prefix string, z *graph.Node) (x, logProb *graph.Node)
}

// checkScale refuses preprocessing that cannot be inverted.
func checkScale(scale []float64, dim int) error {
	if len(scale) != dim {
		return fmt.Errorf("%d scales for %d features", len(scale), dim)
	}
	for _, s := range scale {
		if !(s > 0) || math.IsInf(s, 0) {
			return fmt.Errorf("scale %v; positive numbers are accepted", s)
		}
	}
	return nil
}

// checkSizes refuses network sizes that no file should ask for.
func checkSizes(sizes ...int) error {
	for _, s := range sizes {
		if s < 1 || s > 1<<16 {
			return fmt.Errorf("a size of %d; 1 to 65536 is accepted", s)
		}
	}
	return nil
}
