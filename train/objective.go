package train

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/optim"
)

// Update is a compiled optimiser step for one loss and one set of parameters:
// losses and gradients by one program, then Adam. It does not allocate.
type Update struct {
	Program *cpu.Program
	state   *optim.State
	grad    []float32
	stepper *optim.Stepper
}

// NewUpdate compiles the gradient of loss (a shared scalar) with respect to all
// tensors of params, which the graph knows under prefix, and binds them. Other
// parameters of the graph must be bound to Update.Program by the caller. Products of
// wide layers may be formed with 16 bits (cpu.Config.Reduced): a gradient's noise, from
// the choice of its batch, is far above that.
func NewUpdate(e *cpu.Engine, cfg cpu.Config, loss *graph.Node, params *nn.Params, prefix string, adam optim.Adam) (*Update, error) {
	if err := adam.Check(); err != nil {
		return nil, err
	}
	grads, err := graph.Grad(loss, params.Nodes(loss.Graph, prefix)...)
	if err != nil {
		return nil, err
	}
	cfg.Reduced = true
	p, err := e.Compile(loss.Graph, cfg, append([]*graph.Node{loss}, grads...)...)
	if err != nil {
		return nil, err
	}
	if err := params.Bind(p, prefix); err != nil {
		return nil, err
	}
	u := &Update{Program: p, state: optim.NewState(params.Len()), grad: make([]float32, params.Len())}
	for i, t := range params.Tensors() {
		if err := p.SharedInto(i+1, u.grad[t.Offset:t.Offset+t.Size]); err != nil {
			return nil, err
		}
	}
	u.stepper = adam.NewStepper(e, u.state, params.Flat(), u.grad)
	return u, nil
}

// Step runs the program on a batch and updates the parameters, the learning rate
// multiplied by factor. It returns the loss before the update.
func (u *Update) Step(batch cpu.Batch, factor float64) (float64, error) {
	if err := u.Program.Run(batch); err != nil {
		return 0, err
	}
	u.stepper.Step(factor)
	return float64(u.Program.Shared(0)[0]), nil
}

// State returns the optimiser's tensors under names that start with name.
func (u *Update) State(name string) []safetensors.Tensor {
	return []safetensors.Tensor{
		{Name: name + ".m", Shape: []int{len(u.state.M)}, F32: u.state.M},
		{Name: name + ".v", Shape: []int{len(u.state.V)}, F32: u.state.V},
		{Name: name + ".t", Shape: []int{1}, U64: u.state.Time()},
	}
}

// Objective is the Learner that minimises one loss over a table of examples.
type Objective struct {
	update  *Update
	valid   *cpu.Program
	params  *nn.Params
	batches *Batches
	name    string
	fields  map[string][]float32
	made    []made
	holdout []uint32
}

// made is an input whose rows are made for each batch.
type made struct {
	name   string
	width  int
	expand func(rows []uint32, dst []float32)
	x      []float32 // of a batch
}

// ObjectiveConfig says what an Objective minimises, and on which rows.
type ObjectiveConfig struct {
	Loss   *graph.Node // shared scalar: a mean over the rows of the batch
	Params *nn.Params
	Prefix string // of the parameters' names in the graph
	Adam   optim.Adam
	Seed   uint64
	Fields map[string][]float32 // the data of each input of the graph, row-major, equal numbers of rows
	// Expand makes the data of the inputs that are in no table: it writes some rows to dst,
	// row-major. No more rows than a batch has are in memory at once.
	Expand  map[string]func(rows []uint32, dst []float32)
	Batches *Batches // which rows a step takes
	Holdout []uint32 // rows for validation; may be empty
	// Valid is what Validate computes, a mean over rows like Loss and of the same graph;
	// nil means Loss.
	Valid *graph.Node
	// Bind gives the graph's other parameters, which stay as they are; nil if it has
	// none.
	Bind func(nn.Binder) error
}

