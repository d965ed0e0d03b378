package figure_test

import (
	"bytes"
	"fmt"
	"log"

	"etalon/report/figure"
)

// A figure is a function that draws on a sheet. PNG and PDF show the same.
func Example() {
	d := figure.Drawing{Width: 240, Height: 160, Draw: func(s *figure.Sheet) {
		a := figure.Axes{
			Rect: figure.Rect{X: 50, Y: 15, W: 175, H: 105},
			X:    figure.Axis{Min: 0, Max: 4, Label: "$E$ [GeV]"},
			Y:    figure.Axis{Min: 0, Max: 0.6, Label: "density"},
		}
		a.Histogram(s, figure.Edges(0, 4, 4), []float64{0.1, 0.5, 0.3, 0.1}, figure.Stroke{Color: figure.Ink, Width: 1})
		a.Frame(s)
	}}
	var png, pdf bytes.Buffer
	if err := d.PNG(&png); err != nil {
		log.Fatal(err)
	}
	if err := d.PDF(&pdf); err != nil {
		log.Fatal(err)
	}
	w, h := d.Size()
	fmt.Printf("%d × %d pixels, %q, %q\n", w, h, png.Bytes()[1:4], pdf.Bytes()[:4])
	// Output: 480 × 320 pixels, "PNG", "%PDF"
}
