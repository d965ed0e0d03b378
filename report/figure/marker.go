package figure

import (
	"image/color"
	"math"
)

// A Shape is the outline of a marker.
type Shape int

// Shapes of markers.
const (
	Disc Shape = iota
	Diamond
)

// Marker draws a filled shape with its centre at p. Size is the diameter in
// points; a diamond has the area of a disc.
func (s *Sheet) Marker(shape Shape, fill color.Color, p Point, size float64) {
	n, r := 16, size/2
	if shape == Diamond {
		n, r = 4, size/2*math.Sqrt(math.Pi/2)
	}
	if size < 3 && shape == Disc {
		n = 8
	}
	pts := make([]Point, n)
	for k := range pts {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		pts[k] = Point{p.X + r*cos, p.Y + r*sin}
	}
	s.Polygon(fill, pts...)
}
