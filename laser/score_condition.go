package laser

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"etalon/hist"
	"etalon/metric"
)

// ConditionScore compares a sample with the truth in one column and one condition: jointly,
// and in slices of the condition.
type ConditionScore struct {
	Column    int    `json:"column"`
	Condition int    `json:"condition"` // its column
	Name      string `json:"name"`      // of the condition
	// JSD is of the two-dimensional histogram, Floor its expectation for samples of one
	// density with these sizes, in nats.
	JSD    float64      `json:"jsd"`
	Floor  float64      `json:"floor"`
	Slices []SliceScore `json:"slices"`
}

// SliceScore compares a column where the condition lies from Lo to Hi.
type SliceScore struct {
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	N     int     `json:"n"`
	Truth int     `json:"truth"`
	NEff  float64 `json:"n_eff"`
	JSD   float64 `json:"jsd"`   // nats
	Floor float64 `json:"floor"` // its expectation for samples of one density
	// Spread is the standard deviation of JSD about Floor where the densities are equal.
	Spread float64 `json:"spread"`
	// Mean is the mean weight: 1 where weights leave the distribution of the condition as
	// it is.
	Mean float64 `json:"mean_weight"`
}

const (
	conditionSlices = 12 // of a condition, with as many truth points each
	leastSlice      = 200
)

// slice is a range of a condition: lo ≤ c < hi.
type slice struct{ lo, hi float64 }

func (s slice) has(v float32) bool { return float64(v) >= s.lo && float64(v) < s.hi }

// slices cuts a condition at quantiles of the truth points that are scored against. A
// condition with few values has a slice for each.
func (r *Run) slices(condition int) []slice {
	dim := r.truth.dim
	v := pickColumns(r.truth.score, dim, []int{condition})
	slices.Sort(v)
	var list []slice
	least := max(len(v)/conditionSlices, min(leastSlice, len(v)))
	for lo := 0; lo < len(v); {
		hi := min(lo+least, len(v))
		if len(v)-hi < least {
			hi = len(v)
		}
		for hi < len(v) && v[hi] == v[hi-1] { // one value is in one slice
			hi++
		}
		end := math.Inf(1)
		if hi < len(v) {
			end = float64(v[hi])
		}
		list = append(list, slice{float64(v[lo]), end})
		lo = hi
	}
	list[0].lo = math.Inf(-1)
	return list
}

// scoreConditions sets the scores of columns at conditions.
func (r *Run) scoreConditions(list []candidate, scores []Score) error {
	c := r.conditions
	if c == nil {
		return nil
	}
	for k, condition := range c.Columns {
		cuts := r.slices(condition)
		for j := range r.truth.dim {
			if slices.Contains(c.Columns, j) {
				continue
			}
			for i, s := range list {
				one, err := r.scoreCondition(s, j, condition, cuts)
				if err != nil {
					return fmt.Errorf("%s: column %d at condition %d: %w", s.method, j, condition, err)
				}
				one.Name = c.Names[k]
				scores[i].Conditions = append(scores[i].Conditions, one)
			}
		}
	}
	return nil
}

func (r *Run) scoreCondition(s candidate, column, condition int, cuts []slice) (ConditionScore, error) {
	score := ConditionScore{Column: column, Condition: condition}
	x0, x1 := r.columnRange(column)
	y0, y1 := r.columnRange(condition)
	fill := func(x []float32, logw []float64) (*hist.H2, error) {
		h, err := hist.NewH2(r.cfg.Score.Bins, r.cfg.Score.Bins, x0, x1, y0, y1)
		if err == nil {
			h.FillRows(pickColumns(x, r.truth.dim, []int{column, condition}), logw)
		}
		return h, err
	}
	truth, err := fill(r.truth.score, nil)
	if err != nil {
		return score, err
	}
	h, err := fill(s.x, s.logw)
	if err != nil {
		return score, err
	}
	if score.JSD, err = metric.JSD(truth, h); err != nil {
		return score, err
	}
	if score.Floor, err = metric.JSDFloor(truth, h); err != nil {
		return score, err
	}
	for _, cut := range cuts {
		one, err := r.scoreSlice(s, column, condition, cut)
		if err != nil {
			return score, err
		}
		score.Slices = append(score.Slices, one)
	}
	return score, nil
}

