package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"etalon/hist"
)

// BettiOptions are the settings of BettiAt. A zero field takes its default.
type BettiOptions struct {
	// Fraction of the mass that the high-density region holds, in (0, 1);
	// default 0.8. The higher it is, the fainter the bridges and the shallower
	// the holes that count.
	Fraction float64
	// Smoothing is the standard deviation of the Gaussian kernel, in bins;
	// default 1. Wider kernels lower the noise and fill narrow gaps.
	Smoothing float64
	// Sigmas is the half-width of the noise band, in standard deviations of the
	// smoothed density; default 4.
	Sigmas float64
}

// Betti returns the Betti numbers of the high-density region of a histogram with
// the default options of BettiAt: b0, its connected parts, and b1, its holes.
// A histogram that BettiAt refuses has no such region: 0, 0.
func Betti(h *hist.H2) (b0, b1 int) {
	b0, b1, err := BettiAt(h, BettiOptions{})
	if err != nil {
		return 0, 0
	}
	return b0, b1
}

// BettiAt returns the persistent Betti numbers of the high-density region.
//
// Let s be the density smoothed by a Gaussian kernel, σ(x) its statistical error
// (from Σw² under the same kernel), and L the level for which {s ≥ L} holds the
// stated fraction of the mass. With z = Sigmas, let
//
//	X+ = {s - zσ ≥ L}  ⊆  X- = {s + zσ ≥ L}
//
// be the bins that are surely in the region and those that may be. The results
// are the ranks of the maps H0(X+) → H0(X-) and H1(X+) → H1(X-) that the
// inclusion induces (Edelsbrunner, Letscher and Zomorodian 2002, Discrete
// Comput. Geom. 28, 511): the parts and holes that no fluctuation within the
// band can make or undo, since each region between X+ and X- has at least those.
// So no limit on the area or the prominence of a feature is needed: a spurious
// peak is not in X+ and a spurious gap not outside X-. With some 10³ independent
// kernel areas, z = 4 leaves a chance of a few percent for one such bin, and
// that bin must yet make a part or hole of its own.
//
// In bins: b0 is the number of 8-connected parts of X- that meet X+; b1, by
// Alexander duality, the number of 4-connected parts of the complement of X+,
// other than those that touch the border of the grid, that meet the complement
// of X-.
//
// Errors: bins that are negative or not finite, no mass in the range, options
// out of range.
func BettiAt(h *hist.H2, o BettiOptions) (b0, b1 int, err error) {
	r, err := newRegion(h, o)
	if err != nil {
		return 0, 0, err
	}
	b0, b1 = persistentBetti(r.sure, r.may, h.NX, h.NY)
	return b0, b1, nil
}

// region is the high-density region of a histogram and what belongs to it.
type region struct {
	s, sigma  []float64 // the smoothed density, Σw per bin, and its error
	level     float64
	sigmas    float64 // of the noise band
	sure, may []bool  // X+ and X-
}

func newRegion(h *hist.H2, o BettiOptions) (*region, error) {
	o.Fraction = cmp.Or(o.Fraction, 0.8)
	o.Smoothing = cmp.Or(o.Smoothing, 1)
	o.Sigmas = cmp.Or(o.Sigmas, 4)
	if !(o.Fraction > 0 && o.Fraction < 1) {
		return nil, fmt.Errorf("metric: Betti: mass fraction %g: it must lie between 0 and 1", o.Fraction)
	}
	if !(o.Smoothing > 0 && o.Smoothing <= 100) {
		return nil, fmt.Errorf("metric: Betti: smoothing %g bins: it must lie in (0, 100]", o.Smoothing)
	}
	if !(o.Sigmas >= 0) || math.IsInf(o.Sigmas, 0) {
		return nil, fmt.Errorf("metric: Betti: noise band of %g sigmas: it must be finite and >= 0", o.Sigmas)
	}
	if _, _, err := masses("Betti", h, h); err != nil {
		return nil, err
	}
	r := &region{sigmas: o.Sigmas, sure: make([]bool, len(h.W)), may: make([]bool, len(h.W))}
	r.s, r.sigma = smooth(h, o.Smoothing)
	r.level = massLevel(r.s, o.Fraction)
	for k, v := range r.s {
		r.sure[k] = v-r.sigmas*r.sigma[k] >= r.level
		r.may[k] = v+r.sigmas*r.sigma[k] >= r.level
	}
	return r, nil
}

