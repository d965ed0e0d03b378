package metric

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"etalon/hist"
)

func readCounts(t *testing.T, file string) *hist.H2 {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	h := grid(100, 100, -11, 11, -7, 7)
	for x, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		for y, field := range strings.Split(line, ",") {
			n, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			h.W[x*100+y] = float64(n)
			h.W2[x*100+y] = float64(n)
		}
	}
	return h
}

// The scores of two stored histograms of 2·10⁵ events each, in the paper's
// convention, as NumPy 1.24.2 and POT 0.8.2 (ot.emd2 over all pairs of occupied
// bins) compute them: testdata/reference.py made the histograms and the numbers.
func TestScoresAgainstPOT(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		EMD float64 `json:"emd_paper"`
		JSD float64 `json:"jsd_paper"`
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	p, q := readCounts(t, "testdata/reference_a.csv"), readCounts(t, "testdata/reference_b.csv")
	gotEMD, err := PaperEMD(p, q)
	if err != nil {
		t.Fatal(err)
	}
	gotJSD, err := PaperJSD(p, q)
	if err != nil {
		t.Fatal(err)
	}
	// Both solutions are exact but for rounding in double precision.
	if !near(gotEMD, want.EMD, 1e-11) {
		t.Errorf("EMD %.15g, POT gives %.15g (relative difference %.2g)", gotEMD, want.EMD, gotEMD/want.EMD-1)
	}
	if !near(gotJSD, want.JSD, 1e-12) {
		t.Errorf("JSD %.15g, NumPy gives %.15g (relative difference %.2g)", gotJSD, want.JSD, gotJSD/want.JSD-1)
	}
	t.Logf("relative differences: EMD %.2g, JSD %.2g", gotEMD/want.EMD-1, gotJSD/want.JSD-1)
}
