package laser

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"etalon/dataset"
	"etalon/generator"
	"etalon/metric"
	"etalon/rng"
	"etalon/rundir"
)

// A run with conditions c refines a generator of x given c. Everything works on rows
// (x, c) and on latents (z, c): the generator is asked at conditions of the truth's training
// rows, so that c is distributed alike in both classes of the classifier, whose ratio is then
// that of p(x|c); and no part of the refined model moves c or changes its distribution.

// Conditional tells that the run has conditions.
func (c *Config) Conditional() bool { return len(c.Condition) > 0 }

// conditionFile is written into the directory of a run with conditions.
const conditionFile = "conditions.json"

// checkCondition returns an error for settings that make no conditional refinement.
func (c *Config) checkCondition() error {
	if !c.Conditional() {
		if c.Generator.ConditionInput != "" {
			return fmt.Errorf("generator.condition_input = %q, but no column is a condition", c.Generator.ConditionInput)
		}
		return nil
	}
	for _, v := range c.Condition {
		switch v.(type) {
		case string, int64:
		default:
			return fmt.Errorf("condition: %v; names, and numbers from 0, are accepted", v)
		}
	}
	g := c.Generator
	switch {
	case c.Truth == "":
		return errors.New("condition: conditions are columns of a truth file, and density names none")
	case c.WeightColumn != "":
		return errors.New("condition: with weight_column the conditions would be drawn by weight, which they are not; a truth of equal weights is accepted")
	case g.trains():
		return fmt.Errorf("condition: a generator of kind %q that the run trains takes no conditions; kinds %s, %s and %s may", g.Kind, kindModel, kindProcess, kindPairs)
	case g.Hidden > 0:
		return fmt.Errorf("condition: with generator.hidden = %d the last latents are hidden, where conditions should be; hidden = 0 is accepted", g.Hidden)
	case g.ConditionInput != "" && !g.imports():
		return fmt.Errorf("generator.condition_input = %q is of an ONNX file; programs and pairs have conditions behind their latents", g.ConditionInput)
	case c.Refiner.Kind != refinerFlowMatching && c.Refiner.Kind != refinerNone:
		return fmt.Errorf("condition: refiner.kind = %q knows of no conditions; %s does", c.Refiner.Kind, refinerFlowMatching)
	case c.HMC.Samples > 0 || len(c.Samplers.list()) > 0:
		return errors.New("condition: samplers of the latent space know of no conditions; hmc.samples = 0 and no samplers.methods are accepted")
	case c.Classifier.Density:
		return errors.New("condition: classifier.density = false is accepted")
	case c.Iterate.Rounds > 0 && c.Iterate.Kind != iterateRefine:
		return fmt.Errorf("condition: iterate.kind = %q knows of no conditions; %s does", c.Iterate.Kind, iterateRefine)
	}
	return nil
}

// conditionColumns returns which columns of a table are conditions.
func (c *Config) conditionColumns(cols int, names []string) ([]int, error) {
	if !c.Conditional() {
		return nil, nil
	}
	var texts []string
	for _, v := range c.Condition {
		texts = append(texts, fmt.Sprint(v))
	}
	list, err := dataset.Columns(cols, names, texts)
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	if len(list) >= cols {
		return nil, fmt.Errorf("condition: all %s are conditions; at least one must be left to refine", plural(cols, "column"))
	}
	return list, nil
}

func columnName(names []string, j int) string {
	if j < len(names) {
		return names[j]
	}
	return strconv.Itoa(j)
}

// setConditions finds the conditions and what the training sees of them.
func (t *truth) setConditions(cfg Config, names []string) error {
	list, err := cfg.conditionColumns(t.dim, names)
	if err != nil || list == nil {
		return err
	}
	c := &generator.Conditions{Columns: list}
	for _, j := range list {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := j; i < len(t.train); i += t.dim {
			lo, hi = min(lo, float64(t.train[i])), max(hi, float64(t.train[i]))
		}
		if lo == hi {
			return fmt.Errorf("condition: column %s is %g in all rows: there is nothing to depend on, and the refinement goes without it", columnName(names, j), lo)
		}
		c.Names, c.Min, c.Max = append(c.Names, columnName(names, j)), append(c.Min, lo), append(c.Max, hi)
	}
	t.conditions = c
	return nil
}

// pickColumns returns some columns of a table of dim.
func pickColumns(x []float32, dim int, list []int) []float32 {
	out := make([]float32, 0, len(x)/dim*len(list))
	for i := 0; i < len(x); i += dim {
		for _, j := range list {
			out = append(out, x[i+j])
		}
	}
	return out
}

