package omnifold

import (
	"context"
	"fmt"

	"etalon/dctr"
	"etalon/preprocess"
	"etalon/train"
)

const maxIterations = 1000

// Config has the settings of an unfolding.
type Config struct {
	Detector dctr.Config  // network of step 1
	Particle dctr.Config  // network of step 2
	Training train.Config // of both, in each iteration
	Loss     dctr.Loss
	// Transform is what is done to the columns of x before the detector's network; nil is
	// nothing. Rows beyond its bounds are refused.
	Transform preprocess.Transform
	// LatentTransform is the same for the columns of z and the particle's network.
	LatentTransform preprocess.Transform
	// Iterations; 0 means 5. More follow the data more closely and its noise too.
	Iterations int
	// WarmStart lets each training begin with the networks of the iteration before; it
	// may then be shorter.
	WarmStart bool
	Seed      uint64
	// Train runs a training; nil means train.Loop without progress. It returns a record
	// for each epoch. Names are those of StepName: a loop with a checkpoint file for each
	// name continues within an iteration.
	Train func(ctx context.Context, name string, l train.Learner) ([]train.Record, error)
	// After, if set, is called after each iteration with the result so far. The score
	// that it returns, or nil, is kept with the iteration; an error ends the unfolding.
	// With a warm start the networks of the result change when it has returned.
	After func(ctx context.Context, r *Result) (*Score, error)
	// Checkpoint is the file that holds the state after the last finished iteration, or
	// "". Where it exists, Unfold continues from it, with the same bytes as without the
	// interruption; with more Iterations than before it makes those that are missing. It
	// stays for the caller to remove when the result is safe.
	Checkpoint string
}

// StepName returns what the training of step 1 or 2 of an iteration, counted from 1, is
// called.
func StepName(iteration, step int) string {
	return fmt.Sprintf("iteration %d, step %d", iteration, step)
}

// Check returns an error for settings that cannot unfold.
func (c Config) Check() error {
	if c.Iterations < 0 || c.Iterations > maxIterations {
		return fmt.Errorf("omnifold: iterations = %d; 0 (for 5) to %d is accepted", c.Iterations, maxIterations)
	}
	for _, check := range []func() error{c.Detector.Check, c.Particle.Check, c.Loss.Check, c.Training.Check} {
		if err := check(); err != nil {
			return fmt.Errorf("omnifold: %w", err)
		}
	}
	return nil
}

// Simulation is n simulated events.
type Simulation struct {
	Z []float32 // n×ZDim row-major: what happened, or the known latents
	X []float32 // n×XDim row-major: what is seen of it
	W []float64 // n weights before the unfolding, positive in total; nil is 1 each
	// ZDim and XDim are the numbers of features.
	ZDim, XDim int
}

// Data is what the simulation is to follow: rows of the simulation's XDim features,
// with weights or without.
type Data = dctr.Sample

// Iteration says what an iteration did.
type Iteration struct {
	// MeanChange is the mean of |Δ ln ν| over the events, in their first weights; after
	// the first iteration of |ln ν|.
	MeanChange float64
	NEff       float64 // of the weights ν times the first ones
	// AUC is of step 1's classifier on the rows held out of its training, between data
	// and simulation with the weights before the iteration: ½ where they agree. NaN
	// where nothing is held out.
	AUC      float64
	AUCError float64
	// Losses of the last epoch on held-out rows; NaN where nothing is held out.
	Valid1 float64
	Valid2 float64
	// Score is what Config.After returned, or nil.
	Score *Score
}

// Score compares a sample that follows ν with the truth: the distances of their
// histograms, NaN where not known.
type Score struct {
	JSD float64 // nats
	EMD float64 // data units
}

// Result is the end of an unfolding.
type Result struct {
	// Nu gives ln ν(z), the factor on the simulation's first weights, for any z, up to
	// a constant near 0.
	Nu *dctr.Classifier
	// LogNu is ln ν of the simulated events, normalised so that the weights W·ν have
	// the total of W.
	LogNu []float64
	// Detector gives the last step 1's ln w(x): how data and simulation still differed.
	Detector   *dctr.Classifier
	Iterations []Iteration
}
