package generator

import (
	"fmt"
	"math"
	"slices"

	"etalon/preprocess"
)

// ConditionRange is what an acceptance does in a range of one of the conditions.
type ConditionRange struct {
	Condition  int     `json:"condition"` // its number among the conditions
	Lo         float64 `json:"lo"`
	Hi         float64 `json:"hi"`
	Efficiency float64 `json:"efficiency"`
	Overweight float64 `json:"overweight"`
}

// String writes the range with the name of its condition.
func (r ConditionRange) String(c *Conditions) string {
	name := fmt.Sprintf("condition %d", r.Condition)
	if c != nil && r.Condition < len(c.Names) {
		name = c.Names[r.Condition]
	}
	return fmt.Sprintf("%s from %.4g to %.4g", name, r.Lo, r.Hi)
}

// conditionRanges is the number of ranges of a condition, each with as many points.
const conditionRanges = 16

// byCondition returns, of points of Φ with their conditions (n×k) and logits (n), the
// range where most of the weight is beyond the cap, and the one where fewest are accepted.
func byCondition(given []float32, k int, logits []float32, logCap float64) (worst, least *ConditionRange) {
	n := len(logits)
	for j := range k {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch x, y := given[a*k+j], given[b*k+j]; {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
		for lo := 0; lo < n; {
			hi := min(lo+(n+conditionRanges-1)/conditionRanges, n)
			for hi < n && given[order[hi]*k+j] == given[order[hi-1]*k+j] { // one value is in one range
				hi++
			}
			kept, whole := 0.0, 0.0
			for _, i := range order[lo:hi] {
				kept += math.Exp(min(float64(logits[i])-logCap, 0))
				whole += math.Exp(float64(logits[i]) - logCap)
			}
			r := &ConditionRange{j, float64(given[order[lo]*k+j]), float64(given[order[hi-1]*k+j]), kept / float64(hi-lo), 1 - kept/whole}
			if worst == nil || r.Overweight > worst.Overweight {
				worst = r
			}
			if least == nil || r.Efficiency < least.Efficiency {
				least = r
			}
			lo = hi
		}
	}
	return worst, least
}

// seeGiven makes the discriminator see the conditions, the last k of the examples z, as
// the refiner does or else standardised, and keeps them for Finish.
func (a *Acceptance) seeGiven(phi Generator, z []float32, k int) {
	dim := phi.Dim()
	a.given = make([]float32, 0, len(z)/dim*k)
	for i := 0; i < len(z); i += dim {
		a.given = append(a.given, z[i+dim-k:i+dim]...)
	}
	shift, scale := standardised(a.given, k)
	if f, ok := phi.(*FlowMatching); ok && f.Shift != nil {
		shift, scale = f.Shift[dim-k:], f.Scale[dim-k:]
		if f.Transform != nil {
			a.disc.Transform = append(make(preprocess.Transform, dim-k), f.Transform...)
		}
	}
	a.disc.Shift = append(make([]float64, dim-k), shift...)
	copy(a.disc.Scale[dim-k:], scale)
}
