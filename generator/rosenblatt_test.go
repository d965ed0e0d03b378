package generator

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/engine/cpu"
)

// logWeights evaluates a log-weight at the centres of the cells.
func logWeights(t *testing.T, cfg RosenblattConfig, f func(z []float32) float64) []float64 {
	t.Helper()
	z, err := RosenblattGrid(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var logw []float64
	for i := 0; i < len(z); i += cfg.Dim {
		logw = append(logw, f(z[i:i+cfg.Dim]))
	}
	return logw
}

func rosenblattSample(t *testing.T, cfg RosenblattConfig, n int, f func(z []float32) float64) (*Rosenblatt, []float32) {
	t.Helper()
	r, err := NewRosenblatt(cfg, logWeights(t, cfg, f))
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	s, err := NewSampler(e, r, 5, "test")
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, n*cfg.Dim)
	if err := s.Draw(0, nil, x); err != nil {
		t.Fatal(err)
	}
	return r, x
}

// With equal weights it is the identity, up to the error of the normal distribution's
// approximations in single precision.
func TestRosenblattIdentity(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	for _, prior := range []Prior{Uniform, Normal} {
		cfg := RosenblattConfig{Dim: 2, Cells: 64, Prior: prior}
		r, err := NewRosenblatt(cfg, make([]float64, 64*64))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSampler(e, r, 5, "test")
		if err != nil {
			t.Fatal(err)
		}
		z := []float32{-0.9, 0.7, 0, 0.1, 0.25, -0.5, 0.99, -0.99}
		x := make([]float32, len(z))
		if err := s.Push(z, x); err != nil {
			t.Fatal(err)
		}
		for i := range z {
			if math.Abs(float64(x[i]-z[i])) > 1e-5 {
				t.Errorf("%s: %v became %v", prior, z[i], x[i])
			}
		}
	}
}

// The normal prior with weights exp(a·z) is a normal density about a, and correlated weights
// give a correlated normal. 5 standard errors, plus the width of a cell.
func TestRosenblattNormal(t *testing.T) {
	const n = 40000
	const rho = 0.6
	_, x := rosenblattSample(t, RosenblattConfig{Dim: 2, Cells: 256}, n, func(z []float32) float64 {
		a, b := float64(z[0]), float64(z[1])
		return -(a*a-2*rho*a*b+b*b)/(2*(1-rho*rho)) + (a*a+b*b)/2
	})
	var m, v [2]float64
	c := 0.0
	for i := range n {
		for j := range 2 {
			m[j] += float64(x[2*i+j]) / n
			v[j] += float64(x[2*i+j]) * float64(x[2*i+j]) / n
		}
		c += float64(x[2*i]) * float64(x[2*i+1]) / n
	}
	tol := 5/math.Sqrt(n) + 0.01
	for j := range 2 {
		if math.Abs(m[j]) > tol || math.Abs(v[j]-1) > tol*math.Sqrt2 {
			t.Errorf("latent %d has mean %v and variance %v", j, m[j], v[j])
		}
	}
	if math.Abs(c-rho) > tol*math.Sqrt2 {
		t.Errorf("correlation %v, want %v", c, rho)
	}
}

// Parts of the density that lie apart are not joined: two discs of different weight.
func TestRosenblattJumps(t *testing.T) {
	const n = 40000
	disc := func(z []float32) (int, bool) {
		for k, c := range [2]float64{-0.5, 0.5} {
			if math.Hypot(float64(z[0])-c, float64(z[1])-c) < 0.2 {
				return k, true
			}
		}
		return 0, false
	}
	cfg := RosenblattConfig{Dim: 2, Cells: 512, Prior: Uniform}
	r, x := rosenblattSample(t, cfg, n, func(z []float32) float64 {
		if k, in := disc(z); in {
			return math.Log(float64(1 + 2*k))
		}
		return math.Inf(-1)
	})
	var count [2]int
	out := 0
	for i := range n {
		if k, in := disc(x[2*i : 2*i+2]); in {
			count[k]++
		} else {
			out++
		}
	}
	// Cells of 1/256 on the rims: at most 2·π·0.2/256 of 0.126 for each of them.
	if float64(out) > 0.03*n {
		t.Errorf("%d of %d points lie between the discs", out, n)
	}
	if share := float64(count[1]) / float64(count[0]+count[1]); math.Abs(share-0.75) > 5*math.Sqrt(0.75*0.25/n)+0.002 {
		t.Errorf("the second disc has %v of the points, want 0.75", share)
	}
	dir := filepath.Join(t.TempDir(), "m")
	if err := r.Save(dir); err != nil {
		t.Fatal(err)
	}
	back, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := EncodeONNX(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := EncodeONNX(back, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("it came back differently: %v", err)
	}
	// The file maps latents alike.
	path := filepath.Join(t.TempDir(), "r.onnx")
	if err := os.WriteFile(path, want, 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := NewONNX(path, ONNXConfig{})
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	s, err := NewSampler(e, file, 5, "test")
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float32, 2000)
	if err := s.Draw(0, nil, y); err != nil {
		t.Fatal(err)
	}
	for i := range y {
		if math.Abs(float64(x[i]-y[i])) > 1e-6 {
			t.Fatalf("value %d: %v, the file has %v", i, x[i], y[i])
		}
	}
}

// One latent, and what cannot be.
func TestRosenblattRefuses(t *testing.T) {
	_, x := rosenblattSample(t, RosenblattConfig{Dim: 1, Cells: 64, Prior: Uniform}, 1000, func(z []float32) float64 {
		if z[0] > 0.5 {
			return 0
		}
		return math.Inf(-1)
	})
	for _, v := range x {
		if v < 0.5 {
			t.Fatalf("%v lies where the weight is 0", v)
		}
	}
	cfg := RosenblattConfig{Dim: 1, Cells: 2}
	for _, c := range []struct {
		cfg  RosenblattConfig
		logw []float64
		want string
	}{
		{RosenblattConfig{Dim: 3, Cells: 2}, nil, "3 latents"},
		{RosenblattConfig{Dim: 1, Cells: 1}, nil, "cells = 1"},
		{RosenblattConfig{Dim: 1, Cells: 2, Prior: "flat"}, nil, "flat"},
		{cfg, []float64{0}, "1 log-weights for 2 cells"},
		{cfg, []float64{0, math.NaN()}, "log-weight 1 is NaN"},
		{cfg, []float64{math.Inf(-1), math.Inf(-1)}, "no weight"},
	} {
		if _, err := NewRosenblatt(c.cfg, c.logw); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
}
