package report

import (
	"encoding/json"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/metric"
	"etalon/report/figure"
)

// The synthetic truth is one part with two holes; the figure counts what metric
// counts, and draws marks where the diagram has features.
func TestPersistenceFigure(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, 40_000)
	r, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := newPersistenceFigure(r)
	var labels []string
	for _, c := range f.columns {
		labels = append(labels, c.label)
	}
	if got := strings.Join(labels, ", "); got != "Truth, Baseline, HMC, LaSeR, DCTR" {
		t.Errorf("panels: %s", got)
	}
	if b := f.columns[0].diagram.Betti; b != [2]int{1, 2} {
		t.Errorf("the truth has Betti numbers %v", b)
	}
	b0, b1 := metric.Betti(r.truth)
	if b := f.columns[0].diagram.Betti; b != [2]int{b0, b1} {
		t.Errorf("the figure says %v, metric %d and %d", b, b0, b1)
	}
	page := build(t, dir)
	if !strings.Contains(page, `where 80 % of the mass is: Truth 1 and 2, Baseline `) || !strings.Contains(page, "Persistence diagrams of") {
		t.Error("the page lacks the figure's text")
	}
	// The colours of both marks are in the truth's panel, and in its legend.
	img := decode(t, read(t, dir, "figures", "persistence.png"))
	panel := figure.Rect{X: persistenceLeft, Y: panelHead, W: persistenceSide, H: persistenceSide}
	for dim, want := range featureColors {
		upper, lower := 0, 0
		for y := int(2 * panel.Y); y < int(2*panel.Bottom()); y++ {
			for x := int(2 * panel.X); x < int(2*panel.Right()); x++ {
				if img.At(x, y).(color.RGBA) == want {
					if y < int(2*panel.Y+panel.H) {
						upper++
					} else {
						lower++
					}
				}
			}
		}
		if upper < 100 || lower < 100 {
			t.Errorf("dimension %d: %d pixels in the upper half, %d in the legend", dim, upper, lower)
		}
	}
}

// Samples that only this figure shows are drawn, and refused if they are broken.
func TestPersistenceOfOtherSamples(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, 2000)
	m := object{}
	if err := json.Unmarshal(read(t, dir, "metrics.json"), &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rejection", "refiner", "../samples/laser", "absent"} {
		m["scores"] = append(m["scores"].([]any), object{"method": name, "jsd": 1, "emd": 2})
	}
	putJSON(t, dir, "metrics.json", m)
	before, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	columns := len(newPersistenceFigure(before).columns)
	for _, name := range []string{"rejection", "refiner"} {
		put(t, dir, "samples/"+name+".npy", read(t, dir, "samples/laser.npy"))
	}
	build(t, dir)
	r, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if f := newPersistenceFigure(r); len(f.columns) != columns+2 || f.columns[3].label != "Rejection" || f.columns[4].label != "Φ alone" {
		t.Errorf("%d panels", len(f.columns))
	}
	info, err := os.Stat(filepath.Join(dir, "figures", "persistence.pdf"))
	if err != nil || info.Size() > 400_000 {
		t.Errorf("persistence.pdf: %v, %v", info, err)
	}
	put(t, dir, "samples/refiner.npy", []byte("x, y\n"))
	if err := Build(dir); err == nil || !strings.Contains(err.Error(), "refiner.npy") {
		t.Errorf("a broken sample: %v", err)
	}
}
