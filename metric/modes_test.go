package metric

import (
	"math"
	"testing"

	"etalon/rng"
)

var fourModes = [][]float64{{-4, -4}, {-4, 4}, {4, -4}, {4, 4}}

// drawModes returns n points of normals of width σ about the centres with the given
// probabilities.
func drawModes(seed uint64, n int, centres [][]float64, sigma float64, p []float64) Cloud {
	s := rng.New(seed, "modes")
	dim := len(centres[0])
	c := Cloud{X: make([]float32, n*dim), Dim: dim}
	for i := range n {
		u, k := s.Uniform(0, uint64(i), 0), 0
		for ; k < len(p)-1 && u >= p[k]; k++ {
			u -= p[k]
		}
		for j := range dim {
			c.X[i*dim+j] = float32(centres[k][j] + sigma*s.Normal(1, uint64(i), j))
		}
	}
	return c
}

var quarter = []float64{0.25, 0.25, 0.25, 0.25}

// Of normals of any width, 1 - exp(-r²/2) of the mass lies within r σ in two dimensions,
// erf(r/√2) in one.
func TestModesWithin(t *testing.T) {
	for _, radius := range []float64{1, 2, 4} {
		m, err := ModeCoverage(drawModes(71, 50_000, fourModes, 0.3, quarter), ModeOptions{Centres: fourModes, Sigma: 0.3, Radius: radius})
		if err != nil {
			t.Fatal(err)
		}
		want := 1 - math.Exp(-radius*radius/2)
		if math.Abs(m.WithinExpected-want) > 1e-12 {
			t.Errorf("%g σ: expected %g, want %g", radius, m.WithinExpected, want)
		}
		if sd := math.Sqrt(want * (1 - want) / 50_000); math.Abs(m.Within-want) > 4*sd {
			t.Errorf("%g σ: %g within, want %g ± %g", radius, m.Within, want, sd)
		}
		if sd := math.Sqrt(m.Within * (1 - m.Within) / 50_000); math.Abs(m.WithinError-sd) > 1e-9 {
			t.Errorf("%g σ: error %g, want the binomial %g", radius, m.WithinError, sd)
		}
	}
	line := [][]float64{{-3}, {3}}
	m, err := ModeCoverage(drawModes(72, 20_000, line, 0.5, []float64{0.5, 0.5}), ModeOptions{Centres: line, Sigma: 0.5})
	if err != nil || math.Abs(m.WithinExpected-math.Erf(4/math.Sqrt2)) > 1e-12 || m.Covered != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}

// Counts that can be done by hand: Pearson's χ² and z.
func TestModesByHand(t *testing.T) {
	var c Cloud
	c.Dim = 2
	for k, n := range []int{30, 25, 25, 20} {
		for range n {
			c.X = append(c.X, float32(fourModes[k][0]), float32(fourModes[k][1])+1)
		}
	}
	c.X = append(c.X, 0, 0, 100, 0) // in no mode
	m, err := ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1})
	if err != nil {
		t.Fatal(err)
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	near("within", m.Within, 100./102)
	near("χ²", m.Chi2, 2)
	near("p", m.P, math.Erfc(1)+2/math.Sqrt(math.Pi)*math.Exp(-1)) // of χ² with 3 degrees of freedom
	near("z", m.Shares[0].Z, 0.05/math.Sqrt(0.25*0.75/100))
	near("largest z", m.MaxAbsZ, m.Shares[0].Z)
	near("share", m.Shares[3].Share, 0.2)
	near("error", m.Shares[3].Error, math.Sqrt(0.2*0.8/100))
	near("N_eff", m.Shares[1].NEff, 25)
	if m.Covered != 4 || m.DOF != 3 || m.Shares[0].Points != 30 || m.N != 102 {
		t.Errorf("%+v", m)
	}
	// The shares that it has are no surprise.
	m, err = ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1, Shares: []float64{6, 5, 5, 4}})
	if err != nil {
		t.Fatal(err)
	}
	near("χ²", m.Chi2, 0)
	near("p", m.P, 1)
	// Equal weights are none.
	c.LogW = make([]float64, c.Len())
	for i := range c.LogW {
		c.LogW[i] = 5000
	}
	if e, err := ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1}); err != nil || e.Chi2 != 2 {
		t.Errorf("equal weights: χ² %v, %v", e, err)
	}
}

