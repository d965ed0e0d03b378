package laser

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"etalon/dataset"
	"etalon/generator"
	"etalon/preprocess"
)

// Refinement is a run that takes a generator as it is and refines it: what has to be said,
// and no more.
type Refinement struct {
	Name    string
	Truth   string // file of truth points
	Columns []any  // of it: names, or numbers from 0; none for all
	// WeightColumn of it, by name or number; "" where all points count the same.
	WeightColumn string
	// Condition are those of the columns that the others are given; none for no conditions.
	Condition  []any
	Preprocess preprocess.Columns
	Generator  GeneratorConfig
	Classifier string // a classifier that stands in for f, or ""
	Points     int    // unweighted ones to make, and to score; 0 means 200 000
	Seed       uint64
	Preset     string // quick ("" means it) or paper, for four times the training
}

// NewModelGenerator is a network: a model directory, or an ONNX file with latents of a
// prior ("" is that of the file, or normal).
func NewModelGenerator(path string, prior generator.Prior) GeneratorConfig {
	return GeneratorConfig{Kind: kindModel, Model: path, Prior: prior}
}

// NewPairsGenerator is files of latents and of what a generator made of them.
func NewPairsGenerator(p PairsConfig) GeneratorConfig {
	return GeneratorConfig{Kind: kindPairs, Pairs: p}
}

// NewProcessGenerator is a program.
func NewProcessGenerator(p generator.ProcessConfig) GeneratorConfig {
	return GeneratorConfig{Kind: kindProcess, Process: p}
}

// Config returns the settings of the run, by the number of truth points and of latents:
// networks are trained for as many steps as the points can tell them apart; one or two latents are
// refined by a table (generator.Rosenblatt), more by flow matching with acceptance. memory
// bounds the tables that are read, 0 for the bound of package dataset. Errors: files that cannot
// be read, too few points.
func (r Refinement) Config(memory int64) (Config, error) {
	preset := r.Preset
	if preset == "" {
		preset = "quick"
	}
	c, err := Preset("quick", "")
	if err != nil {
		return c, err
	}
	c.Name, c.Preset, c.Seed, c.Truth, c.Columns, c.WeightColumn, c.Condition = r.Name, preset, r.Seed, r.Truth, r.Columns, r.WeightColumn, r.Condition
	c.Preprocess = r.Preprocess
	given := r.Generator
	c.Generator.Kind, c.Generator.Hidden, c.Generator.Model, c.Generator.Prior = given.Kind, given.Hidden, given.Model, given.Prior
	c.Generator.Pairs, c.Generator.ConditionInput = given.Pairs, given.ConditionInput
	if given.Kind == kindProcess {
		c.Generator.Process = given.Process
	}
	table, err := dataset.Read(r.Truth, c.truthOptions(memory))
	if err != nil {
		return c, err
	}
	if err := checkTruth(c, table); err != nil {
		return c, err
	}
	worth := 1.0 // of a row
	if table.Weights != nil {
		worth = effective(table.Weights) / float64(table.Rows)
	}
	conditions, err := c.conditionColumns(table.Cols, table.Names)
	if err != nil {
		return c, fmt.Errorf("%s: %w", r.Truth, err)
	}
	if c.Generator.Kind == kindProcess && c.Generator.Process.Dim == 0 {
		c.Generator.Process.Dim = table.Cols - len(conditions)
	}
	latent, prior, err := c.Generator.latents(memory, len(conditions))
	if err != nil {
		return c, err
	}
	steps := 24_000
	if preset == "paper" {
		steps *= 4
	}
	n := min(table.Rows/2, 480_000)
	c.refineSizes(n, int(worth*float64(n)), table.Cols, steps)
	if conditions != nil {
		c.Score.Columns = scoreColumns(table.Cols, conditions)
	}
	c.Classifier.Model = r.Classifier
	if c.Generator.Kind == kindPairs {
		c.Classifier.Folds = 2
	}
	if r.Points != 0 {
		c.Score.Points = r.Points
	}
	// A bin of the histograms that are compared has 20 points, unless there are 100.
	c.Score.Bins = min(max(int(math.Sqrt(worth*float64(min(c.Score.Points, table.Rows/4))/20)), 10), 100)
	c.HMC.Samples = 0
	c.Samplers.CapQuantile, c.Samplers.Rejection = 0.99, min(c.Score.Points, 20_000)
	c.Refiner.Kind = refinerFlowMatching
	c.Refiner.FlowMatching.Network.Prior = prior // that of g, so that Φ starts as the identity
	if latent <= generator.MaxRosenblatt && conditions == nil {
		c.Refiner.Kind, c.Polish.Training.Epochs = refinerRosenblatt, 0
		if latent == 1 {
			c.Refiner.Rosenblatt.Cells = 1 << 12
		}
	}
	return c, c.Check()
}