// persistentBetti returns the ranks of the maps that the inclusion of sure in
// may, sets of bins of an nx × ny grid, induces on H0 and H1.
func persistentBetti(sure, may []bool, nx, ny int) (b0, b1 int) {
	parts := label(may, nx, ny, true)
	met := map[int]bool{}
	for k, p := range parts {
		if p >= 0 && sure[k] {
			met[p] = true
		}
	}
	b0 = len(met)

	gaps := make([]bool, len(sure))
	for k := range sure {
		gaps[k] = !sure[k]
	}
	parts = label(gaps, nx, ny, false)
	border, holes := map[int]bool{}, map[int]bool{}
	for k, p := range parts {
		if p < 0 {
			continue
		}
		if x, y := k/ny, k%ny; x == 0 || y == 0 || x == nx-1 || y == ny-1 {
			border[p] = true
		}
		if !may[k] {
			holes[p] = true
		}
	}
	for p := range holes {
		if !border[p] {
			b1++
		}
	}
	return b0, b1
}

// label numbers the connected parts of a set of bins, -1 outside it; eight
// neighbours count as connected if diagonal, else four.
func label(in []bool, nx, ny int, diagonal bool) []int {
	part := make([]int, len(in))
	for k := range part {
		part[k] = -1
	}
	var stack []int
	n := 0
	for k0 := range in {
		if !in[k0] || part[k0] >= 0 {
			continue
		}
		part[k0] = n
		stack = append(stack[:0], k0)
		for len(stack) > 0 {
			k := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			neighbours(k, nx, ny, diagonal, func(m int) {
				if in[m] && part[m] < 0 {
					part[m] = n
					stack = append(stack, m)
				}
			})
		}
		n++
	}
	return part
}

// smooth returns Σw per bin averaged under a Gaussian kernel, cut at 4 standard
// deviations and at the border of the grid, and its standard deviation.
func smooth(h *hist.H2, width float64) (s, sigma []float64) {
	r := int(math.Ceil(4 * width))
	kernel, squared := make([]float64, r+1), make([]float64, r+1)
	for d := range kernel {
		kernel[d] = math.Exp(-0.5 * float64(d*d) / (width * width))
		squared[d] = kernel[d] * kernel[d]
	}
	ones := make([]float64, len(h.W))
	for k := range ones {
		ones[k] = 1
	}
	norm := convolve(ones, h.NX, h.NY, kernel)
	s = convolve(h.W, h.NX, h.NY, kernel)
	sigma = convolve(h.W2, h.NX, h.NY, squared)
	for k := range s {
		s[k] /= norm[k]
		sigma[k] = math.Sqrt(sigma[k]) / norm[k]
	}
	return s, sigma
}

// convolve applies the symmetric kernel (its half from 0 on) along both axes.
func convolve(v []float64, nx, ny int, kernel []float64) []float64 {
	r := len(kernel) - 1
	pass := func(v []float64, n, stride int) []float64 {
		out := make([]float64, len(v))
		for k := range v {
			at := k / stride % n
			for d := max(-r, -at); d <= min(r, n-1-at); d++ {
				out[k] += kernel[abs(d)] * v[k+d*stride]
			}
		}
		return out
	}
	return pass(pass(v, nx, ny), ny, 1)
}

// massLevel returns the level whose superlevel set holds the fraction of Σv.
func massLevel(v []float64, fraction float64) float64 {
	sorted := slices.Clone(v)
	slices.Sort(sorted)
	var total, sum float64
	for _, x := range sorted {
		total += x
	}
	for k := len(sorted) - 1; k > 0; k-- {
		if sum += sorted[k]; sum >= fraction*total {
			return sorted[k]
		}
	}
	return sorted[0]
}
