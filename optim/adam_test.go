package optim_test

import (
	"math"
	"strings"
	"testing"

	"etalon/optim"
	"etalon/rng"
)

// serial runs units one after the other, the last first: order must not matter.
type serial struct{}

func (serial) Do(units int, work func(worker, unit int)) {
	for u := units - 1; u >= 0; u-- {
		work(0, u)
	}
}

// plain is Adam as torch.optim.Adam and torch.optim.AdamW document it, in float64:
// the ε stands outside of the root and after the bias corrections.
type plain struct {
	alpha, beta1, beta2, eps, decay float64
	decoupled                       bool
	t                               int
	m, v                            []float64
}

func (a *plain) step(p, g []float64, factor float64) {
	a.t++
	lr := a.alpha * factor
	for i := range p {
		d := g[i]
		if a.decoupled {
			p[i] -= lr * a.decay * p[i]
		} else {
			d += a.decay * p[i]
		}
		a.m[i] = a.beta1*a.m[i] + (1-a.beta1)*d
		a.v[i] = a.beta2*a.v[i] + (1-a.beta2)*d*d
		mHat := a.m[i] / (1 - math.Pow(a.beta1, float64(a.t)))
		vHat := a.v[i] / (1 - math.Pow(a.beta2, float64(a.t)))
		p[i] -= lr * mHat / (math.Sqrt(vHat) + a.eps)
	}
}

// A hundred steps of noisy gradients, the learning rate falling. Each step of
// float32 rounds by 6e-8 of a parameter of order one and of a step of order α;
// rounding errors of a hundred steps stay below 3e-5.
func TestAdamAgainstFloat64(t *testing.T) {
	const n = 9000 // two chunks of work
	for name, a := range map[string]optim.Adam{
		"defaults":  {Alpha: 1e-2},
		"betas":     {Alpha: 1e-2, Beta1: 0.5, Beta2: 0.9},
		"large eps": {Alpha: 1e-2, Eps: 0.1},
		"L2":        {Alpha: 1e-2, WeightDecay: 0.1},
		"decoupled": {Alpha: 1e-2, WeightDecay: 0.1, Decoupled: true},
	} {
		want := &plain{alpha: a.Alpha, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: a.WeightDecay, decoupled: a.Decoupled, m: make([]float64, n), v: make([]float64, n)}
		if a.Beta1 != 0 {
			want.beta1, want.beta2 = a.Beta1, a.Beta2
		}
		if a.Eps != 0 {
			want.eps = a.Eps
		}
		p32, g32 := make([]float32, n), make([]float32, n)
		p64, g64 := make([]float64, n), make([]float64, n)
		s := rng.New(1, name)
		for i := range p32 {
			p32[i] = float32(s.Normal(0, uint64(i), 0))
			p64[i] = float64(p32[i])
		}
		state := optim.NewState(n)
		step := a.NewStepper(serial{}, state, p32, g32)
		for k := range 100 {
			scale := math.Exp(s.Normal(0, uint64(k), 5)) // gradients of varying size
			for i := range g32 {
				g32[i] = float32(scale * (p64[i] + s.Uniform(uint64(1+k), uint64(i), 0) - 0.3))
				if i%7 == 0 {
					g32[i] = 0
				}
				g64[i] = float64(g32[i])
			}
			factor := 1 / float64(1+k/10)
			step.Step(factor)
			want.step(p64, g64, factor)
		}
		for i := range p32 {
			if d := math.Abs(float64(p32[i]) - p64[i]); !(d <= 3e-5) {
				t.Fatalf("%s: parameter %d is %v, in float64 %v", name, i, p32[i], p64[i])
			}
		}
		if state.Time()[0] != 100 {
			t.Errorf("%s: %d updates counted", name, state.Time()[0])
		}
	}
}

// The first step by hand: m̂ = g and v̂ = g², so it is α·g/(|g| + ε).
func TestFirstStep(t *testing.T) {
	first := func(a optim.Adam, p, g float32) float64 {
		ps, gs := []float32{p}, []float32{g}
		a.NewStepper(serial{}, optim.NewState(1), ps, gs).Step(1)
		if gs[0] != g {
			t.Error("the gradient was changed")
		}
		return float64(ps[0])
	}
	for _, c := range []struct {
		name string
		adam optim.Adam
		p, g float32
		want float64
	}{
		{"sign of the gradient", optim.Adam{Alpha: 0.5}, 1, 1e3, 0.5},
		{"and of a small one", optim.Adam{Alpha: 0.5, Eps: 1e-12}, 1, -1e-3, 1.5},
		{"eps outside the root, after the correction", optim.Adam{Alpha: 0.5, Eps: 1}, 0, 3, -0.5 * 3 / 4},
		{"L2 goes through the moments", optim.Adam{Alpha: 0.5, WeightDecay: 0.1}, 1, 0, 0.5},
		{"decoupled decay does not", optim.Adam{Alpha: 0.5, WeightDecay: 0.1, Decoupled: true}, 1, 0, 0.95},
		{"decoupled decay comes first", optim.Adam{Alpha: 0.5, WeightDecay: 0.1, Decoupled: true, Eps: 1}, 1, 1, 0.95 - 0.25},
		{"nothing to do", optim.Adam{Alpha: 0.5}, 1, 0, 1},
	} {
		if got := first(c.adam, c.p, c.g); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAdamCheck(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	if err := (optim.Adam{Alpha: 1e-3, Beta1: 0.5, Beta2: 0.9, Eps: 1e-7, WeightDecay: 1}).Check(); err != nil {
		t.Error(err)
	}
	for name, a := range map[string]optim.Adam{
		"alpha": {}, "alpha -": {Alpha: -1}, "alpha nan": {Alpha: nan}, "alpha inf": {Alpha: inf},
		"beta1 1": {Alpha: 1, Beta1: 1}, "beta1 -": {Alpha: 1, Beta1: -0.1}, "beta1 nan": {Alpha: 1, Beta1: nan},
		"beta2 1": {Alpha: 1, Beta2: 1}, "beta2 1 in float32": {Alpha: 1, Beta2: 1 - 1e-10}, "beta2 -": {Alpha: 1, Beta2: -0.1}, "beta2 nan": {Alpha: 1, Beta2: nan},
		"eps -": {Alpha: 1, Eps: -1}, "eps nan": {Alpha: 1, Eps: nan}, "eps inf": {Alpha: 1, Eps: inf},
		"weight_decay -": {Alpha: 1, WeightDecay: -1}, "weight_decay nan": {Alpha: 1, WeightDecay: nan}, "weight_decay inf": {Alpha: 1, WeightDecay: inf},
	} {
		err := a.Check()
		field, _, _ := strings.Cut(name, " ")
		if err == nil || !strings.Contains(err.Error(), field+" = ") || !strings.Contains(err.Error(), "accepted") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStepperLengths(t *testing.T) {
	for _, n := range [][3]int{{2, 3, 3}, {3, 2, 3}, {3, 3, 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("lengths %v: no panic", n)
				}
			}()
			optim.Adam{Alpha: 1}.NewStepper(serial{}, optim.NewState(n[0]), make([]float32, n[1]), make([]float32, n[2]))
		}()
	}
}
