package generator

import (
	"fmt"
	"math"
	"slices"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/rng"
)

const conditionalKind = "conditional"

// Conditioned is a Generator or Simulator of points given conditions c: the last Given
// of its latents are c, which follow no prior and are given by who draws. A refiner keeps
// them as they are.
type Conditioned interface{ Given() int }

// GivenOf returns the number of conditions among the latents of a Generator or
// Simulator, 0 for one that takes none.
func GivenOf(gen any) int {
	if c, ok := gen.(Conditioned); ok {
		return c.Given()
	}
	return 0
}

// Conditions describes the conditions c of a model.
type Conditions struct {
	Columns []int    `json:"columns"` // where c stands in the rows (x, c) of the model, from 0
	Names   []string `json:"names"`
	// Min and Max are the extremes that the training has seen.
	Min []float64 `json:"min"`
	Max []float64 `json:"max"`
}

// Check returns an error for conditions of rows of dim columns, of which at least one
// must be left.
func (c Conditions) Check(dim int) error {
	k := len(c.Columns)
	switch {
	case k < 1 || k >= dim:
		return fmt.Errorf("%d conditions in rows of %d columns; at least one, and one column less than all, are accepted", k, dim)
	case len(c.Names) != k || len(c.Min) != k || len(c.Max) != k:
		return fmt.Errorf("%d conditions with %d names and %d and %d bounds; one of each is accepted", k, len(c.Names), len(c.Min), len(c.Max))
	}
	for i, j := range c.Columns {
		if j < 0 || j >= dim || slices.Contains(c.Columns[:i], j) {
			return fmt.Errorf("conditions in columns %v; different ones from 0 to %d are accepted", c.Columns, dim-1)
		}
		if !(c.Min[i] <= c.Max[i]) || math.IsInf(c.Min[i], 0) || math.IsInf(c.Max[i], 0) {
			return fmt.Errorf("condition %.60q from %v to %v; finite bounds in order are accepted", c.Names[i], c.Min[i], c.Max[i])
		}
	}
	return nil
}

// order lists, for each column of a row, what it is of the features and then the
// conditions.
func (c Conditions) order(dim int) []int {
	list, feature := make([]int, dim), 0
	for j := range list {
		if i := slices.Index(c.Columns, j); i >= 0 {
			list[j] = dim - len(c.Columns) + i
		} else {
			list[j] = feature
			feature++
		}
	}
	return list
}

// Outside counts, for each condition, the rows of given (n×k, row-major) below and above
// what the training has seen.
func (c Conditions) Outside(given []float32) (below, above []int) {
	k := len(c.Columns)
	below, above = make([]int, k), make([]int, k)
	for i, v := range given {
		switch j := i % k; {
		case float64(v) < float64(float32(c.Min[j])):
			below[j]++
		case float64(v) > float64(float32(c.Max[j])):
			above[j]++
		}
	}
	return below, above
}

// Conditional makes rows (x, c), in an order of their own, of a generator of x given c.
// The conditions are passed through bit by bit.
type Conditional struct {
	G          Generator // of x; its last latents are c
	Conditions Conditions
}

// NewConditional returns a generator of rows. Errors: g takes other numbers of
// conditions; columns that make no rows.
func NewConditional(g Generator, c Conditions) (*Conditional, error) {
	m := &Conditional{G: g, Conditions: c}
	if GivenOf(g) != len(c.Columns) {
		return nil, fmt.Errorf("generator: it takes %d conditions, %d are given", GivenOf(g), len(c.Columns))
	}
	if ConditionsOf(g) != nil {
		return nil, fmt.Errorf("generator: it makes rows with their conditions already")
	}
	if accepts(g) {
		return nil, fmt.Errorf("generator: a refined model with acceptance is no map of latents, and cannot be a part of another; Map leaves the acceptance off")
	}
	if g.LatentDim() <= GivenOf(g) {
		return nil, fmt.Errorf("generator: it has %d latents, all of which are conditions", g.LatentDim())
	}
	if err := c.Check(m.Dim()); err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	return m, nil
}

// Given implements Conditioned.
func (m *Conditional) Given() int { return len(m.Conditions.Columns) }

// LatentDim implements Generator: the latents of x and the conditions.
func (m *Conditional) LatentDim() int { return m.G.LatentDim() }

// Dim implements Generator.
func (m *Conditional) Dim() int { return m.G.Dim() + m.Given() }

// Prior implements Generator: that of the latents that are no conditions.
func (m *Conditional) Prior() Prior { return m.G.Prior() }

// Build implements Generator.
func (m *Conditional) Build(prefix string, z *graph.Node) *graph.Node {
	l := m.LatentDim()
	all := graph.Concat(m.G.Build(prefix+"g/", z), graph.Slice(z, l-m.Given(), l))
	return gather(all, m.Conditions.order(m.Dim()))
}

