package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/calo/showerscore"
	"etalon/dataset"
	"etalon/report/figure"
)

var testShape = calo.Shape{Layers: 12, X: 6, Y: 5}

// testCalo returns showers of random cells, of which the generator's are stronger, and
// its weights.
func testCalo(t *testing.T, n int) *Calo {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 7))
	names := []string{calo.HighLevel, calo.X2Moment, calo.Y2Moment, calo.LayerDifference}
	obs, err := calo.NewObservables(testShape, names...)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float64, obs.Len())
	var hl, ll []float64
	var last []float32
	images := make([]*showerscore.Images, 4)
	table := func(scale float64, weightings int) *dataset.Table {
		acc, err := showerscore.NewAccumulator(testShape, weightings)
		if err != nil {
			t.Fatal(err)
		}
		out := &dataset.Table{Rows: n, Cols: obs.Len(), Names: obs.Names}
		for range n {
			cells := make([]float32, testShape.Cells())
			strength := scale * math.Exp(0.2*r.NormFloat64())
			for i := range cells {
				if r.Float64() < 0.4 {
					cells[i] = float32(strength * r.ExpFloat64())
				}
			}
			obs.Compute(row, cells)
			for _, v := range row {
				out.Data = append(out.Data, float32(v))
			}
			w := make([]float64, weightings)
			for k := range w {
				w[k] = 1
			}
			if weightings > 1 {
				hl = append(hl, -math.Log(strength))
				ll = append(ll, -0.6*math.Log(strength)+0.1*r.NormFloat64())
				w[1], w[2] = math.Exp(hl[len(hl)-1]), math.Exp(ll[len(ll)-1])
			}
			acc.Add(cells, w...)
			last = cells
		}
		for k := range weightings {
			m, err := acc.Images(k)
			if err != nil {
				t.Fatal(err)
			}
			images[k] = m
		}
		return out
	}
	c := &Calo{Name: "showers", Truth: table(1, 1)}
	c.TruthImages = images[0]
	c.Displays = []CaloDisplay{{"Truth", testShape, last}}
	gen := table(1.2, 3)
	auc, e := 0.512, 0.004
	c.Methods = []CaloMethod{
		{Key: "generator", Table: gen, Images: images[0]},
		{Key: "dctr_hl", Table: gen, LogW: hl, Images: images[1], ClosureAUC: &auc, ClosureError: &e},
		{Key: "dctr_ll", Table: gen, LogW: ll, Images: images[2]},
		{Key: "refined", Table: table(1.02, 1)},
	}
	scoreCalo(t, c)
	return c
}

func scoreCalo(t *testing.T, c *Calo) {
	t.Helper()
	var m []showerscore.Method
	for _, x := range c.Methods {
		m = append(m, showerscore.Method{Name: x.Key, Table: x.Table, LogW: x.LogW})
	}
	var err error
	if c.Scores, err = showerscore.Compare(c.Truth, m, showerscore.Options{Replicas: 20}); err != nil {
		t.Fatal(err)
	}
	c.Correlations = nil
	if c.Truth.Cols < 6 {
		return
	}
	if c.Correlations, err = showerscore.Correlate(c.Truth, m, c.Truth.Names[:6]); err != nil {
		t.Fatal(err)
	}
}

func firstColumn(t *dataset.Table) *dataset.Table {
	out := &dataset.Table{Rows: t.Rows, Cols: 1, Names: t.Names[:1]}
	for i := range t.Rows {
		out.Data = append(out.Data, t.Data[i*t.Cols])
	}
	return out
}

