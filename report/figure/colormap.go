package figure

import (
	"image/color"
	"math"
	"sync"
)

// A ColorMap is a table of colours for values 0 (first entry) to 1 (last).
type ColorMap []color.RGBA

// At returns the colour of v; values outside [0, 1] take the end colours.
func (m ColorMap) At(v float64) color.RGBA {
	i := int(v * float64(len(m)))
	return m[min(max(i, 0), len(m)-1)]
}

const mapEntries = 256

// Density returns the sequential colour map for densities: from white through
// yellow, green and blue to near black. It is a path through OKLab with
// steadily falling lightness, walked at constant speed, so that equal steps of
// density look equally large, in grey-scale print too.
var Density = sync.OnceValue(func() ColorMap {
	return uniformMap([]lch{
		{1.000, 0.000, 108},
		{0.955, 0.075, 106},
		{0.870, 0.135, 118},
		{0.760, 0.140, 150},
		{0.640, 0.115, 186},
		{0.520, 0.115, 240},
		{0.400, 0.145, 276},
		{0.290, 0.125, 296},
		{0.170, 0.070, 308},
	})
})

// Diverging returns the colour map for signed values: blue below, white at the
// middle, red above, equally dark at both ends.
var Diverging = sync.OnceValue(func() ColorMap {
	cold := uniformMap([]lch{{0.99, 0, 255}, {0.80, 0.085, 245}, {0.60, 0.135, 255}, {0.40, 0.130, 265}, {0.27, 0.080, 270}})
	warm := uniformMap([]lch{{0.99, 0, 50}, {0.80, 0.100, 48}, {0.60, 0.165, 34}, {0.40, 0.135, 26}, {0.27, 0.080, 20}})
	out := make(ColorMap, 0, mapEntries)
	for i := mapEntries - 1; i > 0; i -= 2 {
		out = append(out, cold[i])
	}
	for i := 0; i < mapEntries; i += 2 {
		out = append(out, warm[i])
	}
	return out
})

// lch is a colour in OKLCh: lightness, chroma, hue in degrees.
// Source: B. Ottosson, "A perceptual color space for image processing", 2020.
type lch struct{ l, c, h float64 }

type oklab struct{ l, a, b float64 }

func (c lch) lab() oklab {
	sin, cos := math.Sincos(c.h * math.Pi / 180)
	return oklab{c.l, c.c * cos, c.c * sin}
}

// linear returns linear sRGB; components outside [0, 1] are out of gamut.
func (c oklab) linear() [3]float64 {
	cube := func(x float64) float64 { return x * x * x }
	l := cube(c.l + 0.3963377774*c.a + 0.2158037573*c.b)
	m := cube(c.l - 0.1055613458*c.a - 0.0638541728*c.b)
	s := cube(c.l - 0.0894841775*c.a - 1.2914855480*c.b)
	return [3]float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

// inGamut lowers the chroma until sRGB can show the colour.
func (c oklab) inGamut() oklab {
	ok := func(x oklab) bool {
		for _, v := range x.linear() {
			if v < -1e-4 || v > 1+1e-4 {
				return false
			}
		}
		return true
	}
	if ok(c) {
		return c
	}
	lo, hi := 0.0, 1.0
	for range 30 {
		mid := (lo + hi) / 2
		if ok(oklab{c.l, c.a * mid, c.b * mid}) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return oklab{c.l, c.a * lo, c.b * lo}
}

func (c oklab) distance(d oklab) float64 {
	return math.Sqrt((c.l-d.l)*(c.l-d.l) + (c.a-d.a)*(c.a-d.a) + (c.b-d.b)*(c.b-d.b))
}

func (c oklab) rgba() color.RGBA {
	var out [3]uint8
	for i, v := range c.linear() {
		out[i] = encodeSRGB(v)
	}
	return color.RGBA{out[0], out[1], out[2], 0xff}
}

// encodeSRGB applies the sRGB transfer curve (IEC 61966-2-1).
func encodeSRGB(v float64) uint8 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(v*255 + 0.5)
}

// decodeSRGB undoes encodeSRGB.
var decodeSRGB = sync.OnceValue(func() *[256]float64 {
	var t [256]float64
	for i := range t {
		v := float64(i) / 255
		if v <= 0.04045 {
			t[i] = v / 12.92
		} else {
			t[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return &t
})

// uniformMap lays a Catmull-Rom curve through the knots in OKLab and takes
// mapEntries colours at equal distances along it.
func uniformMap(knots []lch) ColorMap {
	const fine = 4096
	lab := make([]oklab, len(knots))
	for i, k := range knots {
		lab[i] = k.lab()
	}
	curve := make([]oklab, fine+1)
	length := make([]float64, fine+1)
	for i := range curve {
		curve[i] = catmullRom(lab, float64(i)/fine).inGamut()
		if i > 0 {
			length[i] = length[i-1] + curve[i].distance(curve[i-1])
		}
	}
	out := make(ColorMap, mapEntries)
	j := 0
	for i := range out {
		want := length[fine] * float64(i) / (mapEntries - 1)
		for j < fine && length[j] < want {
			j++
		}
		out[i] = curve[j].rgba()
	}
	return out
}

func catmullRom(p []oklab, t float64) oklab {
	n := len(p) - 1
	i := min(int(t*float64(n)), n-1)
	u := t*float64(n) - float64(i)
	p0, p1, p2, p3 := p[max(i-1, 0)], p[i], p[i+1], p[min(i+2, n)]
	blend := func(a, b, c, d float64) float64 {
		return 0.5 * (2*b + (c-a)*u + (2*a-5*b+4*c-d)*u*u + (3*b-a-3*c+d)*u*u*u)
	}
	return oklab{blend(p0.l, p1.l, p2.l, p3.l), blend(p0.a, p1.a, p2.a, p3.a), blend(p0.b, p1.b, p2.b, p3.b)}
}
