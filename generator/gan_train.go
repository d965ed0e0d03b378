package generator

import (
	"fmt"
	"math"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// GANTraining has the settings of an adversarial training.
type GANTraining struct {
	train.Config
	// Updates is the number of generator updates of an epoch; 0 means as many as show the
	// discriminator every example once.
	Updates int `toml:"updates,omitempty" json:"updates,omitempty"`
	// GenBatch is the number of fakes of a generator update; 0 means Batch, the number of
	// examples and of fakes of a discriminator update.
	GenBatch int `toml:"gen_batch,omitempty" json:"gen_batch,omitempty"`
	// Disc is the discriminator's network; Hidden 0 means that of the generator.
	Disc      DiscConfig `toml:"discriminator" json:"discriminator"`
	DiscSteps int        `toml:"disc_steps" json:"disc_steps"` // discriminator updates per generator update
	DiscAdam  optim.Adam `toml:"disc_adam" json:"disc_adam"`   // Alpha 0: as the generator's
	// Average is the decay of the moving average of the generator's parameters that
	// becomes the model; 0 takes the last parameters.
	Average float64 `toml:"average" json:"average"`
	// Warmup is the share of the steps at the start that train the discriminator alone,
	// so that the generator is shown the way by one that has seen the weights.
	Warmup float64 `toml:"warmup" json:"warmup"`
	// DiscAverage is the decay of the moving average of the discriminator that the
	// generator is trained against; 0 takes the discriminator itself.
	DiscAverage float64 `toml:"disc_average" json:"disc_average"`
	// Coupled makes a refiner learn from pairs: the
	// examples must be draws z from the network's prior with weights, the network residual, and the
	// fake beside an example z is Φ(z, noise). Marginally nothing changes; but where Φ
	// is near the identity and the weights near 1, the noise of the two terms of L_D
	// cancels, and the discriminator sees differences far below the noise of a batch.
	Coupled bool `toml:"coupled" json:"coupled"`
}

// Check returns an error for settings that cannot train.
func (c GANTraining) Check() error {
	if err := c.Config.Check(); err != nil {
		return err
	}
	if c.Patience > 0 {
		return fmt.Errorf("patience = %d: an adversarial training has no loss on held-out rows; 0 is accepted", c.Patience)
	}
	if c.Updates < 0 || c.Updates > 1<<24 || c.GenBatch < 0 || c.GenBatch > 1<<20 {
		return fmt.Errorf("updates = %d, gen_batch = %d; 0 to %d and 0 to %d are accepted", c.Updates, c.GenBatch, 1<<24, 1<<20)
	}
	if c.Disc.Hidden != 0 {
		if err := c.Disc.Check(); err != nil {
			return err
		}
	}
	if c.DiscSteps < 1 || c.DiscSteps > 1000 {
		return fmt.Errorf("disc_steps = %d; 1 to 1000 is accepted", c.DiscSteps)
	}
	if !(c.Average >= 0 && c.Average < 1) || !(c.DiscAverage >= 0 && c.DiscAverage < 1) {
		return fmt.Errorf("average = %v, disc_average = %v; 0 to below 1 is accepted", c.Average, c.DiscAverage)
	}
	if !(c.Warmup >= 0 && c.Warmup <= 1) {
		return fmt.Errorf("warmup = %v; 0 to 1 is accepted", c.Warmup)
	}
	if c.DiscAdam.Alpha != 0 {
		if err := c.DiscAdam.Check(); err != nil {
			return fmt.Errorf("disc_adam: %w", err)
		}
	}
	return nil
}

// CheckNetwork returns an error for a network of dim features that these settings
// cannot train.
func (c GANTraining) CheckNetwork(net GANConfig, dim int) error {
	if c.Coupled && !(net.Residual && net.Latent > dim) {
		return fmt.Errorf("gan: coupled training takes a residual network with more latents than features; residual = %v, %d latents and %d features are given", net.Residual, net.Latent, dim)
	}
	return nil
}

// GANLearner trains a GAN on weighted examples (LaSeR, section 3; arXiv:2012.07873).
// With D the discriminator's logit,
//
//	L_D = Σ w·softplus(-D(z)) / Σ w  +  mean softplus(D(Φ(y)))
//	L_G = mean softplus(-D(Φ(y)))
//
// One step is DiscSteps updates of D and one of Φ.
type GANLearner struct {
	cfg         GANTraining
	model       []float32 // the parameters that become the model
	disc        *nn.Params
	gen         *nn.Params // the network in training; it holds model where there is no average
	discUpdate  *train.Update
	genUpdate   *train.Update
	average     *train.Average
	discAverage *train.Average // or nil
	judge       *nn.Params     // the discriminator that the generator sees
	warmup      int            // steps
	batches     *train.Batches
	rows        int                  // of each class of a discriminator update
	genRows     int                  // of a generator update
	fields      map[string][]float32 // the examples: z, w
}

// adversarial is what a GANLearner trains.
type adversarial struct {
	disc   *discriminator
	params *nn.Params // of the network in training
	prefix string     // of their names in the graph
	model  []float32  // what the training changes: the values of params, or a place for them
	// fake adds points of the model to the graph, their randomness drawn from the
	// stream. Coupled, they belong to the examples, which are nil otherwise.
	fake func(g *graph.Graph, stream string, examples *graph.Node) *graph.Node
	// bind gives the other parameters of the fakes, which stay as they are; nil if
	// there are none.
	bind func(nn.Binder) error
}

// logit adds the discriminator's view of rows to the graph.
func (a *adversarial) logit(x *graph.Node) *graph.Node { return a.disc.build("", x, nil) }

// NewGANLearner prepares the training of gan on examples (n×Dim, row-major) with
// weights (n, mean 1 is customary; nil means 1). The discriminator has the hidden
// sizes of the generator network, unless cfg.Disc has others.
func NewGANLearner(e *cpu.Engine, gan *GAN, data, weights []float32, cfg GANTraining, seed uint64) (*GANLearner, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	dim := gan.Dim()
	if err := cfg.CheckNetwork(gan.Config, dim); err != nil {
		return nil, err
	}
	n := len(data) / dim
	if weights == nil {
		weights = make([]float32, n)
		for i := range weights {
			weights[i] = 1
		}
	}
	if n < 2 || len(data) != n*dim || len(weights) != n {
		return nil, fmt.Errorf("gan: %d values and %d weights are no table of %d features with at least 2 rows", len(data), len(weights), dim)
	}
	c := gan.Config
	disc := cfg.Disc
	if disc.Hidden == 0 {
		disc = DiscConfig{Hidden: c.Hidden, Units: c.Units, Slope: c.Slope}
	}
	return newGANLearner(e, &adversarial{
		disc:   &discriminator{Config: disc, Shift: gan.Shift, Scale: gan.Scale, Transform: gan.Transform, Spread: c.Residual, Start: c.Start},
		params: gan.Params, model: gan.Params.Flat(),
		fake: func(g *graph.Graph, stream string, examples *graph.Node) *graph.Node {
			if examples == nil {
				return gan.Build("", gan.Prior().Build(g, stream, gan.LatentDim()))
			}
			return gan.Build("", graph.Concat(examples, gan.Prior().Build(g, stream, gan.LatentDim()-dim)))
		},
	}, data, weights, cfg, seed)
}

// newGANLearner prepares an adversarial training on checked examples.
func newGANLearner(e *cpu.Engine, a *adversarial, data, weights []float32, cfg GANTraining, seed uint64) (*GANLearner, error) {
	l := &GANLearner{cfg: cfg, model: a.model, disc: &nn.Params{}, gen: a.params, fields: map[string][]float32{"z": data, "w": weights}}
	a.disc.net().Init(l.disc, rng.New(seed, "disc/init"))
	if cfg.Average > 0 {
		l.gen = a.params.Clone()
		l.average = train.NewAverage(cfg.Average, l.gen.Flat())
	}
	l.judge = l.disc
	if cfg.DiscAverage > 0 {
		l.judge = l.disc.Clone()
		l.discAverage = train.NewAverage(cfg.DiscAverage, l.disc.Flat())
	}
	l.batches = train.NewBatches(rng.New(seed, "gan/batches"), train.Group{Lo: 0, Hi: len(weights), Share: cfg.Batch})
	l.rows = l.batches.Rows()
	l.genRows = l.rows
	if cfg.GenBatch > 0 {
		l.genRows = cfg.GenBatch
	}
	l.warmup = int(cfg.Warmup * float64(cfg.Epochs*l.StepsPerEpoch()))
	return l, l.compile(e, a, seed)
}

// compile builds the updates of discriminator and generator.
func (l *GANLearner) compile(e *cpu.Engine, a *adversarial, seed uint64) error {
	g := graph.New()
	z, w := g.Input("z", len(a.disc.Scale)), g.Input("w", 1)
	var pair *graph.Node
	if l.cfg.Coupled {
		pair = z
	}
	fake := a.fake(g, "disc/y", pair)
	loss := discriminatorLoss(a.logit(z), a.logit(fake), w)
	discAdam := l.cfg.DiscAdam
	if discAdam.Alpha == 0 {
		discAdam = l.cfg.Adam
	}
	var err error
	if l.discUpdate, err = train.NewUpdate(e, cpu.Config{Seed: seed}, loss, l.disc, "", discAdam); err != nil {
		return err
	}
	if err := a.bindAll(l.discUpdate.Program, l.gen, a.prefix); err != nil {
		return err
	}
	if l.warmup >= l.cfg.Epochs*l.StepsPerEpoch() {
		return nil // the generator stays as it is
	}

	g = graph.New()
	loss = graph.MeanRows(graph.Softplus(graph.Neg(a.logit(a.fake(g, "gen/y", nil)))))
	if l.genUpdate, err = train.NewUpdate(e, cpu.Config{Seed: seed}, loss, l.gen, a.prefix, l.cfg.Adam); err != nil {
		return err
	}
	return a.bindAll(l.genUpdate.Program, l.judge, "")
}

// bindAll gives a program the parameters p and those that stay as they are.
func (a *adversarial) bindAll(to nn.Binder, p *nn.Params, prefix string) error {
	if err := p.Bind(to, prefix); err != nil || a.bind == nil {
		return err
	}
	return a.bind(to)
}

// discriminatorLoss is L_D of the logits at examples of weight w and at fakes.
func discriminatorLoss(real, fake, w *graph.Node) *graph.Node {
	return graph.Add(
		graph.Div(graph.SumRows(graph.Mul(w, graph.Softplus(graph.Neg(real)))), graph.SumRows(w)),
		graph.MeanRows(graph.Softplus(fake)))
}

// Losses implements train.Learner.
func (l *GANLearner) Losses() []string { return []string{"disc", "gen"} }

// StepsPerEpoch implements train.Learner: an epoch shows the discriminator every
// example once, unless the settings say how many updates it has.
func (l *GANLearner) StepsPerEpoch() int {
	if l.cfg.Updates > 0 {
		return l.cfg.Updates
	}
	return max(1, l.batches.StepsPerPass()/l.cfg.DiscSteps)
}

// Step implements train.Learner.
func (l *GANLearner) Step(step int, factor float64, out []float64) error {
	out[0] = 0
	for k := range l.cfg.DiscSteps {
		t := step*l.cfg.DiscSteps + k
		index := l.batches.At(t)
		for name, data := range l.fields {
			if err := l.discUpdate.Program.Feed(name, cpu.Rows{Data: data, Index: index}); err != nil {
				return err
			}
		}
		loss, err := l.discUpdate.Step(cpu.Batch{Rows: l.rows, Step: uint64(t)}, factor)
		if err != nil {
			return err
		}
		out[0] += loss / float64(l.cfg.DiscSteps)
		if l.discAverage != nil {
			l.discAverage.Update(l.disc.Flat(), t)
		}
	}
	if step < l.warmup {
		out[1] = math.Ln2
		return nil
	}
	if l.discAverage != nil {
		copy(l.judge.Flat(), l.discAverage.Values)
	}
	loss, err := l.genUpdate.Step(cpu.Batch{Rows: l.genRows, Step: uint64(step)}, factor)
	out[1] = loss
	trained := l.gen.Flat()
	if l.average != nil {
		l.average.Update(trained, step-l.warmup)
		trained = l.average.Values
	}
	copy(l.model, trained)
	return err
}

// Validate implements train.Learner. A GAN has no held-out loss that means
// anything by itself: the result is judged by its scores.
func (l *GANLearner) Validate() (map[string]float64, error) { return nil, nil }

// State implements train.Learner.
func (l *GANLearner) State() []safetensors.Tensor {
	s := append(l.discUpdate.State("disc.adam"), vector("disc", l.disc.Flat()), vector("gen", l.gen.Flat()))
	if l.genUpdate != nil {
		s = append(s, l.genUpdate.State("gen.adam")...)
	}
	if l.discAverage != nil {
		s = append(s, vector("disc.average", l.discAverage.Values))
	}
	if l.average != nil {
		s = append(s, vector("average", l.average.Values))
	}
	if &l.model[0] != &l.gen.Flat()[0] {
		s = append(s, vector("model", l.model))
	}
	return s
}
