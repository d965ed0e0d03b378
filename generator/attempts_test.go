package generator

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The file with acceptance draws from the density that the model draws from: the exponential tilt
// of TestAcceptanceTilt. All 30 attempts are refused in 0.747^30 = 2·10⁻⁴ of the points.
func TestEncodeSifted(t *testing.T) {
	const n, a, b = 40000, 0.4, -0.3
	c := tilted(t, a, b)
	c.Accept.LogCap, c.Accept.Efficiency = 1.5, 0.253 // three standard deviations of the logit
	if k := Attempts(c); k != 24 {
		t.Errorf("%d attempts; ln 0.001 / ln 0.747 is 23.7", k)
	}
	file := must(EncodeSifted(c, 30, nil))(t)
	path := filepath.Join(t.TempDir(), "x.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	net := must(NewONNX(path, ONNXConfig{}))(t)
	if net.LatentDim() != 30*5 || net.Dim() != 2 || net.Prior() != Normal {
		t.Fatalf("%d → %d, %s", net.LatentDim(), net.Dim(), net.Prior())
	}
	s := must(NewSampler(newEngine(t, 2), net, 1, "test"))(t)
	x := make([]float32, 2*n)
	if err := s.Draw(0, nil, x); err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{a, b} {
		sum, m2 := 0.0, 0.0
		for i := range n {
			v := float64(x[2*i+j]) / float64(2+j)
			sum += v
			m2 += (v - want) * (v - want)
		}
		// 4 standard errors, and what the cap and the last attempt take off.
		if mean := sum / n; math.Abs(mean-want) > 4/math.Sqrt(n)+0.005 {
			t.Errorf("x%d: mean %v; want %v", j+1, mean, want)
		}
		if m2 /= n; math.Abs(m2-1) > 4*math.Sqrt(2.0/n)+0.01 {
			t.Errorf("x%d: variance %v; want 1", j+1, m2)
		}
	}
	for _, k := range []int{0, 33} {
		if _, err := EncodeSifted(c, k, nil); err == nil || !strings.Contains(err.Error(), "1 to 32") {
			t.Errorf("%d attempts: %v", k, err)
		}
	}
	c.Accept = nil
	if k := Attempts(c); k != 1 {
		t.Errorf("%d attempts without acceptance", k)
	}
}
