package figure

import (
	"image/color"
	"math"
	"testing"
)

// fromRGBA converts back to OKLab with the inverse matrices of Ottosson 2020.
func fromRGBA(c color.RGBA) oklab {
	t := decodeSRGB()
	r, g, b := t[c.R], t[c.G], t[c.B]
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return oklab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// roundingOKLab bounds the distance in OKLab that rounding to 8 bits makes in
// colours as dark as the end of the maps: half a step of 1/255 in each of two
// neighbours, where the transfer curve is steepest.
const roundingOKLab = 0.006

func TestDensityMapIsUniform(t *testing.T) {
	m := Density()
	if len(m) != mapEntries {
		t.Fatalf("%d entries, want %d", len(m), mapEntries)
	}
	if m[0] != (color.RGBA{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("lowest colour %v, want white", m[0])
	}
	var total float64
	for i := 1; i < len(m); i++ {
		total += fromRGBA(m[i]).distance(fromRGBA(m[i-1]))
	}
	mean := total / float64(len(m)-1)
	// Over ten entries rounding averages out: ten steps must be ten means.
	for i := 10; i < len(m); i++ {
		var d float64
		for j := i - 9; j <= i; j++ {
			d += fromRGBA(m[j]).distance(fromRGBA(m[j-1]))
		}
		if math.Abs(d-10*mean) > 0.25*10*mean {
			t.Errorf("entries %d to %d span %.4f, want %.4f", i-10, i, d, 10*mean)
		}
		if a, b := fromRGBA(m[i-10]).l, fromRGBA(m[i]).l; b >= a {
			t.Errorf("lightness rises from %.4f at %d to %.4f at %d", a, i-10, b, i)
		}
	}
	if l := fromRGBA(m[len(m)-1]).l; l > 0.2 {
		t.Errorf("darkest lightness %.3f, want below 0.2", l)
	}
}

func TestDivergingMapIsSymmetric(t *testing.T) {
	m := Diverging()
	if len(m) != mapEntries {
		t.Fatalf("%d entries, want %d", len(m), mapEntries)
	}
	for i := range m {
		a, b := fromRGBA(m[i]), fromRGBA(m[len(m)-1-i])
		if math.Abs(a.l-b.l) > 0.03 {
			t.Errorf("lightness %.3f at %d, %.3f opposite", a.l, i, b.l)
		}
		// b* of OKLab: blue is negative; the middle is neutral.
		if i < 100 && m[i].B <= m[i].R {
			t.Errorf("entry %d is %v, want blue", i, m[i])
		}
		if i >= 156 && m[i].R <= m[i].B {
			t.Errorf("entry %d is %v, want red", i, m[i])
		}
	}
	for _, i := range []int{127, 128} {
		if d := fromRGBA(m[i]).distance(oklab{0.99, 0, 0}); d > 0.02 {
			t.Errorf("middle entry %d is %v, want white", i, m[i])
		}
	}
}

func TestColorSpaceRoundTrip(t *testing.T) {
	for _, c := range []lch{{0.9, 0.05, 10}, {0.5, 0.1, 250}, {0.3, 0.08, 300}, {1, 0, 0}} {
		if d := fromRGBA(c.lab().inGamut().rgba()).distance(c.lab()); d > roundingOKLab {
			t.Errorf("%v comes back %.4f off", c, d)
		}
	}
}

func TestColorMapEnds(t *testing.T) {
	m := Density()
	if m.At(-1) != m[0] || m.At(0) != m[0] || m.At(1) != m[255] || m.At(7) != m[255] || m.At(0.5) != m[128] {
		t.Error("At does not clamp")
	}
	sc := Scale{Lo: 1, Hi: 100, Log: true, Map: m}
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	if sc.Color(math.NaN()) != white || sc.Color(0) != white || sc.Color(10) != m[128] || sc.Color(math.Inf(1)) != m[255] {
		t.Error("logarithmic scale is wrong")
	}
}
