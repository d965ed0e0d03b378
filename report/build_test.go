package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"etalon/report/figure"
)

const testPoints = 4000

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func build(t *testing.T, dir string) string {
	t.Helper()
	if err := Build(dir); err != nil {
		t.Fatal(err)
	}
	return string(read(t, dir, "report.html"))
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// colours counts the distinct colours in an area given in points.
func colours(img image.Image, r figure.Rect) int {
	seen := map[color.Color]bool{}
	for y := int(r.Y * figure.PixelsPerPoint); y < int(r.Bottom()*figure.PixelsPerPoint); y++ {
		for x := int(r.X * figure.PixelsPerPoint); x < int(r.Right()*figure.PixelsPerPoint); x++ {
			seen[img.At(x, y)] = true
		}
	}
	return len(seen)
}

func TestBuild(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, testPoints)
	page := build(t, dir)

	// Heights in pixels follow from the layout of each figure: the donut's
	// range is 22 × 14, so its panels are 200 × 127 points.
	sizes := map[string]image.Point{
		"dctrgan": {2240, 2 * (34 + 191 + dctrganFoot)},
		"panels":  {2240, 2 * (2*panelHead + 2*panelFoot + 127 + 200)}, "residuals": {2240, 2 * (panelHead + 127 + panelFoot + 62)},
		"profiles": {2240, 2 * (16 + profileMain + 10 + profileRatio + panelFoot)}, "weights": {2240, 2 * (panelHead + weightSide + panelFoot)},
		"hmc": {2240, 2 * (2*panelHead + 2*panelFoot + traceHeight + hmcHeight)}, "losses": {2240, 2 * (34 + lossHeight + panelFoot)},
		"omnifold":    {2240, 4 * (panelHead + hmcHeight + panelFoot)},
		"persistence": {2240, 2 * 2 * (panelHead + persistenceSide + panelFoot)},
	}
	for _, name := range figureNames {
		data := read(t, dir, "figures", name+".png")
		img := decode(t, data)
		if img.Bounds().Size() != sizes[name] {
			t.Errorf("%s.png is %v, want %v", name, img.Bounds().Size(), sizes[name])
		}
		if n := colours(img, figure.Rect{W: pageWidth, H: float64(sizes[name].Y) / 2}); n < 20 {
			t.Errorf("%s.png has %d colours: blank?", name, n)
		}
		// html/template writes + as a character reference.
		if !strings.Contains(page, strings.ReplaceAll(base64.StdEncoding.EncodeToString(data), "+", "&#43;")) {
			t.Errorf("report.html does not hold %s.png", name)
		}
		pdf := read(t, dir, "figures", name+".pdf")
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 5000 {
			t.Errorf("%s.pdf is no PDF of some size (%d bytes)", name, len(pdf))
		}
	}
	checkPanels(t, decode(t, read(t, dir, "figures", "panels.png")))
	checkPage(t, page)
	for _, want := range []string{
		"double-donut", "The baseline&#39;s JSD is 6.98 times", "LaSeR removed 89 % of the excess", "restored by LaSeR, HMC and DCTR",
		"0.27(4)", "0.23(2)", "0.09(2)", "6.98", "4000", "(1, 2)", "Example CPU", "25 min 40 s",
		"# &lt;not a tag&gt; &amp; &#34;quoted&#34;", "R̂",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("report.html lacks %q", want)
		}
	}
	if strings.Contains(page, "Not in this report") {
		t.Error("a complete run has a list of what is missing")
	}
	left, err := filepath.Glob(filepath.Join(dir, "figures", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
}

// checkPanels looks into each of the nine panels.
func checkPanels(t *testing.T, img image.Image) {
	t.Helper()
	for i := range 5 {
		if n := colours(img, figure.Rect{X: columnX(i), Y: panelHead, W: panelSide, H: 127}.Inset(6)); n < 30 {
			t.Errorf("upper panel %d has %d colours: blank?", i, n)
		}
		if n := colours(img, figure.Rect{X: columnX(i), Y: 2*panelHead + panelFoot + 127, W: panelSide, H: panelSide}.Inset(6)); n < 5 {
			t.Errorf("lower panel %d has %d colours: blank?", i, n)
		}
	}
	// The truth is empty in the outermost corner.
	if n := colours(img, figure.Rect{X: columnX(0) + 6, Y: panelHead + 6, W: 8, H: 8}); n != 1 {
		t.Errorf("a corner of the truth has %d colours, want white only", n)
	}
}

// payload finds inlined images.
var payload = regexp.MustCompile(`(data:image/png;base64,)[A-Za-z0-9/=&#;]+`)

var fetches = regexp.MustCompile(`(?i)(src|href|srcset|action|data|poster)\s*=\s*["']?([^"'>\s]*)|url\(([^)]*)\)|@import|<script|<link|<iframe|<object`)

// checkPage reads the HTML strictly and makes sure that it fetches nothing.
func checkPage(t *testing.T, page string) {
	t.Helper()
	page = payload.ReplaceAllString(page, "$1")
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = xml.HTMLAutoClose
	d.Entity = xml.HTMLEntity
	depth, images := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("report.html: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			if e.Name.Local == "img" {
				images++
			}
		case xml.EndElement:
			depth--
		}
	}
	if depth != 0 {
		t.Errorf("%d elements are left open", depth)
	}
	found := 0
	for _, m := range fetches.FindAllStringSubmatch(page, -1) {
		if strings.EqualFold(m[1], "src") && strings.HasPrefix(m[2], "data:image/png;base64,") {
			found++
			continue
		}
		t.Errorf("report.html refers to something: %.80q", m[0])
	}
	if found != images {
		t.Errorf("%d images, %d of them inlined", images, found)
	}
	if strings.Contains(page, "http:") || strings.Contains(page, "https:") {
		t.Error("report.html holds a web address")
	}
}

