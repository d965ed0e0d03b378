package stagetime

import (
	"math"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/laser"
	"etalon/rng"
	"etalon/train"
)

const dim = 2 // features of the density

// scale has the standard deviations of the double donut: rings of ⟨r²⟩ = 17 about
// (±4, 0).
func scale() []float64 { return []float64{math.Sqrt(16 + 17./2), math.Sqrt(17. / 2)} }

// truth draws n points of the density.
func truth(n int) ([]float32, error) {
	d, err := dataset.Lookup(density)
	if err != nil {
		return nil, err
	}
	x := make([]float32, n*dim)
	dataset.Sample(d, x, rng.New(seed, "bench/truth"), 0)
	return x, nil
}

// normals draws n standard normal values.
func normals(n int) []float32 {
	v := make([]float32, n)
	rng.New(seed, "bench/normal").NormalRows(v, n, 0, 0, n, 1)
	return v
}

// steps returns the stage that repeats the steps of a learner.
func steps(e *cpu.Engine, l train.Learner, rows int, flop float64) *Stage {
	step, losses := 0, make([]float64, len(l.Losses()))
	return &Stage{Rows: rows, FLOP: flop, Threads: e.Threads(), Run: func() error {
		err := l.Step(step, 1, losses)
		step++
		return err
	}}
}

// newFlow is a training step of the flow on the paper's number of points.
func newFlow(e *cpu.Engine, paper laser.Config) (*Stage, error) {
	x, err := truth(paper.Data.Points)
	if err != nil {
		return nil, err
	}
	flow, err := generator.NewFlow(paper.Generator.Flow.Network, scale(), seed)
	if err != nil {
		return nil, err
	}
	l, err := generator.NewFlowObjective(e, flow, x, paper.Generator.Flow.Training, seed)
	if err != nil {
		return nil, err
	}
	rows := paper.Generator.Flow.Training.Batch
	return steps(e, l, rows, float64(rows)*flowTraining(paper.Generator.Flow.Network, dim)), nil
}

// classifierNetwork has the sizes of the classifier.
func classifierNetwork(c dctr.Config) network { return network{dim, c.Hidden, c.Units, 1} }

// paperBatch is the batch of the paper's classifier (LaSeR, section 4), of each class; the
// preset's is smaller.
const paperBatch = 2000

// newClassifier is a training step of the classifier, on a batch of truth and one of
// generated points.
func newClassifier(e *cpu.Engine, paper laser.Config) (*Stage, error) {
	x, err := truth(paper.Data.Points)
	if err != nil {
		return nil, err
	}
	f, err := dctr.New(paper.Classifier.Network, scale(), seed)
	if err != nil {
		return nil, err
	}
	cfg := paper.Classifier.Training
	cfg.Batch = paperBatch
	l, err := dctr.NewObjective(e, f, x, normals(len(x)), cfg, seed)
	if err != nil {
		return nil, err
	}
	rows := 2 * cfg.Batch
	return steps(e, l, rows, float64(rows)*classifierNetwork(paper.Classifier.Network).training()), nil
}

// newGAN is an iteration of the refiner's training on weighted latents. Its rows are
// the examples that the discriminator is shown.
func newGAN(e *cpu.Engine, paper laser.Config) (*Stage, error) {
	r := paper.Refiner
	phi, err := generator.NewGAN(r.Network, []float64{1, 1}, seed)
	if err != nil {
		return nil, err
	}
	w := make([]float32, r.Examples)
	rng.New(seed, "bench/weights").UniformRows(w, len(w), 0, 0, len(w), 1)
	l, err := generator.NewGANLearner(e, phi, normals(r.Examples*dim), w, r.Training, seed)
	if err != nil {
		return nil, err
	}
	g := network{r.Network.Latent, r.Network.Hidden, r.Network.Units, dim}
	d := network{dim, r.Network.Hidden, r.Network.Units, 1}
	rows := r.Training.DiscSteps * r.Training.Batch
	return steps(e, l, rows, float64(r.Training.Batch)*ganTraining(g, d, r.Training.DiscSteps)), nil
}
