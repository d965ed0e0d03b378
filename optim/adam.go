// Package optim has the optimiser that updates parameters from gradients, Adam
// (arXiv:1412.6980) or AdamW (arXiv:1711.05101), and schedules of its learning rate.
//
// Adam.NewStepper binds settings, State, parameters and gradient; each Step makes one
// update with the rate times Schedule.Factor. Package train does both: use this one alone
// only for a training loop of your own.
package optim

import (
	"fmt"
	"math"

	"etalon/internal/simd"
)

// Adam is the optimiser of Kingma and Ba (arXiv:1412.6980, algorithm 1). The zero
// value of every field but Alpha means the usual default.
type Adam struct {
	Alpha       float64 `toml:"alpha" json:"alpha"`               // learning rate α; schedules multiply it
	Beta1       float64 `toml:"beta1" json:"beta1"`               // decay of the first moment; 0 means 0.9
	Beta2       float64 `toml:"beta2" json:"beta2"`               // decay of the second moment; 0 means 0.999
	Eps         float64 `toml:"eps" json:"eps"`                   // ε; 0 means 1e-8
	WeightDecay float64 `toml:"weight_decay" json:"weight_decay"` // λ
	// Decoupled selects AdamW (arXiv:1711.05101): the decay acts on the parameters,
	// not through the gradient's moments.
	Decoupled bool `toml:"decoupled" json:"decoupled"`
}

// Check returns an error for settings that cannot train.
func (a Adam) Check() error {
	switch {
	case !(a.Alpha > 0) || math.IsInf(a.Alpha, 0):
		return fmt.Errorf("adam: alpha = %v; a positive number is accepted", a.Alpha)
	case !(a.Beta1 >= 0 && float32(a.Beta1) < 1 && a.Beta2 >= 0 && float32(a.Beta2) < 1):
		return fmt.Errorf("adam: beta1 = %v, beta2 = %v; 0 to below 1 is accepted", a.Beta1, a.Beta2)
	case !(a.Eps >= 0 && a.WeightDecay >= 0) || math.IsInf(a.Eps, 0) || math.IsInf(a.WeightDecay, 0):
		return fmt.Errorf("adam: eps = %v, weight_decay = %v; numbers from 0 are accepted", a.Eps, a.WeightDecay)
	}
	return nil
}

func (a Adam) withDefaults() Adam {
	if a.Beta1 == 0 {
		a.Beta1 = 0.9
	}
	if a.Beta2 == 0 {
		a.Beta2 = 0.999
	}
	if a.Eps == 0 {
		a.Eps = 1e-8
	}
	return a
}

// State is the optimiser's memory for one parameter vector.
type State struct {
	M, V []float32 // first and second moments
	t    [1]uint64 // updates made
}

// NewState returns the state before the first update of n parameters.
func NewState(n int) *State { return &State{M: make([]float32, n), V: make([]float32, n)} }

// Time returns the counter of updates, as a slice for checkpoints.
func (s *State) Time() []uint64 { return s.t[:] }

// Pool runs work on units in parallel; cpu.Engine is one.
type Pool interface {
	Do(units int, work func(worker, unit int))
}

// Stepper updates one parameter vector. It owns what a step needs, so that a step
// does not allocate.
type Stepper struct {
	adam         Adam
	state        *State
	params, grad []float32
	coef         simd.AdamCoef
	work         func(worker, unit int)
	pool         Pool
}

const stepChunk = 8192 // parameters of a unit of work

// NewStepper returns the updater of params by grad, which it reads at each step.
// The three lengths must agree.
func (a Adam) NewStepper(pool Pool, state *State, params, grad []float32) *Stepper {
	if len(params) != len(grad) || len(params) != len(state.M) {
		panic("optim: parameters, gradient and state differ in length")
	}
	s := &Stepper{adam: a.withDefaults(), state: state, params: params, grad: grad, pool: pool}
	s.work = func(_, unit int) {
		lo := unit * stepChunk
		hi := min(lo+stepChunk, len(s.params))
		simd.Adam(s.params[lo:hi], s.grad[lo:hi], s.state.M[lo:hi], s.state.V[lo:hi], s.coef)
	}
	return s
}

// Step makes one update with the learning rate α·factor.
func (s *Stepper) Step(factor float64) {
	a := s.adam
	s.state.t[0]++
	t := float64(s.state.t[0])
	// The corrections belong to the β that the kernel multiplies by, so that the
	// first step is exactly α·g/|g|.
	beta1, beta2 := float32(a.Beta1), float32(a.Beta2)
	correction := func(beta float32) float32 { return float32(-math.Expm1(t * math.Log(float64(beta)))) }
	s.coef = simd.AdamCoef{
		Alpha: float32(a.Alpha * factor), Beta1: beta1, Beta2: beta2, Eps: float32(a.Eps),
		WeightDecay: float32(a.WeightDecay), Decoupled: a.Decoupled,
		Corr1: correction(beta1), Corr2: correction(beta2),
	}
	s.pool.Do((len(s.params)+stepChunk-1)/stepChunk, s.work)
}
