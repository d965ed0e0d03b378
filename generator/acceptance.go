package generator

import (
	"fmt"
	"math"
	"slices"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/preprocess"
	"etalon/rng"
	"etalon/train"
)

const acceptanceKind = "acceptance"

// Acceptance polishes the output of a refiner: a discriminator D(z, g(z)) trained
// on the finished Φ estimates what Φ still lacks, ln q_Z/p_Φ, and a point of Φ is
// accepted with probability min(1, exp(D - LogCap)) (von Neumann rejection; with a
// discriminator: arXiv:1810.06758). The residual ratio is close to one, so most
// points pass, and the refined model is as precise as the weights.
type Acceptance struct {
	LogCap float64 // ln of the ratio from which on every point is accepted
	// Efficiency is the share of Φ's points that are accepted. Overweight is the share
	// of the weight that the cap cuts off.
	Efficiency, Overweight float64
	// Worst is the range of a condition where the cap cuts off most, and Least the one with
	// the lowest efficiency; nil without conditions.
	Worst, Least *ConditionRange
	disc         discriminator
	params       *nn.Params
	given        []float32 // conditions of the examples
}

// NewAcceptanceLearner prepares the training of the discriminator on latents z of g
// (n×LatentDim, row-major, drawn from its prior) with weights w (n) for the refiner
// phi, which stays as it is. Finish makes the Acceptance when the training is done.
//
// Where Φ takes latents like those of g, the fake beside an example z is Φ(z), or
// Φ(z, noise): marginally a draw of Φ like any other, but where Φ is near the identity
// the noise of the two terms of the loss cancels.
func NewAcceptanceLearner(e *cpu.Engine, g, phi Generator, z, w []float32, net DiscConfig, cfg train.Config, seed uint64) (*train.Objective, *Acceptance, error) {
	if err := net.Check(); err != nil {
		return nil, nil, err
	}
	if err := cfg.Check(); err != nil {
		return nil, nil, fmt.Errorf("acceptance: %w", err)
	}
	dim := phi.Dim()
	if g.LatentDim() != dim {
		return nil, nil, fmt.Errorf("generator: the refiner makes %d latents, the generator takes %d", dim, g.LatentDim())
	}
	n := len(z) / dim
	if n < 2 || len(z) != n*dim || len(w) != n {
		return nil, nil, fmt.Errorf("acceptance: %d values and %d weights are no table of %d latents with at least 2 rows", len(z), len(w), dim)
	}
	a := &Acceptance{disc: discriminator{Config: net, Scale: slices.Repeat([]float64{1}, dim), Spread: true}, params: &nn.Params{}}
	k := GivenOf(phi)
	if k != GivenOf(g) {
		return nil, nil, fmt.Errorf("acceptance: the refiner keeps %d conditions, the generator takes %d", k, GivenOf(g))
	}
	if k > 0 {
		a.seeGiven(phi, z, k)
	}
	x, err := a.disc.seeThrough(e, g, z)
	if err != nil {
		return nil, nil, err
	}
	a.disc.net().Init(a.params, rng.New(seed, "disc/init"))

	b := graph.New()
	example, weight := b.Input("z", dim), b.Input("w", 1)
	y := phi.Prior().Build(b, "disc/y", phi.LatentDim()-k)
	if k > 0 {
		y = graph.Concat(y, graph.Slice(example, dim-k, dim))
	}
	gan, isGAN := phi.(*GAN)
	switch {
	case phi.Prior() != g.Prior():
	case isGAN && gan.Config.Residual && gan.LatentDim() > dim:
		y = graph.Concat(example, phi.Prior().Build(b, "disc/y", phi.LatentDim()-dim))
	case !isGAN && phi.LatentDim() == dim:
		y = example
	}
	fake := phi.Build("phi/", y)
	loss := discriminatorLoss(a.disc.build("", example, b.Input("x", g.Dim())), a.disc.build("", fake, g.Build("g/", fake)), weight)
	l, err := train.NewObjective(e, train.ObjectiveConfig{
		Loss: loss, Params: a.params, Adam: cfg.Adam, Seed: seed,
		Fields:  map[string][]float32{"z": z, "w": w, "x": x},
		Batches: train.NewBatches(rng.New(seed, "acceptance/batches"), train.Group{Lo: 0, Hi: n, Share: cfg.Batch}),
		Bind:    func(p nn.Binder) error { return (&Composed{G: g, Phi: phi}).Bind(p, "") },
	})
	return l, a, err
}

