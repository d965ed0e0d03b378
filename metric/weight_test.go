package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestWeightDiagnostics(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name       string
		logw       []float64
		ess, share float64
	}{
		{"none", nil, 0, 0},
		{"equal", []float64{0.3, 0.3, 0.3, 0.3}, 4, 0.25},
		{"1 and 3", []float64{0, math.Log(3)}, 16. / 10, 0.75},
		{"huge", []float64{1e300, 1e300}, 2, 0.5},
		{"tiny", []float64{-1e6, -1e6, -1e6 - 800}, 2, 0.5},
		{"zero weights", []float64{-inf, 5, -inf}, 1, 1},
		{"all zero", []float64{-inf, -inf}, 0, 0},
		{"NaN", []float64{0, math.NaN()}, math.NaN(), math.NaN()},
		{"only NaN", []float64{math.NaN()}, math.NaN(), math.NaN()},
		{"+Inf", []float64{0, inf}, math.NaN(), math.NaN()},
	} {
		same := func(a, b float64) bool { return a == b || a != a && b != b || math.Abs(a-b) < 1e-13 }
		if got := KishESS(c.logw); !same(got, c.ess) {
			t.Errorf("%s: ESS %v, want %v", c.name, got, c.ess)
		}
		if got := MaxShare(c.logw); !same(got, c.share) {
			t.Errorf("%s: largest share %v, want %v", c.name, got, c.share)
		}
	}
}

func TestNormaliseLogWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1))
	for _, offset := range []float64{0, 1e5, -1e5} {
		logw := make([]float64, 1000)
		for i := range logw {
			logw[i] = offset + 2*r.NormFloat64()
		}
		logw[7] = math.Inf(-1)
		first := logw[0]
		out, err := NormaliseLogWeights(logw)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, l := range out {
			sum += math.Exp(l)
			if i != 7 && math.Abs((l-out[0])-(logw[i]-logw[0])) > 1e-10 {
				t.Fatalf("offset %g: ratio of weights %d and 0 changed", offset, i)
			}
		}
		// Log-weights of size 1e5 carry an error of 1e-11 each.
		if math.Abs(sum/1000-1) > 1e-10 || out[7] != math.Inf(-1) || logw[0] != first {
			t.Errorf("offset %g: mean weight %.15g", offset, sum/1000)
		}
	}
	for _, bad := range [][]float64{nil, {math.NaN()}, {0, math.Inf(1)}, {math.Inf(-1)}} {
		if _, err := NormaliseLogWeights(bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

func TestCorrelation(t *testing.T) {
	a := []float64{1, 2, 3, 4}
	for _, c := range []struct {
		b, w []float64
		want float64
	}{
		{[]float64{2, 4, 6, 8}, nil, 1},
		{[]float64{5, 4, 3, 2}, []float64{1, 2, 3, 4}, -1},
		{[]float64{1, -1, -1, 1}, nil, 0},
		{[]float64{1, 3, 2, 9}, []float64{1, 1, 1, 0}, 0.5}, // the last event does not count
	} {
		if got := Correlation(a, c.b, c.w); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("b %v, w %v: %v, want %v", c.b, c.w, got, c.want)
		}
	}
	if v := Correlation(a, []float64{1, 1, 1, 1}, nil); v == v {
		t.Errorf("no spread: %v, want NaN", v)
	}
	// A weight of 2 is an event twice.
	r := rand.New(rand.NewPCG(42, 1))
	var x, y, w, xx, yy []float64
	for range 200 {
		u, v, k := r.NormFloat64(), r.NormFloat64(), 1+r.IntN(3)
		x, y, w = append(x, u), append(y, u+v), append(w, float64(k))
		for range k {
			xx, yy = append(xx, u), append(yy, u+v)
		}
	}
	if a, b := Correlation(x, y, w), Correlation(xx, yy, nil); math.Abs(a-b) > 1e-13 {
		t.Errorf("weighted %v, repeated %v", a, b)
	}
}
