package bibae

import (
	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/optim"
)

// group is parameters with an optimiser of their own.
type group struct {
	params  *nn.Params
	prefix  string // of their names in the graph
	state   *optim.State
	grad    []float32
	stepper *optim.Stepper
}

// update is a compiled step for several groups of parameters that share one loss. It is
// train.Update with more than one optimiser, and with further outputs.
type update struct {
	prog   *cpu.Program
	groups []*group
	extras int
}

// newUpdate compiles the gradient of loss (a shared scalar) with respect to the groups'
// parameters, and extra outputs beside it. The caller binds other parameters.
func newUpdate(e *cpu.Engine, seed uint64, loss *graph.Node, extras []*graph.Node, adam optim.Adam, groups ...*group) (*update, error) {
	var wrt []*graph.Node
	for _, k := range groups {
		wrt = append(wrt, k.params.Nodes(loss.Graph, k.prefix)...)
	}
	grads, err := graph.Grad(loss, wrt...)
	if err != nil {
		return nil, err
	}
	u := &update{groups: groups, extras: len(extras)}
	outs := append(append([]*graph.Node{loss}, extras...), grads...)
	if u.prog, err = e.Compile(loss.Graph, cpu.Config{Seed: seed, Reduced: true}, outs...); err != nil {
		return nil, err
	}
	at := 1 + len(extras)
	for _, k := range groups {
		k.state, k.grad = optim.NewState(k.params.Len()), make([]float32, k.params.Len())
		k.stepper = adam.NewStepper(e, k.state, k.params.Flat(), k.grad)
		if err := k.params.Bind(u.prog, k.prefix); err != nil {
			return nil, err
		}
		for _, t := range k.params.Tensors() {
			if err := u.prog.SharedInto(at, k.grad[t.Offset:t.Offset+t.Size]); err != nil {
				return nil, err
			}
			at++
		}
	}
	return u, nil
}

// step runs the program and updates all groups.
func (u *update) step(batch cpu.Batch, factor float64) error {
	if err := u.prog.Run(batch); err != nil {
		return err
	}
	for _, k := range u.groups {
		k.stepper.Step(factor)
	}
	return nil
}

// value returns shared output i: 0 is the loss, then come the extras.
func (u *update) value(i int) float64 { return float64(u.prog.Shared(i)[0]) }

// tensors returns parameters and optimiser of a group under names that start with name.
func (k *group) tensors(name string) []safetensors.Tensor {
	return []safetensors.Tensor{
		vector(name, k.params.Flat()), vector(name+".adam.m", k.state.M), vector(name+".adam.v", k.state.V),
		{Name: name + ".adam.t", Shape: []int{1}, U64: k.state.Time()},
	}
}

// reset gives the group other parameters and an optimiser without memory.
func (k *group) reset(params *nn.Params) {
	copy(k.params.Flat(), params.Flat())
	clear(k.state.M)
	clear(k.state.V)
	clear(k.state.Time())
}

func vector(name string, v []float32) safetensors.Tensor {
	return safetensors.Tensor{Name: name, Shape: []int{len(v)}, F32: v}
}