// One in capShare points of Φ lies above the cap: it is accepted always, that is,
// with less than its weight.
const capShare = 1000

// Finish sets the cap, the efficiency and the overweight from points of g∘Φ.
func (a *Acceptance) Finish(e *cpu.Engine, g, phi Generator, seed uint64) error {
	c := &Composed{G: g, Phi: phi, Accept: a}
	s, err := newRefinedSampler(e, c, seed, "acceptance")
	if err != nil {
		return err
	}
	const n = 1 << 18
	logits := make([]float32, n)
	k := GivenOf(phi)
	given := make([]float32, n*k)
	for i := range given {
		given[i] = a.given[i%len(a.given)]
	}
	s.give(0, given)
	if err := s.attempt(0, s.rows(0, n), nil, nil, nil, logits); err != nil {
		return err
	}
	sorted := slices.Clone(logits)
	slices.Sort(sorted)
	a.LogCap = float64(sorted[n-n/capShare])
	kept, whole := 0.0, 0.0
	for _, l := range logits {
		kept += math.Exp(min(float64(l)-a.LogCap, 0)) / n
		whole += math.Exp(float64(l)-a.LogCap) / n
	}
	a.Efficiency, a.Overweight = kept, 1-kept/whole
	a.Worst, a.Least = byCondition(given, k, logits, a.LogCap)
	if a.Least != nil && !(a.Least.Efficiency > 0.01) {
		return &InefficientError{a.Least.Efficiency}
	}
	if !(a.Efficiency > 0.01) {
		return &InefficientError{a.Efficiency}
	}
	return nil
}

// InefficientError tells that a refiner is too far from its target for an acceptance.
type InefficientError struct{ Efficiency float64 }

func (e *InefficientError) Error() string {
	return fmt.Sprintf("generator: only %.2g of the refiner's points would be accepted: train refiner and polish for longer, or do without polish (polish.training.epochs = 0)", e.Efficiency)
}

// build adds the logit ln q_Z/p_Φ of latents z with features x to the graph.
func (a *Acceptance) build(prefix string, z, x *graph.Node) *graph.Node {
	return a.disc.build(prefix, z, x)
}

type acceptanceMeta struct {
	modeldir.Header
	LogCap     float64 `json:"log_cap"`
	Efficiency float64 `json:"efficiency"`
	Overweight float64 `json:"overweight"`
	// Worst and Least are those of Acceptance; Preprocess is of latents and conditions.
	Worst      *ConditionRange      `json:"worst,omitempty"`
	Least      *ConditionRange      `json:"least,omitempty"`
	Preprocess preprocess.Transform `json:"preprocess,omitempty"`
	discriminator
}

// Save writes a model directory.
func (a *Acceptance) Save(dir string) error {
	return modeldir.Save(dir, acceptanceMeta{modeldir.NewHeader(acceptanceKind), a.LogCap, a.Efficiency, a.Overweight, a.Worst, a.Least, a.disc.Transform, a.disc}, a.params, nil)
}

func loadAcceptance(dir string, latents, features int) (*Acceptance, error) {
	var m acceptanceMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	err := m.Config.Check()
	switch {
	case err != nil:
	case m.Kind != acceptanceKind:
		err = fmt.Errorf("a model of kind %q; %s is accepted", m.Kind, acceptanceKind)
	case len(m.Scale) != latents || len(m.FeatureScale) != features || m.LogCap-m.LogCap != 0:
		err = fmt.Errorf("it is made for %d latents and %d features, the model has %d and %d", len(m.Scale), len(m.FeatureScale), latents, features)
	default:
		if err = checkScale(m.Scale, latents); err == nil {
			err = checkScale(m.FeatureScale, features)
		}
		if err == nil {
			err = checkShift(m.Shift, latents)
		}
		if err == nil {
			err = checkShift(m.FeatureShift, features)
		}
		if err == nil && m.Preprocess != nil {
			err = m.Preprocess.Check(latents)
		}
		if err == nil {
			if err = modeldir.CheckSize(1, m.Config.Hidden, m.Config.Units, latents+features); err == nil {
				err = modeldir.CheckStored(dir, 1, m.Config.Hidden, m.Config.Units)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	a := &Acceptance{LogCap: m.LogCap, Efficiency: m.Efficiency, Overweight: m.Overweight, Worst: m.Worst, Least: m.Least, disc: m.discriminator, params: &nn.Params{}}
	a.disc.Transform = m.Preprocess
	a.disc.net().Init(a.params, initStream)
	return a, modeldir.LoadParams(dir, a.params)
}
