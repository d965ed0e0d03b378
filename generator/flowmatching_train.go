package generator

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/rng"
	"etalon/train"
)

// FlowMatchingTraining has the settings of the training of a velocity.
type FlowMatchingTraining struct {
	train.Config
	// Average is the decay of the moving average of the parameters that becomes the
	// model; 0 takes the last parameters.
	Average float64 `toml:"average" json:"average"`
	// Coupled tells that the examples are draws from N(0, 1) (or, if the model refines
	// uniform latents, from U(-1, 1)) with weights, as those of a refiner are. What an unweighted sample of them would teach is known exactly
	// (nothing), and is taken off, so that the noise of a step is that of w - 1 instead
	// of that of the examples. It needs the rotation path.
	Coupled bool `toml:"coupled" json:"coupled"`
}

// Check returns an error for settings that cannot train.
func (c FlowMatchingTraining) Check() error {
	if err := c.Config.Check(); err != nil {
		return err
	}
	if !(c.Average >= 0 && c.Average < 1) {
		return fmt.Errorf("average = %v; 0 to below 1 is accepted", c.Average)
	}
	return nil
}

// FlowMatchingLearner trains a velocity on weighted examples x1. With x0 normal, t
// stratified over the batch, x_t and u = dx_t/dθ as in Path,
//
//	L = Σ w·|v(x_t, t) - u|² / Σ w                     (arXiv:2210.02747, eq. 14, weighted)
//	L = mean( w·|v(x_t, t)|² - 2·(w-1)·u·v(x_t, t) )   coupled
//
// For normal x1 the pair (x_t, u) of the rotation path is a rotated (x0, x1): u is
// normal and independent of x_t, and E[u·v(x_t, t)] = 0 for any v. Adding twice that
// to the first line gives the second, but for a constant and the fixed
// normalisation mean w = 1; both have the same minimum, v = E[w·u|x_t] / E[w|x_t].
//
// Of features c that are given, x are the others, v(x_t, t, c) sees c, and the minimum is
// E[w·u|x_t, c] / E[w|x_t, c]: a factor of the weights that depends on c alone drops out.
type FlowMatchingLearner struct {
	model   *FlowMatching
	params  *nn.Params // in training; model.Params where there is no average
	update  *train.Update
	valid   *cpu.Program
	average *train.Average
	batches *train.Batches
	holdout []uint32
	fields  map[string][]float32
	times   rng.Stream
	path    []float32 // of the rows of a step: a, b, da, db, features
	vpath   []float32 // of the held-out rows
	places  []float32 // of the times in their parts of (0, 1)
}

// NewFlowMatchingLearner prepares the training of a model on examples (n×Dim,
// row-major) with weights (n; nil means 1). The rows must be in random order: the
// last ones are held out.
func NewFlowMatchingLearner(e *cpu.Engine, f *FlowMatching, data, weights []float32, cfg FlowMatchingTraining, seed uint64) (*FlowMatchingLearner, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("flow matching: %w", err)
	}
	if cfg.Coupled && f.Config.Path != Rotation {
		return nil, fmt.Errorf("flow matching: coupled training on the path %q; %s is accepted", f.Config.Path, Rotation)
	}
	w, err := normalisedWeights(data, weights, f.Dim())
	if err != nil {
		return nil, fmt.Errorf("flow matching: %w", err)
	}
	n := len(w)
	k := cfg.Split(n)
	l := &FlowMatchingLearner{model: f, params: f.Params, fields: map[string][]float32{"x": data, "w": w}, times: rng.New(seed, "flowmatching/t")}
	if cfg.Average > 0 {
		l.params = f.Params.Clone()
		l.average = train.NewAverage(cfg.Average, l.params.Flat())
	}
	l.batches = train.NewBatches(rng.New(seed, "flowmatching/batches"), train.Group{Lo: 0, Hi: k, Share: cfg.Batch})
	l.path = make([]float32, l.batches.Rows()*pathColumns)
	loss := f.loss(cfg.Coupled)
	if k < n {
		l.holdout = train.Range(k, n)
		l.vpath = make([]float32, len(l.holdout)*pathColumns)
		l.fillPath(l.vpath, l.times.Sub("valid"), 0)
		if l.valid, err = e.Compile(loss.Graph, cpu.Config{Seed: seed ^ 1}, loss); err != nil {
			return nil, err
		}
		if err := f.Params.Bind(l.valid, ""); err != nil {
			return nil, err
		}
	}
	l.update, err = train.NewUpdate(e, cpu.Config{Seed: seed}, loss, l.params, "", cfg.Adam)
	return l, err
}

