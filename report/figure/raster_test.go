package figure

import (
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// gray is a map on which a value k/255 is the grey level k.
func gray() ColorMap {
	m := make(ColorMap, 256)
	for i := range m {
		m[i] = color.RGBA{uint8(i), uint8(i), uint8(i), 0xff}
	}
	return m
}

// Bins of whole pixels are painted exactly, the lowest row at the bottom.
func TestGridIsCrispOnWholePixels(t *testing.T) {
	g := Grid{NX: 3, NY: 2, V: []float64{0.1, 0.2, 0.3, 0.4, 0.5, math.NaN()}}
	sc := Scale{Lo: 0, Hi: 1, Map: gray()}
	img := rasterise(t, Drawing{Width: 40, Height: 30, Draw: func(s *Sheet) {
		ax := Axes{Rect: Rect{X: 5, Y: 4, W: 15, H: 10}}
		ax.Grid(s, g, sc)
	}})
	for py := range 60 {
		for px := range 80 {
			want := color.RGBA{0xff, 0xff, 0xff, 0xff}
			if px >= 10 && px < 40 && py >= 8 && py < 28 {
				ix, iy := (px-10)/10, 1-(py-8)/10
				want = sc.Color(g.V[iy*3+ix])
			}
			if got := color.RGBAModel.Convert(img.At(px, py)); got != want {
				t.Fatalf("pixel (%d, %d) is %v, want %v", px, py, got, want)
			}
		}
	}
}

// Every bin has the same share of the image, whatever the sizes.
func TestOverlapsShareAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "cells")
		w := rapid.IntRange(1, 200).Draw(t, "pixels")
		flip := rapid.Bool().Draw(t, "flip")
		share := make([]float64, n)
		for _, p := range overlaps(n, w, flip) {
			sum := 0.0
			for _, o := range p {
				share[o.cell] += o.share
				sum += o.share
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Fatalf("a pixel has shares of %v", sum)
			}
		}
		for c, v := range share {
			if math.Abs(v-float64(w)/float64(n)) > 1e-9 {
				t.Fatalf("cell %d covers %v pixels of %d", c, v, w)
			}
		}
	})
}

// Two bins on one pixel are mixed in linear light: black and white halves give
// the grey of half the light, 188 in sRGB.
func TestResampleMixesLight(t *testing.T) {
	black, white := color.RGBA{A: 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}
	got := resample(2, 1, []color.RGBA{black, white}, 1, 1).RGBAAt(0, 0)
	if got != (color.RGBA{188, 188, 188, 0xff}) {
		t.Errorf("got %v, want grey 188", got)
	}
}
