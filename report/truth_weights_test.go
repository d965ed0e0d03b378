package report

import (
	"math"
	"strings"
	"testing"
)

// The histogram of a weighted truth has its weights, and their errors; weights of other
// rows are an error.
func TestTruthWeights(t *testing.T) {
	dir := t.TempDir()
	const n = 2000
	writeRun(t, dir, n)
	plain, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	rows := int(plain.truth.Entries)
	w := make([]float64, rows)
	for i := range w {
		w[i] = float64(i%2) * 2 // half of the points, twice
	}
	put(t, dir, "samples/truth_weights.npy", vector(w))
	weighted, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if h := weighted.truth; h.SumW != 2*math.Floor(float64(rows)/2) || h.SumW2 != 2*h.SumW {
		t.Errorf("total %g, of squares %g, of %d points", h.SumW, h.SumW2, rows)
	}
	put(t, dir, "samples/truth_weights.npy", vector(w[1:]))
	if _, err := load(dir); err == nil || !strings.Contains(err.Error(), "truth_weights.npy has") {
		t.Errorf("error %v", err)
	}
}