// drawConditions returns the conditions of n points of a stream: those of the training
// rows in an order of the stream's own, again and again, so that each is there as often as
// the others, but for one.
func (t *truth) drawConditions(seed uint64, stream string, n int) []float32 {
	rows := len(t.train) / t.dim
	order := make([]uint32, rows)
	rng.New(seed, "conditions of "+stream).Perm(order, 0)
	k := len(t.conditions.Columns)
	out := make([]float32, 0, n*k)
	for i := range n {
		row := t.train[int(order[i%rows])*t.dim:]
		for _, j := range t.conditions.Columns {
			out = append(out, row[j])
		}
	}
	return out
}

// giveConditions makes the generator of a round draw at conditions of the truth.
func (r *Run) giveConditions(g *primary) {
	if c := r.conditions; c != nil {
		g.given = c
		if r.truth.train != nil {
			g.conditions = r.truth.drawConditions
		}
	}
}

// asRows returns a generator of rows (x, c), if the run has conditions, of one of x
// given c.
func (r *Run) asRows(g generator.Generator) (generator.Generator, error) {
	c := r.conditions
	if c == nil {
		if k := generator.GivenOf(g); k > 0 {
			return nil, fmt.Errorf("config: the generator takes %s, and no column of the truth is one: condition = [COLUMN…], or --condition, names them", plural(k, "condition"))
		}
		return g, nil
	}
	if own := generator.ConditionsOf(g); own != nil { // a refined model of another run
		if !slices.Equal(own.Columns, c.Columns) {
			return nil, fmt.Errorf("config: condition: the generator has its conditions in columns %v, the run in %v", own.Columns, c.Columns)
		}
		return g, nil
	}
	if composed, ok := g.(*generator.Composed); ok {
		g = composed.Map()
	}
	if k := generator.GivenOf(g); k != len(c.Columns) {
		return nil, fmt.Errorf("config: condition: the generator takes %s, the run has %d", plural(k, "condition"), len(c.Columns))
	}
	if want := r.truth.dim - len(c.Columns); g.Dim() != want {
		return nil, fmt.Errorf("config: the generator makes %s, the truth has %d beside its conditions", plural(g.Dim(), "feature"), want)
	}
	return generator.NewConditional(g, *c)
}

// readConditions reads the conditions of the run in a directory.
func readConditions(path string) (*generator.Conditions, error) {
	c := &generator.Conditions{}
	if err := rundir.ReadJSON(path, c); err != nil {
		return nil, err
	}
	dim := slices.Max(append(c.Columns, 0)) + len(c.Columns) + 1
	if err := c.Check(dim); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// checkPairs returns an error for pairs whose conditions are distributed unlike the
// truth's: their weights would be those of c, too.
func (r *Run) checkPairs(g *primary) error {
	c := r.conditions
	for i, j := range c.Columns {
		a := metric.Events{X: r.truth.train, Dim: r.truth.dim}.Observable(j).F
		b := make([]float64, g.pairs.Rows())
		x := make([]float32, len(b)*g.dim())
		if err := g.pairs.Draw(0, nil, x); err != nil {
			return err
		}
		for i := range b {
			b[i] = float64(x[i*g.dim()+j])
		}
		if d, p := kolmogorov(a, b); p < leastKolmogorov {
			return fmt.Errorf("config: condition %s: its distribution in the pairs is not the truth's (largest distance of the cumulative shares %.3g, p = %.1g): make the pairs at conditions of the truth", c.Names[i], d, p)
		}
	}
	return nil
}

// leastKolmogorov is the p-value below which conditions of pairs are refused.
const leastKolmogorov = 1e-6

// kolmogorov returns the largest distance of the cumulative distributions of two samples,
// and the probability of a larger one where they are the same (Kolmogorov 1933, Smirnov
// 1948; asymptotic with Stephens' correction).
func kolmogorov(a, b []float64) (d, p float64) {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	n, m := float64(len(a)), float64(len(b))
	for i, j := 0, 0; i < len(a) && j < len(b); {
		v := min(a[i], b[j])
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		d = max(d, math.Abs(float64(i)/n-float64(j)/m))
	}
	root := math.Sqrt(n * m / (n + m))
	l := (root + 0.12 + 0.11/root) * d
	for k := 1; k <= 100; k++ {
		sign := 2.0
		if k%2 == 0 {
			sign = -2
		}
		p += sign * math.Exp(-2*float64(k*k)*l*l)
	}
	if l < 0.3 {
		p = 1
	}
	return d, min(max(p, 0), 1)
}