// NewObjective compiles the training step and the validation.
func NewObjective(e *cpu.Engine, cfg ObjectiveConfig) (*Objective, error) {
	o := &Objective{params: cfg.Params, batches: cfg.Batches, name: "params", fields: cfg.Fields, holdout: cfg.Holdout}
	for name, f := range cfg.Expand {
		n := cfg.Loss.Graph.Lookup(name)
		if n == nil || n.Op != graph.OpInput {
			return nil, fmt.Errorf("train: there is no input %q", name)
		}
		o.made = append(o.made, made{name, n.Width(), f, make([]float32, cfg.Batches.Rows()*n.Width())})
	}
	var err error
	if len(cfg.Holdout) > 0 {
		valid := cfg.Valid
		if valid == nil {
			valid = cfg.Loss
		}
		if o.valid, err = e.Compile(cfg.Loss.Graph, cpu.Config{Seed: cfg.Seed}, valid); err != nil {
			return nil, err
		}
		if err := cfg.bind(o.valid, cfg.Params.Bind(o.valid, cfg.Prefix)); err != nil {
			return nil, err
		}
	}
	if o.update, err = NewUpdate(e, cpu.Config{Seed: cfg.Seed}, cfg.Loss, cfg.Params, cfg.Prefix, cfg.Adam); err != nil {
		return nil, err
	}
	if err := cfg.bind(o.update.Program, nil); err != nil {
		return nil, err
	}
	if o.batches.StepsPerPass() < 1 {
		return nil, fmt.Errorf("train: no rows to train on")
	}
	return o, nil
}

// bind gives a program the parameters that stay as they are, unless err is set.
func (cfg *ObjectiveConfig) bind(p *cpu.Program, err error) error {
	if err != nil || cfg.Bind == nil {
		return err
	}
	return cfg.Bind(p)
}

// Losses implements Learner.
func (o *Objective) Losses() []string { return []string{"train"} }

// StepsPerEpoch implements Learner.
func (o *Objective) StepsPerEpoch() int { return o.batches.StepsPerPass() }

// Step implements Learner.
func (o *Objective) Step(step int, factor float64, out []float64) error {
	index := o.batches.At(step)
	if err := o.feed(o.update.Program, index); err != nil {
		return err
	}
	loss, err := o.update.Step(cpu.Batch{Rows: len(index), Step: uint64(step)}, factor)
	out[0] = loss
	return err
}

// feed gives a program some rows.
func (o *Objective) feed(p *cpu.Program, index []uint32) error {
	for name, data := range o.fields {
		if err := p.Feed(name, cpu.Rows{Data: data, Index: index}); err != nil {
			return err
		}
	}
	for i := range o.made {
		m := &o.made[i]
		x := m.x[:len(index)*m.width]
		m.expand(index, x)
		if err := p.Feed(m.name, cpu.Rows{Data: x}); err != nil {
			return err
		}
	}
	return nil
}

// Validate implements Learner: the loss on the held-out rows.
func (o *Objective) Validate() (map[string]float64, error) {
	if o.valid == nil {
		return nil, nil
	}
	size, sum := len(o.holdout), 0.0
	if len(o.made) > 0 {
		size = min(size, o.batches.Rows())
	}
	for lo := 0; lo < len(o.holdout); lo += size {
		part := o.holdout[lo:min(lo+size, len(o.holdout))]
		if err := o.feed(o.valid, part); err != nil {
			return nil, err
		}
		if err := o.valid.Run(cpu.Batch{Rows: len(part)}); err != nil {
			return nil, err
		}
		sum += float64(o.valid.Shared(0)[0]) * (float64(len(part)) / float64(len(o.holdout)))
	}
	return map[string]float64{"valid": sum}, nil
}

// State implements Learner.
func (o *Objective) State() []safetensors.Tensor {
	p := safetensors.Tensor{Name: o.name, Shape: []int{o.params.Len()}, F32: o.params.Flat()}
	return append(o.update.State("adam"), p)
}