// scoreSlice compares a column in a slice, in bins over the range that holds all but a
// hundredth of the truth there; what lies outside of it belongs to the outer bins. What is
// compared are residuals of a straight line in the condition, fitted to the truth in the
// slice: where the column follows the condition, its spread over the slice would hide what
// is wrong at each condition.
func (r *Run) scoreSlice(s candidate, column, condition int, cut slice) (SliceScore, error) {
	dim := r.truth.dim
	var t, at []float64
	for i := 0; i < len(r.truth.score); i += dim {
		if v := r.truth.score[i+condition]; cut.has(v) {
			t, at = append(t, float64(r.truth.score[i+column])), append(at, float64(v))
		}
	}
	score := SliceScore{Lo: slices.Min(at), Hi: slices.Max(at), Truth: len(t)}
	slope, centre := line(at, t)
	for i := range t {
		t[i] -= slope * (at[i] - centre)
	}
	sorted := slices.Sorted(slices.Values(t))
	n := len(sorted)
	x0, x1 := sorted[n/200], sorted[n-1-n/200]
	if !(x0 < x1) {
		x0, x1 = x0-0.5, x1+0.5
	}
	bins := min(max(n/50, 4), 25)
	p, q := make([]float64, bins), make([]float64, bins)
	bin := func(v float64) int {
		return int(min(max(float64(bins)*(v-x0)/(x1-x0), 0), float64(bins-1)))
	}
	for _, v := range t {
		p[bin(v)]++
	}
	sum, sum2 := 0.0, 0.0
	for i := 0; i < len(s.x); i += dim {
		if !cut.has(s.x[i+condition]) {
			continue
		}
		w := 1.0
		if s.logw != nil {
			w = math.Exp(s.logw[i/dim])
		}
		q[bin(float64(s.x[i+column])-slope*(float64(s.x[i+condition])-centre))] += w
		sum, sum2 = sum+w, sum2+w*w
		score.N++
	}
	if score.N == 0 || sum == 0 {
		score.JSD = math.Ln2
		return score, nil
	}
	score.NEff, score.Mean = sum*sum/sum2, sum/float64(score.N)
	occupied := 0
	for k := range p {
		p[k], q[k] = p[k]/float64(len(t)), q[k]/sum
		if m := (p[k] + q[k]) / 2; m > 0 {
			occupied++
			score.JSD += half(p[k], m) + half(q[k], m)
		}
	}
	// 8·JSD/(1/N + 1/N_eff) follows χ² with a degree of freedom less than bins, where the
	// densities are equal (second order of the logarithms).
	unit := (1/float64(len(t)) + 1/score.NEff) / 8
	free := float64(max(occupied-1, 1))
	score.Floor, score.Spread = free*unit, math.Sqrt(2*free)*unit
	return score, nil
}

// line returns the slope of a straight line through y at x by least squares, and the mean
// of x; 0 where x does not vary.
func line(x, y []float64) (slope, centre float64) {
	n := float64(len(x))
	mean, xy, xx := 0.0, 0.0, 0.0
	for i := range x {
		centre, mean = centre+x[i]/n, mean+y[i]/n
	}
	for i := range x {
		xy += (x[i] - centre) * (y[i] - mean)
		xx += (x[i] - centre) * (x[i] - centre)
	}
	if !(xx > 0) {
		return 0, centre
	}
	return xy / xx, centre
}

func half(p, m float64) float64 {
	if p == 0 {
		return 0
	}
	return p / 2 * math.Log(p/m)
}

// significant tells that a slice is off, and not by chance alone: among hundreds of slices
// five standard deviations are none.
func (s SliceScore) significant() bool {
	return s.JSD > s.Floor+5*s.Spread && s.JSD > 2*s.Floor
}

// Worst returns the slice that is most standard deviations above its floor, with its
// score; nil where there are no conditions.
func Worst(scores []ConditionScore) (of *ConditionScore, worst *SliceScore) {
	most := math.Inf(-1)
	for i := range scores {
		for k := range scores[i].Slices {
			s := &scores[i].Slices[k]
			if z := (s.JSD - s.Floor) / max(s.Spread, 1e-12); z > most {
				most, of, worst = z, &scores[i], s
			}
		}
	}
	return of, worst
}

// beside tells the generator's own JSD in the slice of another sample's score.
func (m *metrics) beside(of *ConditionScore, at *SliceScore) string {
	for _, c := range m.Scores[0].Conditions {
		for _, s := range c.Slices {
			if m.Scores[0].Method == "baseline" && c.Column == of.Column && c.Condition == of.Condition && s.Lo == at.Lo {
				return fmt.Sprintf(" (the generator's %.3g)", s.JSD)
			}
		}
	}
	return ""
}

// warnConditions says where a refined or weighted sample is off.
func (r *Run) warnConditions(m *metrics) {
	if r.conditions == nil {
		return
	}
	name := func(column int) string {
		if s := r.conditions.Names[slices.Index(r.conditions.Columns, column)]; s != strconv.Itoa(column) {
			return s
		}
		return fmt.Sprintf("column %d", column)
	}
	for _, s := range m.Scores {
		if s.Method == "baseline" {
			continue
		}
		if of, w := Worst(s.Conditions); w != nil && w.significant() {
			m.Warnings = append(m.Warnings, fmt.Sprintf("%s: column %d is not that of the truth everywhere: where %s is from %.4g to %.4g its JSD is %.3g nats%s, of one density it would be %.3g ± %.2g", s.Method, of.Column, name(of.Condition), w.Lo, w.Hi, w.JSD, m.beside(of, w), w.Floor, w.Spread))
		}
		if s.Method == "dctr" {
			for _, c := range s.Conditions {
				if c.Column != s.Conditions[0].Column { // the weights are those of all columns
					continue
				}
				for _, w := range c.Slices {
					if off := math.Abs(w.Mean - 1); w.N > 0 && off > 0.05 && off > 5*math.Sqrt(1/w.NEff) {
						m.Warnings = append(m.Warnings, fmt.Sprintf("dctr: where %s is from %.4g to %.4g the mean weight is %.3f and not 1: the weights change the distribution of the condition", name(c.Condition), w.Lo, w.Hi, w.Mean))
						break
					}
				}
			}
		}
	}
	if c := r.rounds[len(r.rounds)-1].refined; c != nil && c.Accept != nil && c.Accept.Worst != nil && c.Accept.Worst.Overweight > 0.01 {
		m.Warnings = append(m.Warnings, fmt.Sprintf("laser: where %s, %.2g of the weight is beyond the cap of the acceptance", c.Accept.Worst.String(r.conditions), c.Accept.Worst.Overweight))
	}
}
