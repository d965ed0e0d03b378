package fastsim_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"math"
	"testing"

	"etalon/calo"
	"etalon/fastsim"
	"etalon/hist"
	"etalon/metric"
)

const (
	shipped = "../examples/calo/photon50.h5"                 // 256 showers of Geant4
	whole   = "../../shared/calo/photon50_geant4_showers.h5" // 8000, not part of the repository
)

// sample holds observables of showers, one column each.
type sample [][]float64

func (s sample) moments(k int) (mean, sd float64) {
	for _, v := range s[k] {
		mean += v
	}
	mean /= float64(len(s[k]))
	for _, v := range s[k] {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(len(s[k])))
}

func (s sample) correlation(i, j int) float64 {
	a, sa := s.moments(i)
	b, sb := s.moments(j)
	c := 0.0
	for r := range s[i] {
		c += (s[i][r] - a) * (s[j][r] - b)
	}
	return c / float64(len(s[i])) / sa / sb
}

func (s sample) add(o *calo.Observables, cells []float32) {
	v := make([]float64, o.Len())
	for n := o.Shape.Cells(); len(cells) > 0; cells = cells[n:] {
		o.Compute(v, cells[:n])
		for k := range v {
			s[k] = append(s[k], v[k])
		}
	}
}

// compare fits the first showers of a file and returns observables of others of it and
// of as many simulated ones.
func compare(t *testing.T, r *calo.Reader, cfg fastsim.Config, first, n int) (o *calo.Observables, truth, simulated sample) {
	t.Helper()
	s, err := fastsim.Fit(context.Background(), r, cfg)
	if err != nil {
		t.Fatal(err)
	}
	o, err = calo.NewObservables(r.Shape, calo.NActive, calo.Centroid, calo.TotalEnergy, calo.LayerEnergy, calo.X2Moment, calo.Y2Moment)
	if err != nil {
		t.Fatal(err)
	}
	truth, simulated = make(sample, o.Len()), make(sample, o.Len())
	const block = 128
	cells := make([]float32, block*s.Dim())
	for lo := 0; lo < n; lo += block {
		m := min(block, n-lo)
		if err := r.Read(first+lo, first+lo+m, cells[:m*s.Dim()]); err != nil {
			t.Fatal(err)
		}
		truth.add(o, cells[:m*s.Dim()])
		simulated.add(o, draw(t, s, 5, uint64(lo), m))
	}
	return o, truth, simulated
}

// The shipped file is enough for a fit. Its 256 showers know means to a sixteenth of
// their spread; four such errors and a bias of a tenth of the spread are allowed.
func TestShippedShowers(t *testing.T) {
	r, err := calo.Open(shipped, calo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o, truth, simulated := compare(t, r, fastsim.Config{Rounds: 12}, 0, r.Len())
	for k, name := range o.Names[:3+r.Shape.Layers] {
		m1, s1 := truth.moments(k)
		m2, s2 := simulated.moments(k)
		if math.Abs(m1-m2) > (0.1+4*math.Sqrt2/16)*s1 || k < 3 && math.Abs(math.Log(s2/s1)) > 0.35 {
			t.Errorf("%s: %.3f ± %.3f, of Geant4 %.3f ± %.3f", name, m2, s2, m1, s1)
		}
	}
}

// What the simulation is to reach on the whole file (2000 showers for the fit, 2000
// others to compare): the separation powers of three observables with the binning of
// arXiv:2009.03796, means of layers and of second moments, and correlations.
func TestGeant(t *testing.T) {
	r, err := calo.Open(whole, calo.Config{})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("../shared/calo is absent")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o, truth, simulated := compare(t, r, fastsim.Config{Showers: 2000}, 4000, 2000)
	ranges := [][2]float64{{500, 1000}, {10, 25}, {550, 1050}}
	for k, name := range o.Names {
		m1, s1 := truth.moments(k)
		m2, s2 := simulated.moments(k)
		t.Logf("%-15s %8.3f ± %7.3f, of Geant4 %8.3f ± %7.3f", name, m2, s2, m1, s1)
		layer := (k - 3) % r.Shape.Layers
		scatter := 3 * math.Sqrt((s1*s1+s2*s2)/2000) // three standard errors of the two means
		switch {
		case k < 3:
			h1, err := hist.NewH1(19, ranges[k][0], ranges[k][1])
			if err != nil {
				t.Fatal(err)
			}
			h2 := *h1
			h2.W, h2.W2 = make([]float64, len(h1.W)), make([]float64, len(h1.W2))
			for i := range truth[k] {
				h1.Fill(truth[k][i], 1)
				h2.Fill(simulated[k][i], 1)
			}
			s, err := metric.NewSeparation(h1, &h2)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%-15s ⟨S²⟩ %.4f, %.4f of equal densities", name, s.S2, s.Noise)
			if s.S2 > 0.03+s.Noise {
				t.Errorf("%s: ⟨S²⟩ = %.4f", name, s.S2)
			}
		case k < 3+r.Shape.Layers:
			if math.Abs(m2-m1) > 0.1*m1+scatter && layer > 2 {
				t.Errorf("%s: mean %.3f; Geant4 has %.3f", name, m2, m1)
			}
		case layer > 7 && layer < 28:
			if math.Abs(m2-m1) > 0.25*m1+scatter {
				t.Errorf("%s: mean %.3f; Geant4 has %.3f", name, m2, m1)
			}
		}
	}
	for _, p := range [][2]int{{0, 1}, {0, 2}, {1, 2}, {8, 9}, {10, 20}, {15, 16}} {
		a, b := truth.correlation(p[0], p[1]), simulated.correlation(p[0], p[1])
		t.Logf("correlation of %s and %s: %.3f, of Geant4 %.3f", o.Names[p[0]], o.Names[p[1]], b, a)
		if math.Abs(a-b) > 0.2 {
			t.Errorf("correlation of %s and %s: %.3f; Geant4 has %.3f", o.Names[p[0]], o.Names[p[1]], b, a)
		}
	}
}

// A simulation is fitted to a file of showers and makes others.
func ExampleFit() {
	r, err := calo.Open(shipped, calo.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := fastsim.Fit(context.Background(), r, fastsim.Config{Rounds: 2, Simulated: 200})
	if err != nil {
		log.Fatal(err)
	}
	z := make([]float32, 2*s.LatentDim()) // two typical showers
	x := make([]float32, 2*s.Dim())
	if err := s.Generate(0, z, x); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.LatentDim(), s.Dim(), s.Hidden())
	// Output: 12 27000 true
}
