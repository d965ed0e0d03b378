package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// PixelsPerPoint is the resolution of PNG output: a figure shown at one CSS
// pixel per point is sharp on screens of twice the density.
const PixelsPerPoint = 2

// A Point is a position on a sheet in points, y downwards.
type Point struct{ X, Y float64 }

// A Rect is an area of a sheet in points; X, Y is its top left corner.
type Rect struct{ X, Y, W, H float64 }

// Right returns the x coordinate of the right edge.
func (r Rect) Right() float64 { return r.X + r.W }

// Bottom returns the y coordinate of the lower edge.
func (r Rect) Bottom() float64 { return r.Y + r.H }

// Inset returns r made smaller by d on every side.
func (r Rect) Inset(d float64) Rect { return Rect{r.X + d, r.Y + d, r.W - 2*d, r.H - 2*d} }

// A Stroke is the style of a line: width in points, and the lengths of dashes
// and gaps in points (nil: a solid line).
type Stroke struct {
	Color color.Color
	Width float64
	Dash  []float64
}

// A Sheet is a page that is being drawn, of size W × H points.
type Sheet struct {
	W, H float64

	canvas vg.Canvas
	pixels *image.RGBA // nil on a vector page
	glyphs map[glyphKey]glyph

	imageWidths map[int]bool // of the images on a vector page, in pixels
}

// A Drawing is a figure of Width × Height points. Draw paints it.
type Drawing struct {
	Width, Height float64
	Draw          func(*Sheet)
}

// Size returns the width and height in pixels of the PNG.
func (d Drawing) Size() (w, h int) {
	return int(d.Width*PixelsPerPoint + 0.5), int(d.Height*PixelsPerPoint + 0.5)
}

// PNG writes the drawing as a PNG image of PixelsPerPoint pixels per point on
// white.
func (d Drawing) PNG(w io.Writer) error {
	if err := d.check(); err != nil {
		return err
	}
	pw, ph := d.Size()
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(d.Width), vg.Length(d.Height)), vgimg.UseDPI(72*PixelsPerPoint))
	img, ok := canvas.Image().(*image.RGBA)
	if !ok || img.Bounds().Dx() != pw || img.Bounds().Dy() != ph {
		return fmt.Errorf("figure: canvas of %v × %v points has no RGBA image of %d × %d pixels", d.Width, d.Height, pw, ph)
	}
	d.Draw(newSheet(d, canvas, img))
	return png.Encode(w, img)
}

// PDF writes the drawing as a PDF of one page.
func (d Drawing) PDF(w io.Writer) error {
	if err := d.check(); err != nil {
		return err
	}
	reproduciblePDF()
	canvas := vgpdf.New(vg.Length(d.Width), vg.Length(d.Height))
	d.Draw(newSheet(d, canvas, nil))
	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return fmt.Errorf("figure: could not write PDF: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// reproduciblePDF makes the PDF library write resources in sorted order and
// the same date into every file, so that equal figures are equal bytes.
var reproduciblePDF = sync.OnceFunc(func() {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	fpdf.SetDefaultCatalogSort(true)
	fpdf.SetDefaultCreationDate(epoch)
	fpdf.SetDefaultModificationDate(epoch)
})

func (d Drawing) check() error {
	const limit = 14400 // the largest page that PDF readers accept
	if !(d.Width > 0 && d.Height > 0 && d.Width <= limit && d.Height <= limit) {
		return fmt.Errorf("figure: size %v × %v points is outside (0, %d]", d.Width, d.Height, limit)
	}
	return nil
}

func newSheet(d Drawing, c vg.Canvas, pixels *image.RGBA) *Sheet {
	return &Sheet{W: d.Width, H: d.Height, canvas: c, pixels: pixels, glyphs: make(map[glyphKey]glyph), imageWidths: make(map[int]bool)}
}

// at converts a position to the canvas, whose y axis points up.
func (s *Sheet) at(p Point) vg.Point {
	return vg.Point{X: vg.Length(p.X), Y: vg.Length(s.H - p.Y)}
}

func (s *Sheet) path(pts []Point) vg.Path {
	path := make(vg.Path, 0, len(pts)+1)
	for i, p := range pts {
		if i == 0 {
			path.Move(s.at(p))
		} else {
			path.Line(s.at(p))
		}
	}
	return path
}

// Line draws straight lines through the points.
func (s *Sheet) Line(st Stroke, pts ...Point) {
	if len(pts) < 2 || st.Width <= 0 {
		return
	}
	s.setStroke(st)
	s.canvas.Stroke(s.path(pts))
}

// Polygon fills the area enclosed by the points.
func (s *Sheet) Polygon(fill color.Color, pts ...Point) {
	if len(pts) < 3 {
		return
	}
	path := s.path(pts)
	path.Close()
	s.canvas.SetColor(fill)
	s.canvas.Fill(path)
}

// FillRect fills a rectangle.
func (s *Sheet) FillRect(fill color.Color, r Rect) {
	s.Polygon(fill, Point{r.X, r.Y}, Point{r.Right(), r.Y}, Point{r.Right(), r.Bottom()}, Point{r.X, r.Bottom()})
}

// StrokeRect draws the outline of a rectangle.
func (s *Sheet) StrokeRect(st Stroke, r Rect) {
	s.setStroke(st)
	path := s.path([]Point{{r.X, r.Y}, {r.Right(), r.Y}, {r.Right(), r.Bottom()}, {r.X, r.Bottom()}})
	path.Close()
	s.canvas.Stroke(path)
}

func (s *Sheet) setStroke(st Stroke) {
	dash := make([]vg.Length, len(st.Dash))
	for i, d := range st.Dash {
		dash[i] = vg.Length(d)
	}
	s.canvas.SetColor(st.Color)
	s.canvas.SetLineWidth(vg.Length(st.Width))
	s.canvas.SetLineDash(dash, 0)
}
