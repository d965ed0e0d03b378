package mcmc

import (
	"math"
	"testing"

	"etalon/rng"
)

// density is a log-density in float64 with its gradient, and so both a field
// (float64) and a Target (float32).
type density struct {
	dim  int
	f    func(z, grad []float64) float64
	z, g []float64
}

func newDensity(dim int, f func(z, grad []float64) float64) *density {
	return &density{dim: dim, f: f, z: make([]float64, dim), g: make([]float64, dim)}
}

func (d *density) Dim() int { return d.dim }

func (d *density) LogDensityGrad(z []float32, logq []float64, grad []float32) error {
	for i := range logq {
		for j := range d.z {
			d.z[j] = float64(z[i*d.dim+j])
		}
		logq[i] = d.f(d.z, d.g)
		for j, v := range d.g {
			grad[i*d.dim+j] = float32(v)
		}
	}
	return nil
}

func (d *density) eval(q, logq, grad []float64) error {
	for i := range logq {
		a, b := i*d.dim, (i+1)*d.dim
		logq[i] = d.f(q[a:b], grad[a:b])
	}
	return nil
}

// normalPrior adds the standard normal prior to a density.
type normalPrior struct{ *density }

func (p normalPrior) LogPrior(z []float32, logp []float64) error {
	for i := range logp {
		logp[i] = 0
		for _, v := range z[i*p.dim : (i+1)*p.dim] {
			logp[i] -= float64(v) * float64(v) / 2
		}
	}
	return nil
}

// standardNormal is the harmonic oscillator U = |z|²/2.
func standardNormal(dim int) *density {
	return newDensity(dim, func(z, g []float64) float64 {
		sum := 0.0
		for j, v := range z {
			sum -= v * v / 2
			g[j] = -v
		}
		return sum
	})
}

// correlated is the 2-D normal of unit variances and correlation r.
func correlated(r float64) *density {
	k := 1 / (1 - r*r)
	return newDensity(2, func(z, g []float64) float64 {
		g[0] = -k * (z[0] - r*z[1])
		g[1] = -k * (z[1] - r*z[0])
		return (g[0]*z[0] + g[1]*z[1]) / 2
	})
}

// banana has x ~ N(0,1), y | x ~ N(b(x²-1), s²): E y = 0, E y² = s² + 2b²,
// E xy = 0, E x²y = 2b.
func banana(b, s float64) *density {
	return newDensity(2, func(z, g []float64) float64 {
		r := z[1] - b*(z[0]*z[0]-1)
		g[1] = -r / (s * s)
		g[0] = -z[0] + r*2*b*z[0]/(s*s)
		return -z[0]*z[0]/2 - r*r/(2*s*s)
	})
}

// twoModes is the mixture a N(-m, s²) + (1-a) N(m, s²) in the first coordinate,
// and N(0, s²) in the second.
func twoModes(a, m, s float64) *density {
	return newDensity(2, func(z, g []float64) float64 {
		l1 := math.Log(a) - (z[0]+m)*(z[0]+m)/(2*s*s)
		l2 := math.Log(1-a) - (z[0]-m)*(z[0]-m)/(2*s*s)
		top := max(l1, l2)
		e1, e2 := math.Exp(l1-top), math.Exp(l2-top)
		g[0] = (-e1*(z[0]+m) - e2*(z[0]-m)) / (e1 + e2) / (s * s)
		g[1] = -z[1] / (s * s)
		return top + math.Log(e1+e2) - z[1]*z[1]/(2*s*s)
	})
}

// priorPoints are chains×dim standard normal starts.
func priorPoints(t *testing.T, chains, dim int, seed uint64) []float32 {
	t.Helper()
	z := make([]float32, chains*dim)
	if err := NormalPrior(z, dim, rng.New(seed, "start"), 0); err != nil {
		t.Fatal(err)
	}
	return z
}

// finish runs h to its end.
func finish(t *testing.T, h *HMC) {
	t.Helper()
	for !h.Done() {
		if err := h.Step(); err != nil {
			t.Fatal(err)
		}
	}
}

func mustHMC(t *testing.T, cfg HMCConfig, target Target, start []float32, seed uint64) *HMC {
	t.Helper()
	h, err := NewHMC(cfg, target, start, rng.New(seed, "hmc"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// moments diagnoses x, y, x², y² and xy of 2-D draws.
func moments(t *testing.T, d Draws) []Column {
	t.Helper()
	out := make([]float32, 0, d.Chains*d.N*5)
	for c := range d.Chains {
		for i := range d.N {
			x, y := d.At(c, i, 0), d.At(c, i, 1)
			out = append(out, x, y, x*x, y*y, x*y)
		}
	}
	m, err := NewDraws(out, d.Chains, d.N, 5)
	if err != nil {
		t.Fatal(err)
	}
	diag, err := Diagnose(m)
	if err != nil {
		t.Fatal(err)
	}
	return diag.Columns
}