// gather adds the features of a node in the given order.
func gather(x *graph.Node, order []int) *graph.Node {
	var parts []*graph.Node
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && order[hi] == order[hi-1]+1 {
			hi++
		}
		parts = append(parts, graph.Slice(x, order[lo], order[hi-1]+1))
		lo = hi
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return graph.Concat(parts...)
}

// Bind implements Generator.
func (m *Conditional) Bind(b nn.Binder, prefix string) error { return m.G.Bind(b, prefix+"g/") }

type conditionalMeta struct {
	modeldir.Header
	Conditions Conditions `json:"conditions"`
}

// Save implements Generator.
func (m *Conditional) Save(dir string) error {
	return modeldir.Save(dir, conditionalMeta{modeldir.NewHeader(conditionalKind), m.Conditions}, nil, map[string]modeldir.Writer{primaryDir: m.G.Save})
}

// ConditionsOf returns the conditions of a model that makes rows of features and
// conditions; nil of others.
func ConditionsOf(gen Generator) *Conditions {
	switch m := gen.(type) {
	case *Conditional:
		return &m.Conditions
	case *Identity:
		return m.conditions
	case *Composed:
		return ConditionsOf(m.G)
	case composedDensity:
		return ConditionsOf(m.G)
	}
	return nil
}

// ConditionalSimulator is a Conditional of a simulator.
type ConditionalSimulator struct {
	sim        Simulator
	conditions Conditions
}

// NewConditionalSimulator makes rows (x, c) of a simulator of x whose last latents are
// the conditions c. Errors: as NewConditional.
func NewConditionalSimulator(sim Simulator, c Conditions) (*ConditionalSimulator, error) {
	if sim.LatentDim() <= len(c.Columns) {
		return nil, fmt.Errorf("generator: it has %d latents, all of which are conditions", sim.LatentDim())
	}
	if err := c.Check(sim.Dim() + len(c.Columns)); err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	return &ConditionalSimulator{sim, c}, nil
}

// Given implements Conditioned.
func (s *ConditionalSimulator) Given() int { return len(s.conditions.Columns) }

// LatentDim implements Simulator.
func (s *ConditionalSimulator) LatentDim() int { return s.sim.LatentDim() }

// Dim implements Simulator.
func (s *ConditionalSimulator) Dim() int { return s.sim.Dim() + s.Given() }

// Prior implements Simulator.
func (s *ConditionalSimulator) Prior() Prior { return s.sim.Prior() }

// Hidden implements Simulator.
func (s *ConditionalSimulator) Hidden() bool { return s.sim.Hidden() }

// Generate implements Simulator.
func (s *ConditionalSimulator) Generate(row0 uint64, z, x []float32) error {
	n, err := checkRows(s, z, x)
	if err != nil {
		return err
	}
	dim, d, l, k := s.Dim(), s.sim.Dim(), s.LatentDim(), s.Given()
	order := s.conditions.order(dim)
	part := make([]float32, min(n, sampleRows)*d)
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		part := part[:(hi-lo)*d]
		if err := s.sim.Generate(row0+uint64(lo), z[lo*l:hi*l], part); err != nil {
			return err
		}
		for i := lo; i < hi; i++ {
			for j, from := range order {
				if from < d {
					x[i*dim+j] = part[(i-lo)*d+from]
				} else {
					x[i*dim+j] = z[(i+1)*l-k+from-d]
				}
			}
		}
	}
	return nil
}

// Close ends a program.
func (s *ConditionalSimulator) Close() error {
	return closeAll(s.sim)
}

// checkGiven returns an error for conditions that are not k for each of n points.
func checkGiven(given []float32, n, k int) error {
	switch {
	case len(given) == n*k:
		return nil
	case k == 0:
		return fmt.Errorf("generator: it takes no conditions, %d are given", len(given))
	case len(given) == 0:
		return fmt.Errorf("generator: it makes points of %d conditions each, and none are given", k)
	}
	return fmt.Errorf("generator: %d values for the %d conditions of %d points; %d are needed", len(given), k, n, n*k)
}

// fillGiven draws the latents of rows row0 and following (n×l, row-major): those of the
// prior by the numbers of a stream, and behind them the conditions of given (n×k), or
// none where k is 0.
func (p Prior) fillGiven(s rng.Stream, dst, columns []float32, step, row0 uint64, l int, given []float32, k int) {
	if k == 0 {
		p.fill(s, dst, columns, step, row0, l)
		return
	}
	n, own := len(dst)/l, l-k
	tight := dst[:n*own] // spread over the rows from the last on
	p.fill(s, tight, columns, step, row0, own)
	for i := n - 1; i >= 0; i-- {
		copy(dst[i*l:i*l+own], tight[i*own:(i+1)*own])
		copy(dst[i*l+own:(i+1)*l], given[i*k:(i+1)*k])
	}
}
