package figure

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
)

func rasterise(t *testing.T, d Drawing) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := d.PNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// inked returns the bounds of all pixels that are not white.
func inked(img image.Image) image.Rectangle {
	var r image.Rectangle
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) != (color.RGBA{0xff, 0xff, 0xff, 0xff}) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// everything draws each kind of mark once.
func everything(s *Sheet) {
	ax := Axes{
		Rect: Rect{X: 60, Y: 40, W: 200, H: 100},
		X:    Axis{Min: 0, Max: 10, Label: "$x$_{1}"},
		Y:    Axis{Min: 0.1, Max: 100, Log: true, Label: "χ²"},
	}
	sc := Scale{Lo: 0, Hi: 1, Map: Density(), Over: true, Under: true}
	ax.Grid(s, Grid{NX: 2, NY: 2, V: []float64{0, 0.3, 0.6, 1}}, sc)
	small := Axes{Rect: Rect{X: 280, Y: 170, W: 30, H: 30}}
	small.Grid(s, Grid{NX: 2, NY: 2, V: []float64{1, 0.5, 0.2, 0}}, sc) // as wide as the first
	ax.FillHistogram(s, Edges(0, 10, 3), []float64{1, 4, 2}, truthGrey)
	ax.Line(s, []float64{0, 5, math.NaN(), 6, 10}, []float64{1, 2, 3, 4, 0}, Stroke{Color: Ink, Width: 1, Dash: []float64{3, 2}})
	ax.VLine(s, 5, Stroke{Color: Muted, Width: 1})
	ax.Frame(s)
	ax.Title(s, "Title", "note R\u0302 10^{−3}")
	s.ColorBar(Rect{X: 280, Y: 50, W: 12, H: 90}, sc, "upright")
	s.ColorBar(Rect{X: 60, Y: 200, W: 120, H: 12}, sc, "lying")
	s.Legend(70, 50, []Key{{Text: "line", Line: Stroke{Color: Ink, Width: 1}}, {Text: "box", Fill: truthGrey}})
}

var truthGrey = color.RGBA{0xd0, 0xd0, 0xd0, 0xff}

func TestOutputIsReproducible(t *testing.T) {
	d := Drawing{Width: 340, Height: 240, Draw: everything}
	var first [2]bytes.Buffer
	for round := range 4 {
		var b [2]bytes.Buffer
		if err := d.PNG(&b[0]); err != nil {
			t.Fatal(err)
		}
		if err := d.PDF(&b[1]); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			first = b
			continue
		}
		for i, name := range []string{"PNG", "PDF"} {
			if !bytes.Equal(first[i].Bytes(), b[i].Bytes()) {
				t.Errorf("%s of run %d differs from the first", name, round)
			}
		}
	}
	if !strings.HasPrefix(first[1].String(), "%PDF-1.") || !strings.HasSuffix(strings.TrimSpace(first[1].String()), "%%EOF") {
		t.Error("not a PDF")
	}
	img := rasterise(t, d)
	if img.Bounds() != image.Rect(0, 0, 680, 480) {
		t.Errorf("image is %v", img.Bounds())
	}
}

func TestDrawingRefusesSizes(t *testing.T) {
	for _, d := range []Drawing{{Width: 0, Height: 10}, {Width: 10, Height: math.NaN()}, {Width: 1e6, Height: 10}} {
		d.Draw = func(*Sheet) {}
		if err := d.PNG(new(bytes.Buffer)); err == nil {
			t.Errorf("PNG of %v × %v points was accepted", d.Width, d.Height)
		}
		if err := d.PDF(new(bytes.Buffer)); err == nil {
			t.Errorf("PDF of %v × %v points was accepted", d.Width, d.Height)
		}
	}
}

// Curves and areas stay inside the data area, whatever their values.
func TestCurvesAreClipped(t *testing.T) {
	xs := []float64{-50, 2, 3, 4, 5, 60, 7}
	ys := []float64{-1e9, 1e9, math.Inf(1), 0.5, math.Inf(-1), math.NaN(), 3}
	img := rasterise(t, Drawing{Width: 100, Height: 80, Draw: func(s *Sheet) {
		ax := Axes{Rect: Rect{X: 20, Y: 20, W: 60, H: 40}, X: Axis{Min: 0, Max: 10}, Y: Axis{Min: 0, Max: 1}}
		ax.Line(s, xs, ys, Stroke{Color: Ink, Width: 1})
		ax.Band(s, []float64{-5, 20}, []float64{-3, 0.2}, []float64{0.4, 8}, truthGrey)
	}})
	got := inked(img)
	// Half a line of one point, two pixels a point, and antialiasing.
	if limit := image.Rect(38, 38, 162, 122); !got.In(limit) || got.Empty() {
		t.Errorf("ink at %v, want within %v", got, limit)
	}
}

func TestAxesMapping(t *testing.T) {
	ax := Axes{Rect: Rect{X: 10, Y: 20, W: 100, H: 50}, X: Axis{Min: -1, Max: 1}, Y: Axis{Min: 1, Max: 100, Log: true}}
	for _, c := range []struct {
		x, y float64
		want Point
	}{{-1, 1, Point{10, 70}}, {1, 100, Point{110, 20}}, {0, 10, Point{60, 45}}} {
		got := ax.At(c.x, c.y)
		if math.Hypot(got.X-c.want.X, got.Y-c.want.Y) > 1e-9 {
			t.Errorf("At(%v, %v) = %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

func TestSteps(t *testing.T) {
	xs, ys := Steps([]float64{0, 1, 3}, []float64{5, 7})
	for i, want := range [][2]float64{{0, 5}, {1, 5}, {1, 7}, {3, 7}} {
		if xs[i] != want[0] || ys[i] != want[1] {
			t.Errorf("point %d is (%v, %v), want %v", i, xs[i], ys[i], want)
		}
	}
}