// The same run gives the same bytes, on one thread or several.
func TestBuildIsReproducible(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, testPoints)
	build(t, dir)
	before := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(dir, "figures", "*"))
	if err != nil || len(files) != 2*len(figureNames) {
		t.Fatalf("figures are %v, %v", files, err)
	}
	files = append(files, filepath.Join(dir, "report.html"))
	for _, f := range files {
		before[f] = read(t, f)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	build(t, dir)
	for _, f := range files {
		if !bytes.Equal(before[f], read(t, f)) {
			t.Errorf("%s differs", filepath.Base(f))
		}
	}
}

// Whatever is optional may be missing: the report says so and shows the rest.
func TestBuildWithoutOptionalFiles(t *testing.T) {
	full := t.TempDir()
	writeRun(t, full, 500)
	build(t, full)
	for _, c := range []struct {
		name   string
		remove []string
		gone   []string // figures
		says   []string
	}{
		{"records", []string{"run.toml", "timings.json", "history.json", "hmc.json", "omnifold.json"}, []string{"hmc", "omnifold", "losses"},
			[]string{"run.toml is not in this run", "timings.json is", "history.json is", "hmc.json is"}},
		{"exact weights", []string{"samples/exact_log_weights.npy"}, nil, []string{"no comparison with exact weights"}},
		{"weights", []string{"samples/log_weights.npy"}, []string{"weights", "dctrgan"}, []string{"no DCTR panels"}},
		{"latents", []string{"samples/baseline_latent.npy", "samples/hmc_latent.npy", "samples/laser_latent.npy"}, nil, []string{"no latent panel of LaSeR"}},
		{"refined", []string{"samples/hmc.npy", "samples/laser.npy"}, []string{"panels"}, []string{"no panels of HMC", "no panels of LaSeR"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(full)); err != nil {
				t.Fatal(err)
			}
			for _, name := range c.remove {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			page := build(t, dir)
			checkPage(t, page)
			for _, want := range append(c.says, "Not in this report") {
				if !strings.Contains(page, want) {
					t.Errorf("report.html does not say %q", want)
				}
			}
			// Figures of the earlier report that can no longer be made are gone.
			for _, name := range figureNames {
				_, err := os.Stat(filepath.Join(dir, "figures", name+".png"))
				if gone := errors.Is(err, os.ErrNotExist); gone != slices.Contains(c.gone, name) {
					t.Errorf("%s.png: %v", name, err)
				}
			}
		})
	}
}

