package figure

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// A Grid holds the contents of a 2-D histogram: V[iy*NX+ix], where ix = 0 is
// the leftmost column and iy = 0 the lowest row. NaN cells stay white.
type Grid struct {
	NX, NY int
	V      []float64
}

// A Scale maps values to colours: Lo to the first and Hi to the last entry of
// the map, linearly or by logarithm.
type Scale struct {
	Lo, Hi float64
	Log    bool
	Map    ColorMap
	Over   bool // values above Hi occur; the colour bar says so
	Under  bool // values below Lo occur
}

// Color returns the colour of v; white for NaN, and for v ≤ 0 if Log.
func (sc Scale) Color(v float64) color.RGBA {
	if math.IsNaN(v) || (sc.Log && v <= 0) {
		return color.RGBA{0xff, 0xff, 0xff, 0xff}
	}
	f := Axis{Min: sc.Lo, Max: sc.Hi, Log: sc.Log}.fraction(v)
	if math.IsNaN(f) {
		f = 0
	}
	return sc.Map.At(min(max(f, 0), 1))
}

// Grid paints a 2-D histogram over the whole data area. On a raster page every
// pixel takes the colours of the bins below it in proportion to their share of
// the pixel, so bins that are whole pixels wide are crisp and no lines appear
// between them.
func (a *Axes) Grid(s *Sheet, g Grid, sc Scale) {
	if len(g.V) != g.NX*g.NY || g.NX < 1 || g.NY < 1 {
		panic("figure: grid of wrong length")
	}
	cells := make([]color.RGBA, len(g.V))
	for i, v := range g.V {
		cells[i] = sc.Color(v)
	}
	if s.pixels == nil {
		// Readers may smooth enlarged images, so enlarge it here.
		img := resample(g.NX, g.NY, cells, s.imageWidth(g.NX), enlarged(g.NY))
		lo, hi := s.at(Point{a.Rect.X, a.Rect.Bottom()}), s.at(Point{a.Rect.Right(), a.Rect.Y})
		s.canvas.DrawImage(vg.Rectangle{Min: lo, Max: hi}, upsideDown(img))
		return
	}
	px := func(v float64) int { return int(math.Round(v * PixelsPerPoint)) }
	x0, y0, x1, y1 := px(a.Rect.X), px(a.Rect.Y), px(a.Rect.Right()), px(a.Rect.Bottom())
	img := resample(g.NX, g.NY, cells, x1-x0, y1-y0)
	for y := range y1 - y0 {
		for x := range x1 - x0 {
			if (image.Point{X: x0 + x, Y: y0 + y}).In(s.pixels.Rect) {
				s.pixels.SetRGBA(x0+x, y0+y, img.RGBAAt(x, y))
			}
		}
	}
}

// enlarged returns a multiple of n of at least 400 pixels.
func enlarged(n int) int { return n * ((400 + n - 1) / n) }

// imageWidth returns a multiple of n of 400 pixels or more that no other image
// of the page has. The PDF library writes images in the order of their widths
// and leaves the order of equal ones to chance.
func (s *Sheet) imageWidth(n int) int {
	w := enlarged(n)
	for s.imageWidths[w] {
		w += n
	}
	s.imageWidths[w] = true
	return w
}

// overlap is the part that source cell i has in a target pixel.
type overlap struct {
	cell  int
	share float64
}

// overlaps returns for each of w pixels the cells of n that it covers; flip
// counts the cells from the other end.
func overlaps(n, w int, flip bool) [][]overlap {
	out := make([][]overlap, w)
	for p := range out {
		// Pixel p covers [p, p+1)·n/w of the cells; integers keep it exact.
		lo, hi := p*n, (p+1)*n
		for c := lo / w; c*w < hi; c++ {
			part := min(hi, (c+1)*w) - max(lo, c*w)
			cell := c
			if flip {
				cell = n - 1 - c
			}
			out[p] = append(out[p], overlap{cell, float64(part) / float64(n)})
		}
	}
	return out
}

// resample paints nx × ny cells (lowest row first) on w × h pixels, mixing in
// linear light.
func resample(nx, ny int, cells []color.RGBA, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	w, h = img.Rect.Dx(), img.Rect.Dy()
	light := decodeSRGB()
	cols := overlaps(nx, w, false)
	rows := overlaps(ny, h, true)
	for y, row := range rows {
		for x, col := range cols {
			if len(row) == 1 && len(col) == 1 {
				img.SetRGBA(x, y, cells[row[0].cell*nx+col[0].cell])
				continue
			}
			var r, g, b float64
			for _, oy := range row {
				for _, ox := range col {
					c := cells[oy.cell*nx+ox.cell]
					f := oy.share * ox.share
					r += f * light[c.R]
					g += f * light[c.G]
					b += f * light[c.B]
				}
			}
			img.SetRGBA(x, y, color.RGBA{encodeSRGB(r), encodeSRGB(g), encodeSRGB(b), 0xff})
		}
	}
	return img
}
