package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestJSDAnalytic(t *testing.T) {
	mk := func(w ...float64) float64 {
		p, q := grid(2, 1, 0, 4, 0, 3), grid(2, 1, 0, 4, 0, 3)
		copy(p.W, w[:2])
		copy(q.W, w[2:])
		v, err := JSD(p, q)
		if err != nil {
			t.Fatal(err)
		}
		back, err := JSD(q, p)
		if err != nil || v != back {
			t.Errorf("%v: JSD(p,q) = %v, JSD(q,p) = %v", w, v, back)
		}
		if paper, _ := PaperJSD(p, q); paper != v/6 {
			t.Errorf("%v: paper convention %v, want %v over the bin area 6", w, paper, v)
		}
		return v
	}
	entropy := func(p float64) float64 { return -p*math.Log(p) - (1-p)*math.Log(1-p) }
	for _, c := range []struct{ got, want float64 }{
		{mk(1, 3, 2, 6), 0},                          // equal
		{mk(5, 0, 0, 2), math.Ln2},                   // disjoint
		{mk(1, 1, 1, 0), entropy(0.25) - math.Ln2/2}, // JSD = H(mixture) - mean H
		{mk(9, 1, 2, 8), entropy(0.55) - entropy(0.9)/2 - entropy(0.2)/2},
	} {
		if math.Abs(c.got-c.want) > 1e-15 {
			t.Errorf("JSD %.17g, want %.17g", c.got, c.want)
		}
	}
}

// The expectation of the JSD between two samples of one uniform density, over
// 300 repetitions: the mean lies within 5 standard errors of the floor and of the
// next order of the expansion, a relative 1/(entries per bin).
func TestJSDFloor(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	const trials, n1, n2 = 300, 40_000, 20_000
	var sum, sum2, floor float64
	for range trials {
		p, q := grid(10, 10, 0, 1, 0, 1), grid(10, 10, 0, 1, 0, 1)
		for range n1 {
			p.Fill(r.Float64(), r.Float64(), 1)
		}
		for range n2 / 2 { // weighted: N_eff = (Σw)²/Σw² = 0.9 n2
			q.Fill(r.Float64(), r.Float64(), 1)
			q.Fill(r.Float64(), r.Float64(), 2)
		}
		v, err := JSD(p, q)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
		sum2 += v * v
		if floor, err = JSDFloor(p, q); err != nil {
			t.Fatal(err)
		}
	}
	if want := JSDFloorOf(100, n1, 0.9*n2); !near(floor, want, 1e-12) {
		t.Errorf("floor %g, want %g", floor, want)
	}
	// A multinomial has K-1 degrees of freedom where the formula counts K.
	want := floor * 99 / 100
	mean := sum / trials
	err := math.Sqrt((sum2/trials - mean*mean) / trials)
	if math.Abs(mean-want) > 5*err+want/200 {
		t.Errorf("mean JSD %.6g ± %.2g, want %.6g", mean, err, want)
	}
	t.Logf("mean JSD %.6g ± %.2g, floor·(K-1)/K %.6g", mean, err, want)
}

// With the sparse tails of a real histogram the floor is some 10 % off at most.
func TestJSDFloorOfDonut(t *testing.T) {
	r := rand.New(rand.NewPCG(32, 1))
	p, q := donut(r, 1_000_000, 1, 0.5), donut(r, 1_000_000, 1, 0.5)
	v, err := JSD(p, q)
	if err != nil {
		t.Fatal(err)
	}
	floor, err := JSDFloor(p, q)
	if err != nil || math.Abs(v/floor-1) > 0.15 {
		t.Errorf("JSD %g, floor %g, %v", v, floor, err)
	}
	t.Logf("JSD %.4g, floor %.4g, ratio %.3f", v, floor, v/floor)
}
