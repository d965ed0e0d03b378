package dctr

import (
	"fmt"
	"path/filepath"
	"reflect"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const (
	densityKind = "density"

	generatorDir  = "generator"
	classifierDir = "classifier"
)

// latentBound bounds latents, hard: a prior makes one normal deviate in 10⁹ beyond it.
const latentBound = 6

// DensityWeigher gives its networks what the generator itself knows of a point, its
// latents and its log-density, as more features:
//
//	ln w(x) = ℓ(x, g⁻¹(x), max(ln p_g(x), Floor)),   latents bounded to ±6.
//
// The logit to learn is ln p_truth(x) - ln p_g(x), whose second half changes as fast as
// the generator's map folds; as inputs these folds need not be learned. It is a function
// of x alone, like any other Weigher.
type DensityWeigher struct {
	Gen generator.Invertible
	// Floor bounds ln p_g (nats per unit of x) from below, hard: without it points where
	// the generator makes nothing would lie at any distance from all others.
	Floor float64
	// Inner takes Dim + latents + 1 features: x, the bounded g⁻¹(x) and ln p_g(x).
	Inner Weigher
	// Origin says where the weights are from; nil where that is not known.
	Origin *Origin
}

// Check returns an error for parts that do not fit together.
func (d *DensityWeigher) Check() error {
	if want := d.Gen.Dim() + d.Gen.LatentDim() + 1; d.Inner.Dim() != want {
		return fmt.Errorf("classifier: it takes %d features; of a generator with %d features and %d latents it takes these and the density, %d", d.Inner.Dim(), d.Gen.Dim(), d.Gen.LatentDim(), want)
	}
	if d.Floor-d.Floor != 0 {
		return fmt.Errorf("classifier: floor = %v; a finite log-density is accepted", d.Floor)
	}
	return d.Origin.Check(d.Dim())
}

// Dim implements Weigher.
func (d *DensityWeigher) Dim() int { return d.Gen.Dim() }

// Build implements Weigher.
func (d *DensityWeigher) Build(prefix string, x *graph.Node) *graph.Node {
	z, logProb := d.Gen.BuildInverse(prefix+"g/", x)
	return d.BuildAt(prefix, x, z, logProb)
}

// BuildAt is Build where the latents z of x and ln p_g(x) are in the graph already,
// without their bounds.
func (d *DensityWeigher) BuildAt(prefix string, x, z, logProb *graph.Node) *graph.Node {
	g := x.Graph
	z = graph.Max(graph.Min(z, g.Scalar(latentBound)), g.Scalar(-latentBound))
	return d.Inner.Build(prefix+"f/", graph.Concat(x, z, graph.Max(logProb, g.Scalar(d.Floor))))
}

// Of tells whether gen is the generator of the density, with the same parameters.
func (d *DensityWeigher) Of(gen generator.Generator) bool {
	return gen == d.Gen || reflect.DeepEqual(gen, d.Gen)
}

// Bind implements Weigher; it serves BuildAt as well.
func (d *DensityWeigher) Bind(b nn.Binder, prefix string) error {
	if err := d.Gen.Bind(b, prefix+"g/"); err != nil {
		return err
	}
	return d.Inner.Bind(b, prefix+"f/")
}

// Logits implements Weigher.
func (d *DensityWeigher) Logits(e *cpu.Engine, x []float32) ([]float64, error) {
	rows, err := d.features(e, x)
	if err != nil {
		return nil, err
	}
	return d.Inner.Logits(e, rows)
}

// features are those of Inner.
func (d *DensityWeigher) features(e *cpu.Engine, x []float32) ([]float32, error) {
	i, err := newInverter(e, d.Gen)
	if err != nil {
		return nil, err
	}
	return i.features(x, d.Floor)
}

// inverter computes what a generator knows of points.
type inverter struct {
	p        *cpu.Program
	dim, own int // features, and what is added to them
}

func newInverter(e *cpu.Engine, gen generator.Invertible) (*inverter, error) {
	g := graph.New()
	z, logProb := gen.BuildInverse("", g.Input("x", gen.Dim()))
	p, err := e.Compile(g, cpu.Config{}, graph.Concat(z, logProb))
	if err != nil {
		return nil, err
	}
	return &inverter{p, gen.Dim(), gen.LatentDim() + 1}, gen.Bind(p, "")
}

// features returns rows of x, bounded latents, and the log-density above the floor.
func (v *inverter) features(x []float32, floor float64) ([]float32, error) {
	const block = 1 << 14
	n, width := len(x)/v.dim, v.dim+v.own
	if len(x) != n*v.dim {
		return nil, fmt.Errorf("classifier: %d values are no rows of %d", len(x), v.dim)
	}
	out, known := make([]float32, n*width), make([]float32, min(n, block)*v.own)
	low := float32(floor)
	for lo := 0; lo < n; lo += block {
		hi := min(lo+block, n)
		if err := v.p.Feed("x", cpu.Rows{Data: x[lo*v.dim : hi*v.dim]}); err != nil {
			return nil, err
		}
		if err := v.p.Into(0, known[:(hi-lo)*v.own]); err != nil {
			return nil, err
		}
		if err := v.p.Run(cpu.Batch{Rows: hi - lo}); err != nil {
			return nil, err
		}
		for i := lo; i < hi; i++ {
			row, k := out[i*width:(i+1)*width], known[(i-lo)*v.own:(i-lo+1)*v.own]
			copy(row, x[i*v.dim:(i+1)*v.dim])
			for j, z := range k[:v.own-1] {
				row[v.dim+j] = max(min(z, latentBound), -latentBound)
			}
			row[width-1] = max(k[v.own-1], low)
			for _, u := range row[v.dim:] {
				if u-u != 0 {
					return nil, fmt.Errorf("classifier: the generator's latents and log-density are %v at row %d; the input should hold finite numbers near its points", row[v.dim:], i)
				}
			}
		}
	}
	return out, nil
}

type densityMeta struct {
	modeldir.Header
	Floor float64 `json:"floor"`

	Origin *Origin `json:"origin,omitempty"`
}

// Save implements Weigher: the generator and the networks are model directories
// generator and classifier.
func (d *DensityWeigher) Save(dir string) error {
	if err := d.Check(); err != nil {
		return err
	}
	return modeldir.Save(dir, densityMeta{modeldir.NewHeader(densityKind), d.Floor, d.Origin}, nil,
		map[string]modeldir.Writer{generatorDir: d.Gen.Save, classifierDir: d.Inner.Save})
}

func loadDensity(dir string) (*DensityWeigher, error) {
	var m densityMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	gen, err := generator.Load(filepath.Join(dir, generatorDir))
	if err != nil {
		return nil, err
	}
	d := &DensityWeigher{Floor: m.Floor, Origin: m.Origin}
	if d.Gen, err = generator.ExplicitDensity(gen); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	inner := filepath.Join(dir, classifierDir)
	kind, err := modeldir.Kind(inner)
	if err != nil {
		return nil, err
	}
	switch kind {
	case classifierKind:
		d.Inner, err = Load(inner)
	case ensembleKind:
		d.Inner, err = LoadEnsemble(inner)
	default:
		err = fmt.Errorf("%s: a model of kind %q; %s and %s are accepted", inner, kind, classifierKind, ensembleKind)
	}
	if err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return d, nil
}
