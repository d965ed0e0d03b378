package generator

import (
	"fmt"
	"math"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const rosenblattKind = "rosenblatt"

// RosenblattConfig has the sizes of a Rosenblatt.
type RosenblattConfig struct {
	Dim   int   `toml:"dim" json:"dim"`     // 1 or 2
	Cells int   `toml:"cells" json:"cells"` // of each coordinate, 2 to 4096
	Prior Prior `toml:"prior" json:"prior"` // of the latents and of those that are made
}

// Check returns an error for settings that make no model.
func (c RosenblattConfig) Check() error {
	switch {
	case c.Dim < 1 || c.Dim > MaxRosenblatt:
		return fmt.Errorf("rosenblatt: %d latents; 1 to %d are accepted", c.Dim, MaxRosenblatt)
	case c.Cells < 2 || c.Cells > 1<<12:
		return fmt.Errorf("rosenblatt: cells = %d; 2 to %d is accepted", c.Cells, 1<<12)
	}
	if err := c.Prior.check(); err != nil {
		return fmt.Errorf("rosenblatt: %w", err)
	}
	return nil
}

// MaxRosenblatt is the largest number of latents of a Rosenblatt.
const MaxRosenblatt = 2

// Rosenblatt is a refiner of one or two latents that is not trained: the inverse of the
// Rosenblatt transform (Rosenblatt, Ann. Math. Statist. 23 (1952) 470) of a density that is
// tabulated on a grid. With u the latents' cumulative probabilities under the prior,
// and p(u) constant in each of Cells×Cells equal cells,
//
//	u1 = F1⁻¹(v1),  u2 = F2|1⁻¹(v2|u1)
//
// for v those of independent latents. It is exact but for the size of the cells, and may
// jump, so that parts of the density that lie apart are not joined.
//
// The inverse is part of the graph: edges of cells that lie below v are counted, and the row
// of F2|1 is taken by a product with the unit vector of its cell.
type Rosenblatt struct {
	Config RosenblattConfig
	Params *nn.Params // F at the inner edges: of u1, and of u2 for each cell of u1
}

// NewRosenblatt returns the refiner towards the density exp(logw) relative to the prior, at
// the points of RosenblattGrid of the same settings. logw are logarithms up to a constant, -Inf for
// none. Errors: NaN, +Inf or no density at all.
func NewRosenblatt(cfg RosenblattConfig, logw []float64) (*Rosenblatt, error) {
	r, err := newRosenblatt(cfg)
	if err != nil {
		return nil, err
	}
	n := cfg.Cells
	if cfg.Dim == 2 && len(logw) != n*n || cfg.Dim == 1 && len(logw) != n {
		return nil, fmt.Errorf("rosenblatt: %d log-weights for %d cells of %d latents", len(logw), n, cfg.Dim)
	}
	top := math.Inf(-1)
	for i, l := range logw {
		if l != l || math.IsInf(l, 1) {
			return nil, fmt.Errorf("rosenblatt: log-weight %d is %v; finite ones are accepted", i, l)
		}
		top = max(top, l)
	}
	if math.IsInf(top, -1) {
		return nil, fmt.Errorf("rosenblatt: no weight of %d is positive", len(logw))
	}
	across := len(logw) / n // cells of one u1
	first := make([]float64, n)
	row := make([]float64, across)
	for i := range n {
		for j := range across {
			row[j] = math.Exp(logw[i*across+j] - top)
			first[i] += row[j]
		}
		if cfg.Dim == 2 {
			cumulate(row, r.Params.Values("F2")[i*(n-1):(i+1)*(n-1)])
		}
	}
	cumulate(first, r.Params.Values("F1"))
	return r, nil
}

// cumulate writes the cumulative shares of p behind all its cells but the last. Where p
// is 0 everywhere, the shares are equal.
func cumulate(p []float64, dst []float32) {
	total := 0.0
	for _, v := range p {
		total += v
	}
	sum := 0.0
	for i := range dst {
		if total > 0 {
			sum += p[i] / total
		} else {
			sum += 1 / float64(len(p))
		}
		dst[i] = float32(min(sum, 1))
	}
}

func newRosenblatt(cfg RosenblattConfig) (*Rosenblatt, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	r := &Rosenblatt{Config: cfg, Params: &nn.Params{}}
	r.Params.Add("F1", 1, cfg.Cells-1)
	if cfg.Dim == 2 {
		r.Params.Add("F2", cfg.Cells, cfg.Cells-1)
	}
	return r, nil
}

// RosenblattGrid returns the latents at the centres of the cells, row-major: of two, the
// second runs fastest.
func RosenblattGrid(cfg RosenblattConfig) ([]float32, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	n := cfg.Cells
	axis := make([]float32, n)
	for i := range axis {
		v := (2*float64(i)+1)/float64(n) - 1
		if cfg.Prior.orNormal() == Normal {
			v = math.Sqrt2 * math.Erfinv(v)
		}
		axis[i] = float32(v)
	}
	if cfg.Dim == 1 {
		return axis, nil
	}
	z := make([]float32, 0, 2*n*n)
	for _, a := range axis {
		for _, b := range axis {
			z = append(z, a, b)
		}
	}
	return z, nil
}

// LatentDim implements Generator.
func (r *Rosenblatt) LatentDim() int { return r.Config.Dim }

// Dim implements Generator.
func (r *Rosenblatt) Dim() int { return r.Config.Dim }

// Prior implements Generator.
func (r *Rosenblatt) Prior() Prior { return r.Config.Prior.orNormal() }

// Build implements Generator.
func (r *Rosenblatt) Build(prefix string, z *graph.Node) *graph.Node {
	g := z.Graph
	v := z
	if r.Prior() == Normal {
		v = nn.NormalCDF(z)
	}
	v = graph.MulScalar(graph.AddScalar(v, 1), 0.5)
	p := r.Params.Nodes(g, prefix)
	one := graph.AddScalar(graph.MulScalar(graph.Slice(v, 0, 1), 0), 1)
	u, cell := r.invert(graph.Slice(v, 0, 1), graph.MatMul(one, p[0]), one)
	if r.Config.Dim == 2 {
		second, _ := r.invert(graph.Slice(v, 1, 2), graph.MatMul(cell, p[1]), one)
		u = graph.Concat(u, second)
	}
	u = graph.AddScalar(graph.MulScalar(u, 2), -1)
	if r.Prior() == Normal {
		return nn.Probit(u)
	}
	return u
}

// invert adds F⁻¹(v), with F linear between its values at the inner edges, and the unit
// vector of the cell that v lies in.
func (r *Rosenblatt) invert(v, edges, one *graph.Node) (u, cell *graph.Node) {
	zero := graph.MulScalar(one, 0)
	below := graph.Step(graph.Sub(v, edges)) // edges that lie below v: 1 … 1 0 … 0
	cell = graph.Sub(graph.Concat(one, below), graph.Concat(below, zero))
	lo := graph.SumFeatures(graph.Mul(cell, graph.Concat(zero, edges)))
	hi := graph.SumFeatures(graph.Mul(cell, graph.Concat(edges, one)))
	part := graph.Div(graph.Sub(v, lo), graph.Max(graph.Sub(hi, lo), v.Graph.Scalar(1e-30)))
	part = graph.Max(graph.Min(part, v.Graph.Scalar(1)), v.Graph.Scalar(0))
	return graph.MulScalar(graph.Add(graph.SumFeatures(below), part), 1/float64(r.Config.Cells)), cell
}

// Bind implements Generator.
func (r *Rosenblatt) Bind(b nn.Binder, prefix string) error { return r.Params.Bind(b, prefix) }

type rosenblattMeta struct {
	modeldir.Header
	Config RosenblattConfig `json:"network"`
}

// Save implements Generator.
func (r *Rosenblatt) Save(dir string) error {
	return modeldir.Save(dir, rosenblattMeta{modeldir.NewHeader(rosenblattKind), r.Config}, r.Params, nil)
}

func loadRosenblatt(dir string) (*Rosenblatt, error) {
	var m rosenblattMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	r, err := newRosenblatt(m.Config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r, modeldir.LoadParams(dir, r.Params)
}
