package report

import (
	"strings"
	"testing"
)

func scored(method string, jsd float64, betti ...int) score {
	return score{Method: method, JSD: jsd, Betti: betti, Floor: &floor{JSD: 1}}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name string
		m    metrics
		want string
	}{
		{"shares", metrics{Scores: []score{scored("baseline", 5), scored("laser", 2), scored("hmc", 1.04), scored("dctr", 5.8)}},
			"The baseline's JSD is 5.00 times the statistical floor; LaSeR removed 75 % of the excess, HMC all and DCTR none (it added 20 %)."},
		{"one", metrics{Scores: []score{scored("baseline", 2), scored("dctr", 1.5)}},
			"The baseline's JSD is 2.00 times the statistical floor; DCTR removed 50 % of the excess."},
		{"never 100 %", metrics{Scores: []score{scored("baseline", 101), scored("hmc", 1.2)}},
			"The baseline's JSD is 101.00 times the statistical floor; HMC removed 99 % of the excess."},
		{"nothing to do", metrics{Scores: []score{scored("baseline", 1.02), scored("hmc", 1.1)}},
			"The baseline cannot be told from the truth with this many points (JSD 1.02 × floor): there was nothing to refine."},
		{"baseline only", metrics{Scores: []score{scored("baseline", 3)}},
			"The baseline's JSD is 3.00 times the statistical floor; no refinement was scored."},
		{"no floor", metrics{Scores: []score{{Method: "baseline", JSD: 3}}},
			"Without a score of the baseline and a floor, nothing can be said about what was gained."},
		{"topology", metrics{TruthBetti: []int{1, 2}, Scores: []score{scored("baseline", 3, 1, 0), scored("laser", 2, 1, 2), scored("hmc", 2, 1, 1)}},
			"LaSeR removed 50 % of the excess and HMC 50 %. The topology of the truth, which the baseline misses, is restored by LaSeR."},
		{"topology missed", metrics{TruthBetti: []int{1, 2}, Scores: []score{scored("baseline", 3, 1, 0), scored("laser", 2, 1, 0)}},
			"The topology of the truth is not reached yet."},
		{"topology right", metrics{TruthBetti: []int{1, 2}, Scores: []score{scored("baseline", 3, 1, 2), scored("laser", 2, 1, 2)}},
			"LaSeR removed 50 % of the excess."},
	} {
		if got := c.m.verdict(); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: got %q, want %q at its end", c.name, got, c.want)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{digits(0.00119, 3), "0.00119"}, {digits(-4.26e-4, 2), "−4.3·10⁻⁴"}, {digits(0, 3), "0"}, {digits(6.984, 3), "6.98"},
		{digits(2.5e7, 2), "2.5·10⁷"}, {count(970000.4), "970\u00a0000"}, {count(0), "–"}, {betti([]int{3, 3}), "(3, 3)"}, {betti(nil), "–"},
		{seconds(1540), "25 min 40 s"}, {seconds(312.2), "312 s"}, {seconds(0.41), "0.41 s"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
