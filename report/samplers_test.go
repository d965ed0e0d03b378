package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page shows the samplers with what their draws cost and what is wrong with them, the
// modes, the closure test, the polish and the warnings of a run.
func TestSamplersModesAndWarnings(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, testPoints)
	var m map[string]any
	if err := json.Unmarshal(read(t, dir, "metrics.json"), &m); err != nil {
		t.Fatal(err)
	}
	m["warnings"] = []string{"dctr: <worth> a handful"}
	m["closure"] = object{"auc": 0.5123, "auc_error": 0.0013, "p": 0.0004, "closed": false, "truth": 100_000}
	m["polish"] = object{"efficiency": 0.917, "overweight": 0.0002}
	m["scores"].([]any)[0].(map[string]any)["floor_spread"] = object{"jsd": 2e-5, "emd": 0.0007}
	m["scores"].([]any)[0].(map[string]any)["modes"] = object{"radius": 4, "within": 0.6046, "within_expected": 0.99966, "covered": 24, "shares": make([]object, 25), "chi2": 3810.4, "dof": 24, "p": 0, "max_abs_z": 20.5}
	putJSON(t, dir, "metrics.json", m)
	putJSON(t, dir, "samplers.json", object{
		"choice": object{"config": object{"method": "rejection"}, "reasons": []string{"it is cheap"}},
		"reports": []object{
			{"method": "i-sir", "accept": 0.451, "n": 50_000, "max_r_hat": 1.976, "min_ess_bulk": 1438, "min_ess_tail": 1171, "max_tau": 33.5, "ess": 1000, "histogram_ess": 9759,
				"cost": object{"density": 3_666_000}, "occupancy": object{"max_abs_z": 6.6, "p": 1e-9, "mismatch": true}, "warnings": []string{"R̂ is too high"}},
		},
	})
	putJSON(t, dir, "timings.json", object{"stages": []object{}, "samplers": []object{{"name": "i-sir", "seconds": 2}}})
	page := build(t, dir)
	for _, want := range []string{
		"dctr: &lt;worth&gt; a handful", "i-SIR: R̂ is too high", "Cheapest by a pilot run: Rejection. it is cheap.",
		"<td>i-SIR</td><td>50 000</td><td>0.451</td>", "<td>9759</td>", `<td class="wrong">6.6 σ, p = 1.0·10⁻⁹</td>`, "<td>3666</td><td>2000</td>",
		"<td>Baseline</td><td>0.6046</td><td>24 of 25</td><td>3810.4 / 24</td>", "0.5123 ± 0.0013", "91.7 %", "1.19 ± 0.02", "0.0121 ± 7·10⁻⁴",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "samplers.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Build(dir); err == nil || !strings.Contains(err.Error(), "samplers.json") {
		t.Errorf("a broken samplers.json: %v", err)
	}
}

// Later rounds and samplers have names for people.
func TestMethodLabels(t *testing.T) {
	for key, want := range map[string]string{"laser": "LaSeR", "dctr2": "DCTR, round 2", "refiner3": "Φ alone, round 3", "i-sir": "i-SIR", "new2": "new, round 2", "x": "x"} {
		if got := methodLabel(key); got != want {
			t.Errorf("%s is called %q; want %q", key, got, want)
		}
	}
}
