package figure

import (
	"math"
	"testing"

	"golang.org/x/image/font/sfnt"
)

// The characters that figures use exist in every face.
func TestGlyphsExist(t *testing.T) {
	const used = "0123456789−×·²χσΦ±≤≥∞–ˆ %()[]/=+,.:;~φμ∑√\u00a0"
	for i, f := range sansFaces() {
		var buf sfnt.Buffer
		for _, r := range used {
			if g, err := f.GlyphIndex(&buf, r); err != nil || g == 0 {
				t.Errorf("face %d lacks %q", i, r)
			}
		}
	}
}

func TestTextLayout(t *testing.T) {
	s := newSheet(Drawing{Width: 10, Height: 10}, nil, nil)
	st := TextStyle{Size: 10}
	width := func(text string) float64 { return s.TextWidth(text, st) }
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if w := width("abc"); !near(w, width("a")+width("b")+width("c")) || w <= 0 {
		t.Errorf("width of abc is %v", w)
	}
	if !near(width("x^{23}"), width("x")+scriptSize*width("23")) {
		t.Error("a superscript is not set smaller")
	}
	if !near(width("R\u0302"), width("R")) {
		t.Error("a combining circumflex takes room")
	}
	if !near(width(`\$5\_{`), width("5")+width(`\$`)+width(`\_`)+width("{")) || width(`\$`) <= 0 {
		t.Error("a backslash does not keep a character")
	}
	if width("") != 0 {
		t.Error("the empty string has a width")
	}
	// A subscript sits lower, a superscript higher (y points down).
	glyphs, _ := s.layout("a_{b}^{c}", false)
	if len(glyphs) != 3 || !(glyphs[1].y > 0) || !(glyphs[2].y < 0) || glyphs[0].y != 0 {
		t.Errorf("scripts are at %+v", glyphs)
	}
}

// A text turned by 90 degrees covers the area of the level one, turned.
func TestTextTurns(t *testing.T) {
	draw := func(angle float64) (w, h int) {
		img := rasterise(t, Drawing{Width: 120, Height: 120, Draw: func(s *Sheet) {
			s.Text(60, 60, "Turned", TextStyle{Size: 16, H: Center, V: Center, Angle: angle})
		}})
		r := inked(img)
		return r.Dx(), r.Dy()
	}
	w0, h0 := draw(0)
	w90, h90 := draw(90)
	if math.Abs(float64(w0-h90)) > 2 || math.Abs(float64(h0-w90)) > 2 || w0 < 80 {
		t.Errorf("level %d × %d, turned %d × %d", w0, h0, w90, h90)
	}
}