// scoreColumns are the first two columns that are no conditions, or the only one with the
// first condition.
func scoreColumns(dim int, conditions []int) (list []int) {
	for j := 0; j < dim && len(list) < 2; j++ {
		if !slices.Contains(conditions, j) {
			list = append(list, j)
		}
	}
	if len(list) == 1 {
		list = append(list, conditions[0])
	}
	return list
}

// refineSizes sets the sizes of networks, samples and trainings for n training points,
// which are worth as many of equal weight.
func (c *Config) refineSizes(n, worth, dim, steps int) {
	c.Data.Points = max(n, 1000)
	c.Classifier.Generated = min(max(4*n, 100_000), 1_920_000)
	c.Classifier.Network.Hidden, c.Classifier.Network.Units = 6, 64
	if dim > 8 {
		c.Classifier.Network.Units = 128
	}
	t := &c.Classifier.Training
	t.Adam.Alpha, t.Batch, t.Validation = 2e-3, 500, 0.02
	if worth < 100_000 { // few points are learned by heart
		t.Batch, t.Validation, t.Adam.Alpha = 200, 0.1, 1e-3
		t.Patience = 15
	}
	t.Epochs = epochs(n, t.Batch, steps)
	c.Closure.Points = min(max(n/2, 1000), 50_000)
	c.OmniFold.Events, c.OmniFold.Iterations = min(max(4*n, 20_000), 960_000), 6
	omni := &c.OmniFold.Training
	few := max(steps*min(worth, 100_000)/100_000, min(steps, 3000)) // no more precise than the points
	omni.Epochs = min(max(few/6*omni.Batch/c.OmniFold.Events, 3), 20)
	c.Score = ScoreConfig{Points: 200_000, Bins: 100, Columns: []int{0, 1}[:min(dim, 2)], Floors: 1}
	c.Refiner.Examples = 960_000 // of the generator, which makes any number
	fm, polish := &c.Refiner.FlowMatching.Training, &c.Polish.Training
	fm.Epochs = epochs(c.Refiner.Examples, fm.Batch, steps)
	polish.Epochs = max(steps/12*polish.Batch/c.Refiner.Examples, 2)
}

// epochs are the passes over n points that make so many steps, 8 to 100 of them.
func epochs(n, batch, steps int) int { return min(max(steps*batch/max(n, 1), 8), 100) }

// latents is the number of latents that are refined and their prior, from the files of a
// generator that is not trained and takes given conditions.
func (c GeneratorConfig) latents(memory int64, given int) (n int, prior generator.Prior, err error) {
	switch c.Kind {
	case kindProcess:
		n, prior = c.Process.Latent, c.Process.Prior
	case kindPairs:
		t, err := dataset.Read(c.Pairs.Latents, dataset.ReadOptions{MaxBytes: memory})
		if err != nil {
			return 0, "", err
		}
		n, prior = t.Cols, c.Pairs.Prior
	case kindModel:
		var g generator.Generator
		if c.imports() {
			g, err = c.importONNX(given)
		} else {
			g, err = generator.Load(c.Model)
		}
		if err != nil {
			return 0, "", err
		}
		n, prior = g.LatentDim()-generator.GivenOf(g), g.Prior()
	default:
		return 0, "", errors.New("laser: a refinement takes a model, a program or pairs")
	}
	if c.Hidden >= n {
		return 0, "", fmt.Errorf("hidden = %d of %s; at least one must be known", c.Hidden, plural(n, "latent"))
	}
	return n - c.Hidden, prior, nil
}
