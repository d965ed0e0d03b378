package main

import (
	"os/exec"
	"strings"
	"testing"
)

// layers lists the packages from the bottom up (DESIGN.md, section 1). A package
// may import what stands on a lower line, or on its own.
var layers = []string{
	"internal/simd internal/hdf5 internal/atomicfile internal/progress internal/machine rng hist version",
	"graph metric dataset mcmc internal/safetensors report/figure",
	"engine/cpu engine/ref graph/graphtest",
	"nn preprocess optim report calo calo/showerscore",
	"train internal/modeldir onnx onnx/onnxtest",
	"generator rundir",
	"dctr fastsim cascade bibae",
	"omnifold",
	"laser",
	"showers",
	"internal/stagetime",
	"cmd/etalon examples/process/go examples/process/donut",
}

func TestImportsPointDown(t *testing.T) {
	rank := map[string]int{}
	for i, line := range layers {
		for _, p := range strings.Fields(line) {
			rank["etalon/"+p] = i
		}
	}
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "etalon/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		f := strings.Fields(line)
		from, known := rank[f[0]]
		if !known {
			if !strings.Contains(f[0], "internal/simd/gen") {
				t.Errorf("%s stands in no layer; add it to the list", f[0])
			}
			continue
		}
		for _, to := range f[1:] {
			if r, ok := rank[to]; ok {
				checked++
				if r > from {
					t.Errorf("%s imports %s, which stands above it", f[0], to)
				}
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d imports checked", checked)
	}
}