// A missing mode, and a mode of next to no weight.
func TestModesMissing(t *testing.T) {
	c := drawModes(73, 4000, fourModes, 1, []float64{0.5, 0.5, 0, 0})
	m, err := ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1})
	if err != nil || m.Covered != 2 || m.P > 1e-300 || m.Shares[2].Share != 0 || m.Shares[2].NEff != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	// Two of four modes filled: χ² = 4·(n/4)²/(n/4) = n.
	if math.Abs(m.Chi2/(m.Within*4000)-1) > 0.01 {
		t.Errorf("χ² %g of %d points", m.Chi2, m.N)
	}
	c = drawModes(74, 4000, fourModes, 1, quarter)
	c.LogW = make([]float64, c.Len())
	for i := range c.LogW {
		if c.X[2*i] > 0 && c.X[2*i+1] > 0 {
			c.LogW[i] = -20
		}
	}
	if m, err = ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1}); err != nil || m.Covered != 3 || m.Shares[3].Covered || m.Shares[3].Points < 900 {
		t.Errorf("%+v, %v", m, err)
	}
	// Weights whose squares vanish are none.
	for i := range c.LogW {
		c.LogW[i] = -600
	}
	c.LogW[7] = 0
	if m, err = ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1}); err != nil || m.Covered != 1 || m.Chi2-m.Chi2 != 0 || math.Abs(m.Chi2-3) > 1e-9 || m.Within != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	// Nothing anywhere near.
	m, err = ModeCoverage(Cloud{X: []float32{100, 100}, Dim: 2}, ModeOptions{Centres: fourModes, Sigma: 1})
	if err != nil || m.Within != 0 || m.Covered != 0 || m.P != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// Under the hypothesis, without weights and with those that turn unequal modes into
// equal ones and vary within them: χ² has mean K - 1 and variance 2(K - 1), p is
// uniform, and the spread of a share is what its error says.
func TestModesNull(t *testing.T) {
	const samples, n = 400, 2000
	drawn := []float64{0.4, 0.3, 0.2, 0.1}
	for _, weighted := range []bool{false, true} {
		var chi2, p, share, square, said, z2 float64
		for k := range uint64(samples) {
			c := drawModes(1000+k, n, fourModes, 1, quarter)
			if weighted {
				c = drawModes(1000+k, n, fourModes, 1, drawn)
				c.LogW = make([]float64, n)
				noise := rng.New(k, "modes/weights")
				for i := range c.LogW {
					mode := ModeOptions{Centres: fourModes, Sigma: 1, Radius: 100}.mode(c.X[2*i:][:2])
					// A factor that is independent of the point keeps the density.
					c.LogW[i] = 0.5*noise.Normal(0, uint64(i), 0) - math.Log(drawn[mode])
				}
			}
			m, err := ModeCoverage(c, ModeOptions{Centres: fourModes, Sigma: 1})
			if err != nil {
				t.Fatal(err)
			}
			chi2, p = chi2+m.Chi2/samples, p+m.P/samples
			s := m.Shares[3]
			share, square, said = share+s.Share/samples, square+s.Share*s.Share/samples, said+s.Error/samples
			z2 += s.Z * s.Z / samples
		}
		sd := math.Sqrt(square - share*share)
		t.Logf("weighted %v: χ² %.3f, p %.3f, share %.4f ± %.4f, stated ± %.4f, mean z² %.3f", weighted, chi2, p, share, sd, said, z2)
		// 5 standard deviations of each mean; a standard deviation of 400 is known to 3.5 %,
		// and mean z² to 7 %.
		if math.Abs(chi2-3) > 5*math.Sqrt(6./samples) || math.Abs(p-0.5) > 5/math.Sqrt(12*samples) ||
			math.Abs(share-0.25) > 5*sd/math.Sqrt(samples) || math.Abs(said/sd-1) > 0.18 || math.Abs(z2-1) > 0.35 {
			t.Errorf("weighted %v: χ² %v, p %v, share %v ± %v, stated %v, mean z² %v", weighted, chi2, p, share, sd, said, z2)
		}
	}
}

func TestModesErrors(t *testing.T) {
	c := Cloud{X: []float32{1, 2}, Dim: 2}
	good := ModeOptions{Centres: fourModes, Sigma: 1}
	for name, change := range map[string]func(c *Cloud, o *ModeOptions){
		"no points":        func(c *Cloud, _ *ModeOptions) { c.X = nil },
		"NaN":              func(c *Cloud, _ *ModeOptions) { c.X = []float32{1, float32(math.NaN())} },
		"no weight":        func(c *Cloud, _ *ModeOptions) { c.LogW = []float64{math.Inf(-1)} },
		"no modes":         func(_ *Cloud, o *ModeOptions) { o.Centres = nil },
		"other dimension":  func(_ *Cloud, o *ModeOptions) { o.Centres = [][]float64{{1}} },
		"infinite centre":  func(_ *Cloud, o *ModeOptions) { o.Centres = [][]float64{{1, math.Inf(1)}} },
		"equal centres":    func(_ *Cloud, o *ModeOptions) { o.Centres = [][]float64{{1, 2}, {1, 2}} },
		"no sigma":         func(_ *Cloud, o *ModeOptions) { o.Sigma = 0 },
		"negative radius":  func(_ *Cloud, o *ModeOptions) { o.Radius = -1 },
		"shares too few":   func(_ *Cloud, o *ModeOptions) { o.Shares = []float64{1} },
		"share of nothing": func(_ *Cloud, o *ModeOptions) { o.Shares = []float64{1, 1, 1, 0} },
		"shares too large": func(_ *Cloud, o *ModeOptions) { o.Shares = []float64{1e308, 1e308, 1, 1} },
	} {
		x, o := c, good
		change(&x, &o)
		if _, err := ModeCoverage(x, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
