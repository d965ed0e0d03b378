package showerscore

import (
	"math"
	"slices"
	"strings"

	"etalon/calo"
)

// Groups of observables in a summary.
const (
	groupInputs      = "inputs"      // n_active, centroid, total_energy and layer energies
	groupMoments     = "moments"     // second moments in x and y
	groupDifferences = "differences" // between layers
	groupMain        = "inputs_and_moments"
	groupAll         = "all"
)

// Groups are the names of the groups that Summary has, where there are observables:
// the inputs of the high-level classifier (33 for 30 layers), the second moments (60),
// both (93), the differences between layers (435), and all observables.
var Groups = []string{groupInputs, groupMoments, groupMain, groupDifferences, groupAll}

// group returns the group of an observable, "" for names that package calo has not.
func group(name string) string {
	switch {
	case name == calo.NActive || name == calo.Centroid || name == calo.TotalEnergy || strings.HasPrefix(name, calo.LayerEnergy+"_"):
		return groupInputs
	case strings.HasPrefix(name, calo.X2Moment+"_") || strings.HasPrefix(name, calo.Y2Moment+"_"):
		return groupMoments
	case strings.HasPrefix(name, calo.LayerDifference+"_"):
		return groupDifferences
	}
	return ""
}

// InGroup reports whether an observable belongs to a group.
func InGroup(name, of string) bool {
	g := group(name)
	return of == groupAll || g == of && g != "" || of == groupMain && (g == groupInputs || g == groupMoments)
}

// RatioBin and RBin are the widths of the bins in which the most probable ratio and r
// are looked for, as in figure 8 of the paper.
const (
	RatioBin = 0.1
	RBin     = 0.25
)

// Summary is what the scores of a method are over a group of observables.
type Summary struct {
	Method      string `json:"method"`
	Group       string `json:"group"`
	Observables int    `json:"observables"`
	S2Median    Number `json:"s2_median"`
	// RatioMode is the fullest bin, of width RatioBin, of ⟨S²⟩ divided by that of the
	// reference, RMode that of r, of width RBin; of several the lowest.
	RatioMode   *[2]float64 `json:"ratio_mode"`
	RatioMedian Number      `json:"ratio_median"`
	Improved    Number      `json:"improved"` // share of the observables with a ratio below 1
	// Resolved counts the observables in which the reference is off by more than
	// noise; ExcessMedian is the median of RatioExcess over them.
	Resolved     int         `json:"resolved"`
	ExcessMedian Number      `json:"ratio_excess_median"`
	RMode        *[2]float64 `json:"r_mode"`
	RMedian      Number      `json:"r_median"`
}

func (s *Scores) summarise() {
	for _, g := range Groups {
		for k, m := range s.Methods {
			if sum := s.summary(m.Name, k, g); sum.Observables > 0 {
				s.Summary = append(s.Summary, sum)
			}
		}
	}
}

func (s *Scores) summary(method string, k int, g string) Summary {
	var s2, ratio, excess, r []float64
	add := func(to *[]float64, v Number) {
		if !v.Undefined() {
			*to = append(*to, float64(v))
		}
	}
	for _, o := range s.Observables {
		if InGroup(o.Name, g) {
			sc := o.Scores[k]
			s2 = append(s2, sc.S2)
			add(&ratio, sc.Ratio)
			add(&excess, sc.RatioExcess)
			add(&r, sc.R)
		}
	}
	out := Summary{
		Method: method, Group: g, Observables: len(s2), Resolved: len(excess), Improved: Number(math.NaN()),
		S2Median: median(s2), RatioMedian: median(ratio), ExcessMedian: median(excess), RMedian: median(r),
		RatioMode: mode(ratio, RatioBin), RMode: mode(r, RBin),
	}
	if len(ratio) > 0 {
		below := 0
		for _, v := range ratio {
			if v < 1 {
				below++
			}
		}
		out.Improved = Number(float64(below) / float64(len(ratio)))
	}
	return out
}

func median(v []float64) Number {
	if len(v) == 0 {
		return Number(math.NaN())
	}
	v = slices.Sorted(slices.Values(v))
	return Number((v[(len(v)-1)/2] + v[len(v)/2]) / 2)
}

// mode returns the fullest bin of multiples of width, which divides 1; nil without
// values.
func mode(v []float64, width float64) *[2]float64 {
	counts := map[float64]int{}
	for _, x := range v {
		counts[math.Floor(x/width+1e-9)]++
	}
	best := math.Inf(1)
	for b, n := range counts {
		if top := counts[best]; n > top || n == top && b < best {
			best = b
		}
	}
	if math.IsInf(best, 0) {
		return nil
	}
	perUnit := math.Round(1 / width) // so that 0.3 is the nearest number to 0.3
	return &[2]float64{best / perUnit, (best + 1) / perUnit}
}
