package mcmc

import (
	"math"
	"testing"

	"etalon/rng"
)

// TestStartShares: a row is chosen floor or ceil of its share, and its share on
// average over streams.
func TestStartShares(t *testing.T) {
	w := []float64{0, 0.5, 0.05, 0.25, 0, 0.2, 0}
	const chains, streams = 10, 2000
	z := make([]float32, 2*len(w))
	logw := make([]float64, len(w))
	for i := range w {
		z[2*i], z[2*i+1] = float32(i), -float32(i)
		logw[i] = math.Log(w[i]) + 1e4 // any constant
	}
	total := make([]float64, len(w))
	for s := range uint64(streams) {
		start, err := Start(z, logw, chains, rng.New(s, "start"))
		if err != nil {
			t.Fatal(err)
		}
		if len(start) != 2*chains {
			t.Fatalf("%d values", len(start))
		}
		n := make([]float64, len(w))
		for c := range chains {
			if start[2*c] != -start[2*c+1] {
				t.Fatal("a row was torn")
			}
			n[int(start[2*c])]++
		}
		for i, v := range n {
			if math.Abs(v-chains*w[i]) > 1 {
				t.Fatalf("row %d was chosen %g times, expected %g", i, v, chains*w[i])
			}
			total[i] += v
		}
	}
	for i, v := range total {
		frac := chains*w[i] - math.Floor(chains*w[i]+1e-9)
		tol := 4*math.Sqrt(max(frac*(1-frac), 0)*streams) + 1
		if math.Abs(v-streams*chains*w[i]) > tol {
			t.Errorf("row %d: chosen %g times, expected %g ± %g", i, v, streams*chains*w[i], tol)
		}
	}
}

func TestStartErrors(t *testing.T) {
	inf := math.Inf(-1)
	for name, c := range map[string]struct {
		z      []float32
		logw   []float64
		chains int
	}{
		"empty":     {nil, nil, 1},
		"shape":     {make([]float32, 5), make([]float64, 2), 1},
		"no chains": {make([]float32, 4), make([]float64, 2), 0},
		"NaN":       {make([]float32, 4), []float64{0, math.NaN()}, 1},
		"+Inf":      {make([]float32, 4), []float64{0, math.Inf(1)}, 1},
		"all zero":  {make([]float32, 4), []float64{inf, inf}, 1},
	} {
		if _, err := Start(c.z, c.logw, c.chains, rng.New(1, "")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
