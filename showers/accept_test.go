package showers

import (
	"math"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/rundir"
)

// oneCell makes showers of one cell whose energy is uniform on [1, 3] MeV.
type oneCell struct{}

func (oneCell) LatentDim() int         { return 1 }
func (oneCell) Dim() int               { return 1 }
func (oneCell) Prior() generator.Prior { return generator.Uniform }
func (oneCell) Hidden() bool           { return false }
func (oneCell) Generate(_ uint64, z, x []float32) error {
	for i, v := range z {
		x[i] = v + 2
	}
	return nil
}

// energyWeight is the weight exp(E).
type energyWeight struct{ dctr.Weigher }

func (energyWeight) Logits(_ *cpu.Engine, x []float32) ([]float64, error) {
	logw := make([]float64, len(x))
	for i, v := range x {
		logw[i] = float64(v)
	}
	return logw, nil
}

// meanAccepted returns the mean energy of n accepted showers, which have their latents.
func meanAccepted(t *testing.T, p *proposer, n int) float64 {
	t.Helper()
	z, x := make([]float32, n), make([]float32, n)
	if err := p.fill(0, z, x); err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for i, v := range x {
		mean += float64(v) / float64(n)
		if v != z[i]+2 {
			t.Fatalf("shower %d has the latents of another", i)
		}
	}
	return mean
}

// Showers are accepted in proportion to their weights, also above the cap. With the
// weights exp(E) the accepted energies of E uniform on [1, 3] their mean is 2e³/(e³-e).
func TestAcceptance(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	r := &Run{d: rundir.At(t.TempDir(), &quiet{}), e: e, sim: oneCell{}, f: energyWeight{}, shape: calo.Shape{Layers: 1, X: 1, Y: 1}}
	r.cfg.Seed = 1
	r.cfg.HighLevel.Observables = []string{calo.TotalEnergy}
	const n = 40_000
	// ∫E e^E / ∫e^E over [1, 3].
	want := 2 * math.Exp(3) / (math.Exp(3) - math.E)
	for _, logCap := range []float64{3, 2.5} {
		p, err := r.newProposer(rejectionRecord{LogCap: logCap})
		if err != nil {
			t.Fatal(err)
		}
		mean := meanAccepted(t, p, n)
		// The standard deviation of E is 0.5; repeats make few of the points dependent.
		if math.Abs(mean-want) > 4*0.5/math.Sqrt(n/2) {
			t.Errorf("cap e^%g: mean energy %.4f; exactly %.4f", logCap, mean, want)
		}
		if share := float64(p.Accepted) / float64(p.Tried); logCap == 3 && math.Abs(share-(1-math.Exp(-2))/2) > 0.01 || (logCap < 3) != (p.Repeated > 0) {
			t.Errorf("cap e^%g: %.3f accepted, %d repeated", logCap, share, p.Repeated)
		}
	}
}

// latentWeight is the weight exp(slope·z).
type latentWeight struct {
	dctr.Weigher
	slope float64
}

func (w latentWeight) Logits(_ *cpu.Engine, z []float32) ([]float64, error) {
	logw := make([]float64, len(z))
	for i, v := range z {
		logw[i] = w.slope * float64(v)
	}
	return logw, nil
}

// Latents that are proposed from any ν change nothing in what is accepted, only how much:
// all of it if ν has the whole weight, as far as its cap goes.
func TestAcceptanceOfRefinedLatents(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	const n = 40_000
	want := 2 * math.Exp(3) / (math.Exp(3) - math.E)
	for _, c := range []struct{ slope, nuCap, share float64 }{{1, 1, 1}, {0.5, 0.5, 0}, {1, 0.3, 0}, {-0.5, 0.2, 0}} {
		r := &Run{d: rundir.At(t.TempDir(), &quiet{}), e: e, sim: oneCell{}, f: energyWeight{}, nu: latentWeight{slope: c.slope}, shape: calo.Shape{Layers: 1, X: 1, Y: 1}}
		r.cfg.Seed = 1
		r.cfg.HighLevel.Observables = []string{calo.TotalEnergy}
		// The largest weight is at z = 1 for all of these.
		logCap := 3 - min(c.slope, c.nuCap) + 1e-6
		p, err := r.newProposer(rejectionRecord{LogCap: logCap, Latents: true, LogNuCap: c.nuCap})
		if err != nil {
			t.Fatal(err)
		}
		mean := meanAccepted(t, p, n)
		if math.Abs(mean-want) > 4*0.5/math.Sqrt(n) {
			t.Errorf("ν = exp(%g z) up to e^%g: mean energy %.4f; exactly %.4f", c.slope, c.nuCap, mean, want)
		}
		// The plan foresees cap and share from draws of the prior.
		logw, logNu := make([]float64, n), make([]float64, n)
		for i := range logw {
			v := 2*(float64(i)+0.5)/n - 1
			logw[i], logNu[i] = v+2, c.slope*v
		}
		plan, efficiency := restCap(logw, logNu, c.nuCap, 1)
		share := float64(p.Accepted) / float64(p.Tried)
		if math.Abs(plan-logCap) > 1e-3 || math.Abs(share-efficiency) > 0.01 || c.share > 0 && math.Abs(share-c.share) > 1e-3 || p.Repeated > 0 {
			t.Errorf("ν = exp(%g z) up to e^%g: cap e^%.4f, %.3f accepted; planned e^%.4f, %.3f", c.slope, c.nuCap, logCap, share, plan, efficiency)
		}
	}
}

// Weights that leave next to nothing to accept cost a sample, not the run.
func TestLeftOut(t *testing.T) {
	r := &Run{d: rundir.At(t.TempDir(), &quiet{}), sim: oneCell{}}
	r.cfg.Refine.Showers, r.cfg.Refine.CapQuantile = 100, 0.999
	r.logits = make([]float64, 10_000)
	r.logits[7] = 30
	note, err := r.accept(t.Context())
	if err != nil || !strings.Contains(note, "rejection is left out") || len(r.leftOut) != 1 || len(r.methods()) != 1 {
		t.Errorf("%v: %q, %d methods", err, note, len(r.methods()))
	}
}
