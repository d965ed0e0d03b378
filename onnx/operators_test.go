package onnx

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The table of docs/onnx.md is that of the code. ETALON_UPDATE=1 writes it.
func TestOperatorsDocumented(t *testing.T) {
	const path = "../docs/onnx.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, got, ok := strings.Cut(string(text), "| operator | accepted |\n|---|---|\n")
	if !ok {
		t.Fatal("no table of operators")
	}
	want := ""
	for _, o := range Operators() {
		want += fmt.Sprintf("| %s | %s |\n", o.Name, o.Note)
	}
	if os.Getenv("ETALON_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(head+"| operator | accepted |\n|---|---|\n"+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s has another table of operators; ETALON_UPDATE=1 go test ./onnx writes it", path)
	}
}

// TestOperatorsCovered tells which operators no graph of the zoo has.
func TestOperatorsCovered(t *testing.T) {
	seen := map[string]bool{}
	for _, z := range zoo(t) {
		p, err := decodeModel(z.model)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.graph.nodes {
			name := n.op
			if n.domain != "" && n.domain != "ai.onnx" {
				name = n.domain + "." + name
			}
			seen[name] = true
		}
	}
	var missing []string
	for _, o := range Operators() {
		if !seen[o.Name] {
			missing = append(missing, o.Name)
		}
	}
	if len(missing) > 0 {
		t.Errorf("no graph of the zoo has %s", strings.Join(missing, ", "))
	}
}
