package dctr_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// given returns n rows (x, c) with c ~ N(mean, width²) and x|c ~ N(c + shift, 1).
func given(n int, name string, mean, width, shift float64) []float32 {
	x := make([]float32, 2*n)
	rng.New(1, name).NormalRows(x, 1, 0, 0, 1, len(x))
	for i := range n {
		c := mean + width*float64(x[2*i+1])
		x[2*i], x[2*i+1] = float32(c+shift+float64(x[2*i])), float32(c)
	}
	return x
}

// c differs strongly between truth and sample, and p(x|c)/q(x|c) is known: the weights
// follow it, not p(x, c)/q(x, c), and the sample keeps its distribution of c. Weights of
// all columns do neither.
func TestConditionalWeights(t *testing.T) {
	const n = 20000
	truth, sample := given(n, "truth", 1, 0.8, 0.5), given(n, "sample", 0, 1, 0)
	e := cpu.New(2)
	defer e.Close()
	cfg := train.Config{Epochs: 8, Batch: 500, Validation: 0.1, Adam: optim.Adam{Alpha: 2e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-6}, Schedule: optim.Schedule{Kind: "cosine", Final: 0.01}}
	fit := dctr.Fit{Network: dctr.Config{Hidden: 2, Units: 24, Slope: 0.1}, Shift: []float64{0, 0}, Scale: []float64{1.4, 1}, Training: cfg, Seed: 3}
	exact := make([]float64, n)
	for i := range exact {
		exact[i] = 0.5*float64(sample[2*i]-sample[2*i+1]) - 0.125
	}
	for _, name := range []string{"joint", "conditional", "folds"} {
		f := fit
		if name != "joint" {
			f.Condition = []int{1}
		}
		if name == "folds" {
			f.Folds = 2
		}
		r, err := f.Run(context.Background(), e, dctr.Sample{X: truth}, dctr.Sample{X: sample})
		if err != nil {
			t.Fatal(err)
		}
		rho := correlation(r.LogW, exact)
		// The mean weight in each decile of c; 1 without noise and errors. A decile has 2000
		// rows whose exact weights spread by √(e^¼ - 1) = 0.53: 0.012.
		worst := 0.0
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int {
			if sample[2*a+1] < sample[2*b+1] {
				return -1
			}
			return 1
		})
		total, shift := 0.0, 0.0
		for _, l := range r.LogW {
			total += math.Exp(l) / n
		}
		for d := range 10 {
			w := 0.0
			for _, i := range order[d*n/10 : (d+1)*n/10] {
				w += math.Exp(r.LogW[i]) / total / (n / 10)
				shift += math.Exp(r.LogW[i]) / total * float64(sample[2*i+1]) / n
			}
			worst = max(worst, math.Abs(w-1))
		}
		t.Logf("%s: correlation with the exact conditional ratio %.4f, mean weight %.4f, of a decile of c within %.3f of it, weighted mean of c %.3f", name, rho, total, worst, shift)
		if name == "joint" {
			if rho > 0.8 || worst < 0.5 {
				t.Errorf("weights of all columns: correlation %v, deciles %v: the example shows nothing", rho, worst)
			}
			continue
		}
		if rho < 0.97 || worst > 0.12 || math.Abs(shift) > 0.06 || math.Abs(total-1) > 0.05 {
			t.Errorf("%s: correlation %v, deciles within %v, mean of c %v, mean weight %v", name, rho, worst, shift, total)
		}
		if o := r.Condition.Overlap; math.Abs(o-0.746) > 0.02 {
			t.Errorf("overlap %v", o)
		}
	}
	for says, f := range map[string]func(f *dctr.Fit) ([]float32, []float32){
		"at least one column must be left": func(f *dctr.Fit) ([]float32, []float32) { f.Condition = []int{0, 1}; return truth, sample },
		"different ones from 0 to 1":       func(f *dctr.Fit) ([]float32, []float32) { f.Condition = []int{2}; return truth, sample },
		"in common": func(f *dctr.Fit) ([]float32, []float32) {
			f.Condition = []int{1}
			return given(2000, "truth", 300, 1, 0), sample[:4000]
		},
	} {
		bad := fit
		a, b := f(&bad)
		if _, err := bad.Run(context.Background(), e, dctr.Sample{X: a}, dctr.Sample{X: b}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}
