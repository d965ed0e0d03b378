package nn

import (
	"math"
	"testing"

	"etalon/rng"
)

// TestSpread: the kinks of the first layer pass through the region of the data,
// at distances from the origin that are spread out, and the weights have the
// stated variance (512 × 2 normals: 4 standard errors are 4·√(2/1024) = 18 %).
func TestSpread(t *testing.T) {
	const units = 512
	m := MLP{Name: "f", In: 2, Hidden: 2, Units: units, Out: 1, Slope: 0.1, Start: Spread, LastGain: 0.1}
	p := &Params{}
	m.Init(p, rng.New(4, "spread"))
	w, b := p.Values("f/0/W"), p.Values("f/0/b")
	var m2 float64
	near, far := 0, 0
	for j := range units {
		x, y := float64(w[j]), float64(w[units+j])
		m2 += (x*x + y*y) / (2 * units)
		// The line w·x + b = 0 is |b|/|w| from the origin; it meets the square
		// |x_i| <= 2.5 by construction, so that is at most 2.5·√2.
		d := math.Abs(float64(b[j])) / math.Hypot(x, y)
		if d > spreadReach*math.Sqrt2+1e-5 {
			t.Fatalf("unit %d: the kink is %v from the origin", j, d)
		}
		if d < 0.5 {
			near++
		}
		if d > 1.5 {
			far++
		}
	}
	if want := spreadGain * spreadGain * 2 / (1.01 * 2); math.Abs(m2/want-1) > 0.18 {
		t.Errorf("variance of the first layer's weights %v, want %v", m2, want)
	}
	if near < units/10 || far < units/10 {
		t.Errorf("%d kinks within 0.5 and %d beyond 1.5 of the origin: not spread", near, far)
	}
	for _, v := range p.Values("f/1/b") {
		if math.Abs(float64(v)) > spreadBias {
			t.Fatalf("bias %v of the second layer", v)
		}
	}
	last, bound := p.Values("f/2/W"), 0.0
	for _, v := range last {
		bound = max(bound, math.Abs(float64(v)))
	}
	// 0.1·√(2/(1.01·512))·5σ
	if bound > 0.1*math.Sqrt(2/(1.01*units))*5 {
		t.Errorf("weight %v of the last layer: LastGain is not applied", bound)
	}
}
