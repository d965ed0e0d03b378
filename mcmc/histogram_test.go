package mcmc

import (
	"math"
	"testing"

	"etalon/rng"
)

// occupancy histograms AR(1)-like chains on bins: each draw is kept from the
// previous one with probability keep, else fresh and uniform on bins. Then
// Var C_b = N p(1-p) (1+keep)/(1-keep) (1 - O(1/draws)), so D is known.
func occupancy(chains, bins, draws int, keep float64, seed uint64) []uint32 {
	s := rng.New(seed, "occupancy")
	counts := make([]uint32, chains*bins)
	for m := range chains {
		at := 0
		for i := range draws {
			if i == 0 || s.Uniform(uint64(i), uint64(m), 0) > keep {
				at = int(s.Uniform(uint64(i), uint64(m), 1) * float64(bins))
			}
			counts[m*bins+at]++
		}
	}
	return counts
}

// TestHistogramESS: known variance factor within 4 of its own standard errors,
// which in turn must agree with the spread over repetitions.
func TestHistogramESS(t *testing.T) {
	const chains, bins, draws = 50, 40, 400
	for _, keep := range []float64{0, 0.5, 0.9} {
		// Variance of a sum of n stationary draws with correlation keep^|lag|.
		factor := 1.0
		for lag := 1; lag < draws; lag++ {
			factor += 2 * (1 - float64(lag)/draws) * math.Pow(keep, float64(lag))
		}
		want := chains * draws / factor
		var sizes, errs []float64
		for seed := range uint64(20) {
			h, err := HistogramESS(occupancy(chains, bins, draws, keep, seed), chains, bins, draws)
			if err != nil {
				t.Fatal(err)
			}
			sizes, errs = append(sizes, h.ESS), append(errs, h.StdErr)
		}
		se := math.Sqrt(variance(sizes))
		if math.Abs(mean(sizes)-want) > 4*se/math.Sqrt(20)+0.01*want {
			t.Errorf("keep %g: ESS %.0f ± %.0f, want %.0f", keep, mean(sizes), se/math.Sqrt(20), want)
		}
		// A standard deviation of 20 values is known to 16 %.
		if r := mean(errs) / se; r < 0.5 || r > 1.8 {
			t.Errorf("keep %g: jackknife error %.1f, spread %.1f", keep, mean(errs), se)
		}
	}
}

// TestHistogramStuck: chains that never leave their bin are worth one draw each.
func TestHistogramStuck(t *testing.T) {
	h, err := HistogramESS(occupancy(200, 5, 300, 1, 3), 200, 5, 300)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(h.ESS-200) > 4*h.StdErr+2 {
		t.Errorf("ESS %.1f ± %.1f, want 200", h.ESS, h.StdErr)
	}
}

// TestHistogramWeighsRareBins: a bin of one percent of the draws, in which chains
// stay for long, must count as much as the rest. Its share of the terms g·N p(1-p)
// is about one half with two bins, so D lies near the mean of the two factors.
func TestHistogramWeighsRareBins(t *testing.T) {
	const chains, draws, stay = 400, 1000, 40
	s := rng.New(9, "rare")
	counts := make([]uint32, chains*3)
	for m := range chains {
		row := counts[m*3 : m*3+3]
		for i := 0; i < draws; i++ {
			if s.Uniform(uint64(i), uint64(m), 0) < 0.01/stay { // a visit of stay draws
				n := min(stay, draws-i)
				row[2] += uint32(n)
				i += n - 1
				continue
			}
			row[int(2*s.Uniform(uint64(i), uint64(m), 1))]++
		}
	}
	h, err := HistogramESS(counts, chains, 3, draws)
	if err != nil {
		t.Fatal(err)
	}
	// Factors: the rare bin about stay, the others about 1 each; weights 1, 1/2, 1/2.
	if want := (stay + 1.0) / 2; math.Abs(h.Factor-want) > 0.15*want {
		t.Errorf("D = %.2f, want about %.1f", h.Factor, want)
	}
}

func TestHistogramErrors(t *testing.T) {
	ok := occupancy(4, 3, 10, 0, 1)
	for name, c := range map[string]struct {
		counts              []uint32
		chains, bins, draws int
	}{
		"two chains":   {ok[:6], 2, 3, 10},
		"short":        {ok[:11], 4, 3, 10},
		"too many":     {ok, 4, 3, 9},
		"no draws":     {ok, 4, 3, 0},
		"all the same": {make([]uint32, 12), 4, 3, 10},
		"one bin":      {[]uint32{10, 10, 10}, 3, 1, 10},
	} {
		if _, err := HistogramESS(c.counts, c.chains, c.bins, c.draws); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