func TestBuildCalo(t *testing.T) {
	c, dir := testCalo(t, 400), t.TempDir()
	c.Warnings = []string{"first warning"}
	out, err := BuildCalo(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(caloFigureNames) {
		t.Errorf("%d figures of %d", len(out), len(caloFigureNames))
	}
	page := string(read(t, dir, "report.html"))
	at := strings.Index(page, "first warning")
	if at < 0 || at > strings.Index(page, "<h2>") {
		t.Error("the warnings do not stand first")
	}
	first := map[string][]byte{}
	for i, f := range out {
		if f.Name != caloFigureNames[i] || f.Title == "" || f.Caption == "" || !strings.Contains(page, `<section id="`+f.Name+`">`) {
			t.Errorf("figure %+v", f)
		}
		png := read(t, dir, "figures", f.Name+".png")
		img := decode(t, png)
		if b := img.Bounds(); b.Dx() != 2*pageWidth || colours(img, figure.Rect{W: pageWidth, H: float64(b.Dy()) / 2}) < 20 {
			t.Errorf("%s is %v, or nearly empty", f.Name, b)
		}
		first[f.Name] = append(png, read(t, dir, "figures", f.Name+".pdf")...)
	}
	// The scores are on the page and in the legends.
	o := c.Scores.Observable(calo.NActive)
	p, err := newCaloPanel(c, calo.NActive)
	if err != nil {
		t.Fatal(err)
	}
	for k, s := range o.Scores {
		got := strings.Join(p.curves[k].numbers, " ")
		if want := fmt.Sprintf("%s %s %s", figure.Number(1000*s.S2, 3), figure.Number(1000*s.S2Noise, 2), figure.Number(float64(s.R), 3)); got != want {
			t.Errorf("legend %q, want %q", got, want)
		}
		for _, v := range []float64{s.S2, s.S2Paper, float64(s.Ratio), float64(s.R), float64(s.RBootstrap)} {
			if !strings.Contains(page, digits(v, 3)) {
				t.Errorf("the page lacks %v of %s", v, s.Method)
			}
		}
	}
	w, err := newCaloWeights(c)
	if err != nil || w.joint == nil || !strings.Contains(w.note, figure.Number(c.Scores.Correlations[0].Rho, 3)) {
		t.Errorf("ρ is not in %q, %v", w.note, err)
	}
	for _, want := range []string{"0.5120 ± 0.004", "DCTR, high-level", "LaSeR", "most probable"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	// With less input no old figure stays, and what is the same is the same bytes.
	c.TruthImages, c.Displays = nil, nil
	gen := firstColumn(c.Methods[0].Table)
	c.Truth, c.Methods[3].Table = firstColumn(c.Truth), firstColumn(c.Methods[3].Table)
	for k := range 3 {
		c.Methods[k].Table = gen
	}
	scoreCalo(t, c)
	if out, err = BuildCalo(dir, c); err != nil || len(out) != 3 {
		t.Fatalf("%v of one observable: %v", out, err)
	}
	if again := append(read(t, dir, "figures", "calo_weights.png"), read(t, dir, "figures", "calo_weights.pdf")...); !bytes.Equal(first["calo_weights"], again) {
		t.Error("equal figures differ")
	}
	if _, err := os.Stat(filepath.Join(dir, "figures", "calo_images.png")); err == nil {
		t.Error("an old figure stays")
	}
}

// A histogram in a panel holds what the score was computed from.
func TestCaloPanelAgreesWithScore(t *testing.T) {
	c := testCalo(t, 300)
	for _, o := range c.Scores.Observables[:8] {
		p, err := newCaloPanel(c, o.Name)
		if err != nil {
			t.Fatal(err)
		}
		for k, s := range o.Scores {
			s2 := 0.0
			for i, a := range p.truth {
				if b := p.curves[k].value[i]; a+b > 0 {
					s2 += 0.5 * (a - b) * (a - b) / (a + b)
				}
			}
			if math.Abs(s2-s.S2) > 1e-12 {
				t.Errorf("%s, %s: panel has ⟨S²⟩ %g, score %g", o.Name, s.Method, s2, s.S2)
			}
		}
	}
}

func TestCaloEscapes(t *testing.T) {
	const attack = `"><script src=x>alert(1)</script>$_{^{\`
	c := testCalo(t, 60)
	c.Name, c.Verdict, c.Config, c.Warnings = attack, attack, attack, []string{attack}
	c.Facts = []CaloFact{{attack, attack}}
	c.Displays[0].Title = attack
	names := append([]string(nil), c.Truth.Names...)
	names[5] = attack
	c.Truth.Names = names
	for k := range c.Methods {
		c.Methods[k].Label = attack
		c.Methods[k].Table.Names = names
	}
	c.Methods[3].Key = attack
	scoreCalo(t, c)
	figures := drawCalo(t, c)
	page, err := c.html(figures)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(page); strings.Contains(text, "<script") || !strings.Contains(text, "&lt;script") {
		t.Error("markup from outside reached the page")
	}
}

// drawCalo draws all figures, on vector pages, which is quicker.
func drawCalo(t *testing.T, c *Calo) []*rendered {
	t.Helper()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	figures, err := c.figures()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if err := f.drawing.PDF(io.Discard); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	return figures
}

// What is degenerate is drawn without failing.
func TestCaloExtremes(t *testing.T) {
	c := testCalo(t, 50)
	for i := range c.Truth.Rows {
		c.Truth.Data[i*c.Truth.Cols] = 7 // active cells
	}
	for i := range c.Methods[1].LogW {
		c.Methods[1].LogW[i], c.Methods[2].LogW[i] = 3, math.Inf(-1)
	}
	c.Methods[2].LogW[4] = -1000
	scoreCalo(t, c)
	c.Displays = append(c.Displays, CaloDisplay{"empty", testShape, make([]float32, testShape.Cells())})
	if figures := drawCalo(t, c); len(figures) != len(caloFigureNames) {
		t.Errorf("%d figures", len(figures))
	}
}

func TestBuildCaloRefuses(t *testing.T) {
	for name, change := range map[string]func(c *Calo){
		"truth and scores are missing":        func(c *Calo) { c.Truth = nil },
		"0 methods":                           func(c *Calo) { c.Methods = nil },
		"but scores of 4":                     func(c *Calo) { c.Methods = c.Methods[:3] },
		`method 0 is "dctr_hl"`:               func(c *Calo) { c.Methods[0], c.Methods[1] = c.Methods[1], c.Methods[0] },
		"2 log-weights":                       func(c *Calo) { c.Methods[1].LogW = make([]float64, 2) },
		"log-weight 0 is NaN":                 func(c *Calo) { c.Methods[1].LogW[0] = math.NaN() },
		`"refined": a table`:                  func(c *Calo) { c.Methods[3].Table = nil },
		`"truth": a table`:                    func(c *Calo) { c.Truth.Data = c.Truth.Data[1:] },
		"do not fit the tables":               func(c *Calo) { c.Scores.Observables[2].Range.Hi = math.NaN() },
		"event display":                       func(c *Calo) { c.Displays[0].Cells = nil },
		`mean images of "generator"`:          func(c *Calo) { c.Methods[0].Images.XY = nil },
		"no matrix of 6 × 6":                  func(c *Calo) { c.Correlations.Methods[1].Difference[2] = nil },
		"correlations of 1 observables: 2 to": func(c *Calo) { c.Correlations.Names = c.Correlations.Names[:1] },
	} {
		c, dir := testCalo(t, 20), t.TempDir()
		change(c)
		_, err := BuildCalo(dir, c)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, name)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: files were written", name)
		}
	}
}