// What is required and missing, or broken, is an error of one line, and
// nothing is written.
func TestBuildRefuses(t *testing.T) {
	full := t.TempDir()
	writeRun(t, full, 300)
	record := func(change func(m object)) []byte {
		m := object{}
		if err := json.Unmarshal(read(t, full, "metrics.json"), &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	good := read(t, full, "samples/baseline.npy")
	logW := make([]float64, 300)
	logW[7] = negInf * 0 // NaN
	for _, c := range []struct {
		name, file string
		data       []byte // nil: the file is removed
		says       string
	}{
		{"no metrics", "metrics.json", nil, "metrics.json is missing"},
		{"no truth", "samples/truth.npy", nil, "truth.npy is missing"},
		{"no baseline", "samples/baseline.npy", nil, "baseline.npy is missing"},
		{"cut metrics", "metrics.json", []byte(`{"name": "x", `), "metrics.json is not valid"},
		{"wrong type", "metrics.json", record(func(m object) { m["bins"] = "many" }), "bins"},
		{"too many bins", "metrics.json", record(func(m object) { m["bins"] = 1 << 20 }), "expected 1 to"},
		{"empty range", "metrics.json", record(func(m object) { m["range"] = []float64{1, 1, 0, 1} }), "x0 < x1"},
		{"short range", "metrics.json", record(func(m object) { m["range"] = []float64{1} }), "x0 < x1"},
		{"no scores", "metrics.json", record(func(m object) { delete(m, "scores") }), "scores are missing"},
		{"twice", "metrics.json", record(func(m object) { m["scores"] = []object{{"method": "hmc"}, {"method": "hmc"}} }), "no method of its own"},
		{"betti", "metrics.json", record(func(m object) { m["truth_betti"] = []int{1} }), "expected 2"},
		{"cut sample", "samples/baseline.npy", good[:len(good)-3], "baseline.npy"},
		{"no array", "samples/truth.npy", []byte("x, y\n1, 2\n"), "truth.npy"},
		{"three columns", "samples/truth.npy", npy("<f4", "(1, 3)", []float32{1, 2, 3}), "truth.npy"},
		{"lying shape", "samples/truth.npy", npy("<f4", "(99999999999, 2)", []float32{1, 2}), "truth.npy"},
		{"only NaN", "samples/truth.npy", npy("<f4", "(1, 2)", []float32{float32(negInf * 0), 2}), "no finite point"},
		{"latents of another length", "samples/hmc_latent.npy", points([]float32{1, 2}), "hmc_latent.npy has 1 rows"},
		{"weights of another length", "samples/log_weights.npy", vector([]float64{0, 0}), "2"},
		{"exact weights of another length", "samples/exact_log_weights.npy", vector([]float64{0, 0}), "exact_log_weights.npy has 2 rows"},
		{"NaN weights", "samples/log_weights.npy", vector(logW), "log_weights.npy"},
		{"curves", "history.json", []byte(`{"generator": {"x": [1, 2], "train": [1]}}`), "generator.train has 1 values"},
		{"cut chains", "hmc.json", []byte(`{"chains": `), "hmc.json is not valid"},
		{"cut unfolding", "omnifold.json", []byte(`{"iterations": [`), "omnifold.json is not valid"},
		{"no iterations", "omnifold.json", []byte(`{}`), "0 iterations"},
		{"AUC", "omnifold.json", []byte(`{"iterations": [{"auc": 7}]}`), "iterations[0].auc is 7"},
		{"reference", "omnifold.json", []byte(`{"iterations": [{}], "references": {"dctr": {"jsd": -1}}}`), "references.dctr.jsd is -1"},
		{"endless settings", "run.toml", bytes.Repeat([]byte("# x\n"), 1<<20), "run.toml has more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(full)); err != nil {
				t.Fatal(err)
			}
			if c.data == nil {
				if err := os.Remove(filepath.Join(dir, c.file)); err != nil {
					t.Fatal(err)
				}
			} else {
				put(t, dir, c.file, c.data)
			}
			err := Build(dir)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %q, want one line with %q", err, c.says)
			}
			for _, name := range []string{"report.html", "figures"} {
				if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
					t.Errorf("%s was written", name)
				}
			}
		})
	}
	if err := Build(filepath.Join(full, "metrics.json")); err == nil {
		t.Error("a file was accepted as a run directory")
	}
}

// Text from the run's files never becomes markup.
func TestPageEscapes(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, dir, 300)
	const attack = `"><script src=x>alert(1)</script><!--`
	m := object{}
	if err := json.Unmarshal(read(t, dir, "metrics.json"), &m); err != nil {
		t.Fatal(err)
	}
	m["name"], m["preset"], m["version"] = attack, attack, attack
	m["scores"] = append(m["scores"].([]any), object{"method": attack, "jsd": 1, "emd": 2})
	putJSON(t, dir, "metrics.json", m)
	putJSON(t, dir, "timings.json", object{"stages": []object{{"name": attack, "seconds": -1}}, "cpu": attack})
	put(t, dir, "run.toml", []byte("</pre>"+attack))
	page := build(t, dir)
	checkPage(t, strings.ReplaceAll(page, "script src=x&gt;", ""))
	if strings.Contains(page, "<script") || strings.Contains(page, "<!--") {
		t.Error("markup from a file reached the page")
	}
}
