package report_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"etalon/dataset"
	"etalon/report"
	"etalon/rng"
)

// The least that makes a report: scores, and points of the truth and of the generator.
// The report says what it was not given.
func ExampleBuild() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	const metrics = `{"name": "example", "n": 500, "bins": 20, "range": [-4, 4], "columns": [0],
		"scores": [{"method": "baseline", "jsd": 0.02, "emd": 0.3, "n": 500, "n_eff": 500}], "floor": {"jsd": 0.01, "emd": 0.1}}`
	if err := os.WriteFile(filepath.Join(dir, "metrics.json"), []byte(metrics), 0o644); err != nil {
		log.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "samples"), 0o755); err != nil {
		log.Fatal(err)
	}
	for i, name := range []string{"truth", "baseline"} {
		x, s := make([]float32, 500), rng.New(1, name)
		for k := range x {
			x[k] = float32(0.3*float64(i) + s.Normal(0, uint64(k), 0))
		}
		if err := dataset.WriteNPY(filepath.Join(dir, "samples", name+".npy"), len(x), 1, x); err != nil {
			log.Fatal(err)
		}
	}

	if err := report.Build(dir); err != nil {
		log.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("two times the floor:", strings.Contains(string(page), "2.00"))
	fmt.Println("lists what is missing:", strings.Contains(string(page), "Not in this report"))
	// Output:
	// two times the floor: true
	// lists what is missing: true
}
