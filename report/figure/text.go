package figure

import (
	"image/color"
	"math"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
)

// Align places text relative to its anchor.
type Align float64

// Horizontal and vertical alignments: Start is left or top, End is right or
// bottom. Baseline is vertical only.
const (
	Start    Align = 0
	Center   Align = 0.5
	End      Align = 1
	Baseline Align = -1
)

// TextStyle says how a string is set.
//
// In the string, $…$ sets italics, _{…} and ^{…} set subscripts and
// superscripts, and a backslash takes the next character as it is. U+0302
// puts a circumflex on the character before it, as in R̂.
type TextStyle struct {
	Size  float64     // points; 0 draws nothing
	Color color.Color // nil means Ink
	Bold  bool
	H, V  Align   // default: the anchor is the top left corner
	Angle float64 // degrees, anticlockwise about the anchor
}

// Ink is the colour of axes and text.
var Ink = color.RGBA{0x22, 0x26, 0x2b, 0xff}

// Muted is the colour of secondary text.
var Muted = color.RGBA{0x5c, 0x63, 0x6b, 0xff}

// Metrics of Liberation Sans in em.
const (
	capHeight  = 0.729
	descent    = 0.21
	scriptSize = 0.70
	subShift   = 0.16 // downwards
	supShift   = 0.34 // upwards
	hatRaise   = 0.19 // of a circumflex over a capital
)

type face int

const (
	regular face = iota
	bold
	italic
)

// sansFaces returns the parsed faces, indexed by face.
var sansFaces = sync.OnceValue(func() []*sfnt.Font {
	sources := [][]byte{liberationsansregular.TTF, liberationsansbold.TTF, liberationsansitalic.TTF}
	faces := make([]*sfnt.Font, len(sources))
	for i, src := range sources {
		f, err := sfnt.Parse(src)
		if err != nil {
			panic("figure: embedded font cannot be parsed: " + err.Error())
		}
		faces[i] = f
	}
	return faces
})

type glyphKey struct {
	face face
	r    rune
}

// glyph is an outline in em, y downwards, origin on the baseline.
type glyph struct {
	index    sfnt.GlyphIndex
	segments sfnt.Segments // in font units
	unit     float64       // em per font unit
	advance  float64       // em
}

func (s *Sheet) glyph(k glyphKey) glyph {
	if g, ok := s.glyphs[k]; ok {
		return g
	}
	f := sansFaces()[k.face]
	var buf sfnt.Buffer
	index, err := f.GlyphIndex(&buf, k.r)
	if err != nil {
		index = 0
	}
	em := f.UnitsPerEm()
	ppem := fixed.I(int(em))
	g := glyph{index: index, unit: 1 / (64 * float64(em))}
	if segments, err := f.LoadGlyph(&buf, index, ppem, nil); err == nil {
		g.segments = append(sfnt.Segments(nil), segments...)
	}
	if adv, err := f.GlyphAdvance(&buf, index, ppem, font.HintingNone); err == nil {
		g.advance = float64(adv) * g.unit
	}
	s.glyphs[k] = g
	return g
}

// placed is a glyph of a laid-out string; x, y in em of the full size.
type placed struct {
	glyph glyph
	x, y  float64
	scale float64
}

// layout sets a string on a baseline through the origin and returns its
// glyphs and its width in em.
func (s *Sheet) layout(text string, isBold bool) ([]placed, float64) {
	base := regular
	if isBold {
		base = bold
	}
	var (
		out    []placed
		x      float64
		script rune // '_' or '^' within braces
		slant  bool
		last   rune
	)
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r == '\\' && i+1 < len(runes):
			i++
			r = runes[i]
		case r == '$':
			slant = !slant
			continue
		case (r == '_' || r == '^') && i+1 < len(runes) && runes[i+1] == '{':
			script = r
			i++
			continue
		case r == '}' && script != 0:
			script = 0
			continue
		}
		k := glyphKey{base, r}
		if slant {
			k.face = italic
		}
		p := placed{x: x, scale: 1}
		switch script {
		case '_':
			p.scale, p.y = scriptSize, subShift
		case '^':
			p.scale, p.y = scriptSize, -supShift
		}
		if r == '\u0302' && len(out) > 0 {
			below := out[len(out)-1]
			p.glyph = s.glyph(glyphKey{k.face, 'ˆ'})
			p.x = below.x + (below.glyph.advance*below.scale-p.glyph.advance*p.scale)/2
			if unicode.IsUpper(last) {
				p.y -= hatRaise * p.scale
			}
			out = append(out, p)
			continue
		}
		p.glyph = s.glyph(k)
		out = append(out, p)
		x += p.glyph.advance * p.scale
		last = r
	}
	return out, x
}

// TextWidth returns the width in points of a string.
func (s *Sheet) TextWidth(text string, st TextStyle) float64 {
	_, w := s.layout(text, st.Bold)
	return w * st.Size
}

// Text draws a string of one line with its anchor at x, y.
func (s *Sheet) Text(x, y float64, text string, st TextStyle) {
	glyphs, width := s.layout(text, st.Bold)
	if len(glyphs) == 0 || st.Size <= 0 {
		return
	}
	dx := -width * float64(st.H)
	if st.H == Baseline {
		dx = 0
	}
	// Vertical alignment counts the height of capitals, so that numbers
	// stand centred at their ticks.
	var dy float64
	switch st.V {
	case Start:
		dy = capHeight
	case Center:
		dy = capHeight / 2
	case End:
		dy = -descent
	}
	sin, cos := math.Sincos(st.Angle * math.Pi / 180)
	var path vg.Path
	for _, g := range glyphs {
		at := func(a fixed.Point26_6) vg.Point {
			u := (dx + g.x + float64(a.X)*g.glyph.unit*g.scale) * st.Size
			v := (dy + g.y + float64(a.Y)*g.glyph.unit*g.scale) * st.Size
			return s.at(Point{x + u*cos + v*sin, y - u*sin + v*cos})
		}
		for i, seg := range g.glyph.segments {
			switch seg.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					path.Close()
				}
				path.Move(at(seg.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(at(seg.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(at(seg.Args[0]), at(seg.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(at(seg.Args[0]), at(seg.Args[1]), at(seg.Args[2]))
			}
		}
		if len(g.glyph.segments) > 0 {
			path.Close()
		}
	}
	if len(path) == 0 {
		return
	}
	if st.Color == nil {
		st.Color = Ink
	}
	s.canvas.SetColor(st.Color)
	s.canvas.Fill(path)
}
