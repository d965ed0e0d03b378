package fastsim_test

import (
	"context"
	"math"
	"os"
	"testing"
	"time"

	"etalon/calo"
	"etalon/fastsim"
	"etalon/hist"
	"etalon/metric"
)

const geant = "../../shared/calo/photon50_geant4_showers.h5"


func TestGeant(t *testing.T) {
	path := os.Getenv("GEANT")
	if path == "" {
		path = geant
	}
	r, err := calo.Open(path, calo.Config{})
	if err != nil {
		t.Skip(err)
	}
	defer r.Close()
	t0 := time.Now()
	s, err := fastsim.Fit(context.Background(), r, fastsim.Config{Showers: 4000})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("fit", time.Since(t0))
	t.Logf("spot %.3f %.3f", s.SpotEnergy, s.SpotSigma)
	t.Logf("response %.2f", s.Response)
	for k, m := range []fastsim.Marginal{s.Energy, s.Maximum, s.Exponent, s.Start, s.Width, s.Multiplicity} {
		t.Logf("%d: %.3f %.3f %.3f %.3f %.3f", k, m[1], m[9], m[13], m[17], m[25])
	}
	t.Logf("corr %.2f", s.Correlation)
	t.Logf("radial %.3f", s.Radial)

	names := []string{"n_active", "centroid", "total_energy", "layer_energy", "x2_moment", "y2_moment"}
	o, err := calo.NewObservables(r.Shape, names...)
	if err != nil {
		t.Fatal(err)
	}
	var a, b [][]float64
	for blk, err := range r.Blocks(250) {
		if err != nil {
			t.Fatal(err)
		}
		if blk.First < 4000 {
			continue
		}
		for i := range blk.N {
			v := make([]float64, o.Len())
			o.Compute(v, blk.Cells[i*s.Dim():(i+1)*s.Dim()])
			a = append(a, v)
		}
	}
	t0 = time.Now()
	gen := time.Duration(0)
	for lo := range 16 {
		t1 := time.Now()
		x := draw(t, s, 5, uint64(250*lo), 250)
		gen += time.Since(t1)
		for i := range 250 {
			v := make([]float64, o.Len())
			o.Compute(v, x[i*s.Dim():(i+1)*s.Dim()])
			b = append(b, v)
		}
	}
	t.Logf("%.0f showers/s", 4000/gen.Seconds())
	stat := func(v [][]float64, k int) (m, sd float64) {
		for _, r := range v {
			m += r[k]
		}
		m /= float64(len(v))
		for _, r := range v {
			sd += (r[k] - m) * (r[k] - m)
		}
		return m, math.Sqrt(sd / float64(len(v)))
	}
	ranges := map[string][2]float64{"n_active": {500, 1000}, "centroid": {10, 25}, "total_energy": {550, 1050}}
	for k, name := range o.Names {
		m1, s1 := stat(a, k)
		m2, s2 := stat(b, k)
		rg, ok := ranges[name]
		if !ok {
			rg = [2]float64{max(0, m1-3*s1), m1 + 3*s1}
		}
		h1, _ := hist.NewH1(19, rg[0], rg[1])
		h2, _ := hist.NewH1(19, rg[0], rg[1])
		for _, v := range a {
			h1.Fill(v[k], 1)
		}
		for _, v := range b {
			h2.Fill(v[k], 1)
		}
		sep, err := metric.NewSeparation(h1, h2)
		if err != nil {
			t.Log(err)
			continue
		}
		t.Logf("%-16s truth %8.2f ± %7.2f  sim %8.2f ± %7.2f  S2 %.4f (noise %.4f)", name, m1, s1, m2, s2, sep.S2, sep.Noise)
	}
	corr := func(v [][]float64, i, j int) float64 {
		mi, si := stat(v, i)
		mj, sj := stat(v, j)
		c := 0.0
		for _, r := range v {
			c += (r[i] - mi) * (r[j] - mj)
		}
		return c / float64(len(v)) / si / sj
	}
	for _, p := range [][2]int{{0, 1}, {0, 2}, {1, 2}, {8, 9}, {10, 20}, {15, 16}, {15, 0}} {
		t.Logf("corr %s %s: %.3f %.3f", o.Names[p[0]], o.Names[p[1]], corr(a, p[0], p[1]), corr(b, p[0], p[1]))
	}
}
