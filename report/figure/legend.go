package figure

import "image/color"

// A Key is an entry of a legend: a line, or a filled box where Fill is set.
type Key struct {
	Text string
	Line Stroke
	Fill color.Color
}

const (
	legendSwatch = 24
	legendGap    = 7
	legendRow    = 17
)

// LegendSize returns the width and height in points of a legend.
func (s *Sheet) LegendSize(keys []Key) (w, h float64) {
	for _, k := range keys {
		w = max(w, s.TextWidth(k.Text, TextStyle{Size: SizeNote}))
	}
	return w + legendSwatch + legendGap, float64(len(keys)) * legendRow
}

// Legend draws the keys one below the other with the top left corner at x, y.
func (s *Sheet) Legend(x, y float64, keys []Key) {
	for i, k := range keys {
		mid := y + (float64(i)+0.5)*legendRow
		if k.Fill != nil {
			s.FillRect(k.Fill, Rect{x, mid - 4.5, legendSwatch, 9})
		}
		if k.Line.Width > 0 {
			s.Line(k.Line, Point{x, mid}, Point{x + legendSwatch, mid})
		}
		s.Text(x+legendSwatch+legendGap, mid, k.Text, TextStyle{Size: SizeNote, V: Center})
	}
}