const pathColumns = 4 + timeFeatures

// loss builds the graph of the training on the inputs x, w and path.
func (f *FlowMatching) loss(coupled bool) *graph.Node {
	g := graph.New()
	example, _, context := f.split(g.Input("x", f.Dim()))
	x1, w, path := f.toNormal(example), g.Input("w", 1), g.Input("path", pathColumns)
	x0 := g.RandomNormal("flowmatching/x0", f.moved())
	mix := func(column int) *graph.Node {
		return graph.Add(graph.Mul(x0, graph.Slice(path, column, column+1)), graph.Mul(x1, graph.Slice(path, column+1, column+2)))
	}
	v, u := f.velocity("", mix(0), context, graph.Slice(path, 4, pathColumns)), mix(2)
	if coupled {
		square, cross := graph.SumFeatures(graph.Square(v)), graph.SumFeatures(graph.Mul(u, v))
		return graph.MeanRows(graph.Sub(graph.Mul(w, square), graph.Mul(graph.MulScalar(graph.AddScalar(w, -1), 2), cross)))
	}
	square := graph.SumFeatures(graph.Square(graph.Sub(v, u)))
	return graph.Div(graph.SumRows(graph.Mul(w, square)), graph.SumRows(w))
}

// toNetwork applies the preprocessing: (x - shift)/scale.
func toNetwork(x *graph.Node, shift, scale []float64) *graph.Node {
	if shift != nil {
		x = graph.Sub(x, x.Graph.Const(shift, len(shift)))
	}
	return graph.Div(x, x.Graph.Const(scale, len(scale)))
}

// fillPath draws the times of a step, one from each of as many equal parts of
// (0, 1) as there are rows, and writes the path there. The rows of a batch are in
// random order already.
func (l *FlowMatchingLearner) fillPath(dst []float32, s rng.Stream, step uint64) {
	n := len(dst) / pathColumns
	if len(l.places) < n {
		l.places = make([]float32, n)
	}
	s.UniformRows(l.places, n, step, 0, n, 1)
	for i, u := range l.places[:n] {
		q := l.model.Config.Path.at((float64(i) + float64(u)) / float64(n))
		row := dst[i*pathColumns:]
		row[0], row[1], row[2], row[3] = float32(q.a), float32(q.b), float32(q.da), float32(q.db)
		for j, v := range q.features {
			row[4+j] = float32(v)
		}
	}
}

// Losses implements train.Learner.
func (l *FlowMatchingLearner) Losses() []string { return []string{"train"} }

// StepsPerEpoch implements train.Learner.
func (l *FlowMatchingLearner) StepsPerEpoch() int { return l.batches.StepsPerPass() }

// Step implements train.Learner.
func (l *FlowMatchingLearner) Step(step int, factor float64, out []float64) error {
	index := l.batches.At(step)
	l.fillPath(l.path, l.times, uint64(step))
	if err := feed(l.update.Program, l.fields, index, l.path); err != nil {
		return err
	}
	loss, err := l.update.Step(cpu.Batch{Rows: len(index), Step: uint64(step)}, factor)
	out[0] = loss
	if l.average != nil {
		l.average.Update(l.params.Flat(), step)
		copy(l.model.Params.Flat(), l.average.Values)
	}
	return err
}

func feed(p *cpu.Program, fields map[string][]float32, index []uint32, path []float32) error {
	for name, data := range fields {
		if err := p.Feed(name, cpu.Rows{Data: data, Index: index}); err != nil {
			return err
		}
	}
	return p.Feed("path", cpu.Rows{Data: path})
}

// Validate implements train.Learner: the loss of the model on the held-out rows,
// always with the same noise.
func (l *FlowMatchingLearner) Validate() (map[string]float64, error) {
	if l.valid == nil {
		return nil, nil
	}
	if err := feed(l.valid, l.fields, l.holdout, l.vpath); err != nil {
		return nil, err
	}
	if err := l.valid.Run(cpu.Batch{Rows: len(l.holdout)}); err != nil {
		return nil, err
	}
	return map[string]float64{"valid": float64(l.valid.Shared(0)[0])}, nil
}

// State implements train.Learner.
func (l *FlowMatchingLearner) State() []safetensors.Tensor {
	s := append(l.update.State("adam"), vector("params", l.params.Flat()))
	if l.average != nil {
		s = append(s, vector("average", l.average.Values), vector("model", l.model.Params.Flat()))
	}
	return s
}

func vector(name string, v []float32) safetensors.Tensor {
	return safetensors.Tensor{Name: name, Shape: []int{len(v)}, F32: v}
}
