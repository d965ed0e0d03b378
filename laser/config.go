package laser

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"etalon/dataset"
	"etalon/generator"
	"etalon/preprocess"
	"etalon/train"
)

// Config has every setting of a run. Presets fill it; a TOML file may change any
// of it. Two runs with equal configurations give equal results.
type Config struct {
	Name    string `toml:"name"`    // of the run, in the report
	Preset  string `toml:"preset"`  // quick or paper: where the settings started from
	Seed    uint64 `toml:"seed"`    // of all random numbers
	Density string `toml:"density"` // a built-in truth density …
	Truth   string `toml:"truth"`   // … or a file of truth points
	// Columns of the file that are the features, by name or by number from 0; none for
	// all of them. Other settings count columns among these.
	Columns []any `toml:"columns,omitempty"`
	// WeightColumn is the column of the file that holds the weights of its points, by name
	// or by number; "" where all are equal. It is none of the features.
	WeightColumn string `toml:"weight_column,omitempty"`
	// Condition are those of the columns that are conditions of the generator: what is
	// refined is the density of the others given these.
	Condition []any `toml:"condition,omitempty"`
	// Preprocess says what is done to columns before any network sees them: "log",
	// "log(OFFSET)", "logit(LO,HI)", "none", or "standardise", what is done to the others.
	Preprocess preprocess.Columns `toml:"preprocess,omitempty"`

	Data       DataConfig       `toml:"data"`
	Generator  GeneratorConfig  `toml:"generator"`
	Classifier ClassifierConfig `toml:"classifier"`
	Closure    ClosureConfig    `toml:"closure"`
	OmniFold   OmniFoldConfig   `toml:"omnifold"`
	Samplers   SamplersConfig   `toml:"samplers"`
	HMC        HMCConfig        `toml:"hmc"`
	Refiner    RefinerConfig    `toml:"refiner"`
	Polish     PolishConfig     `toml:"polish"`
	Iterate    IterateConfig    `toml:"iterate"`
	Score      ScoreConfig      `toml:"score"`
}

// DataConfig says how much truth is trained on.
type DataConfig struct {
	Points int `toml:"points"` // training points; of a file, at most half of its rows
}

// RefinerConfig is the refiner Φ.
type RefinerConfig struct {
	Kind     string `toml:"kind"`     // gan (the paper's), flow (its second option), flow-matching, rosenblatt (of 1 or 2 latents), or none
	Examples int    `toml:"examples"` // weighted latents to train on
	// Of kind gan:
	Network  generator.GANConfig   `toml:"network"`
	Training generator.GANTraining `toml:"training"`

	Flow         FlowConfig         `toml:"flow"`
	FlowMatching FlowMatchingConfig `toml:"flow_matching"`
	Rosenblatt   RosenblattConfig   `toml:"rosenblatt"`
}

// RosenblattConfig is a table of the weights of one or two latents (generator.Rosenblatt),
// which is not trained and not polished.
type RosenblattConfig struct {
	Cells int `toml:"cells"` // of each latent
}

// FlowMatchingConfig is a velocity and its training.
type FlowMatchingConfig struct {
	Network  generator.FlowMatchingConfig   `toml:"network"`
	Training generator.FlowMatchingTraining `toml:"training"`
}

// The kinds of refiners.
const (
	refinerGAN          = "gan"
	refinerFlow         = "flow"
	refinerFlowMatching = "flow-matching"
	refinerRosenblatt   = "rosenblatt"
	refinerNone         = "none"
)

// Refines tells that a run trains a refiner.
func (c *Config) Refines() bool { return c.Refiner.Kind != refinerNone }

// check returns an error for settings that make no refiner of the latents of a
// generator.
func (c RefinerConfig) check(dim int, prior generator.Prior) error {
	if c.Kind == refinerNone {
		return nil
	}
	if prior == generator.Uniform && c.Kind != refinerFlowMatching && c.Kind != refinerRosenblatt {
		return fmt.Errorf("kind = %q: its output has no bounds, the generator's latents lie in (-1, 1); %s and %s are accepted", c.Kind, refinerFlowMatching, refinerRosenblatt)
	}
	switch c.Kind {
	case refinerGAN:
		if err := c.Network.Check(dim); err != nil {
			return fmt.Errorf("network: %w", err)
		}
		if err := c.Training.CheckNetwork(c.Network, dim); err != nil {
			return fmt.Errorf("training: %w", err)
		}
	case refinerFlow:
		if dim < 2 {
			return fmt.Errorf("kind = %q: a flow takes at least 2 latents, the generator has %d", c.Kind, dim)
		}
		if err := c.Flow.Network.Check(); err != nil {
			return fmt.Errorf("flow.network: %w", err)
		}
	case refinerRosenblatt:
		if dim > generator.MaxRosenblatt {
			return fmt.Errorf("kind = %q: a table of at most %d latents, the generator has %d; %s is accepted", c.Kind, generator.MaxRosenblatt, dim, refinerFlowMatching)
		}
	case refinerFlowMatching:
		if err := c.FlowMatching.Network.Check(); err != nil {
			return fmt.Errorf("flow_matching.network: %w", err)
		}
	}
	return nil
}

// checkTraining returns an error for settings that cannot train.
func (c RefinerConfig) checkTraining() error {
	var err error
	name := "training"
	switch c.Kind {
	case refinerNone:
	case refinerGAN:
		err = c.Training.Check()
	case refinerFlow:
		name, err = "flow.training", c.Flow.Training.Check()
	case refinerFlowMatching:
		name, err = "flow_matching.training", c.FlowMatching.Training.Check()
		if p := c.FlowMatching.Network.Refines; err == nil && p != "" {
			return fmt.Errorf("flow_matching.network.refines = %q; a run sets it from the generator's prior, so leave it out", p)
		}
	case refinerRosenblatt:
		name, err = "rosenblatt", generator.RosenblattConfig{Dim: 1, Cells: c.Rosenblatt.Cells}.Check()
	default:
		return fmt.Errorf("kind = %q; %s, %s, %s, %s and %s are accepted", c.Kind, refinerGAN, refinerFlow, refinerFlowMatching, refinerRosenblatt, refinerNone)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// PolishConfig is the acceptance of the refiner's points (generator.Acceptance).
type PolishConfig struct {
	Network  generator.DiscConfig `toml:"network"`
	Training train.Config         `toml:"training"` // epochs = 0: none
}

// ScoreConfig says how the methods are compared.
type ScoreConfig struct {
	Points  int       `toml:"points"`  // of each sample (HMC: hmc.samples)
	Bins    int       `toml:"bins"`    // of each axis
	Range   []float64 `toml:"range"`   // x0, x1, y0, y1; empty: the density's, or that of the truth
	Columns []int     `toml:"columns"` // the two features that are compared, or one
	Floors  int       `toml:"floors"`  // truth samples whose mean score is the floor; a file has one
}

// Check returns an error, one line that names the setting, for a configuration
// that cannot run.
func (c *Config) Check() error {
	if err := c.checkSizes(); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if c.Density != "" {
		if _, err := dataset.Lookup(c.Density); err != nil {
			return fmt.Errorf("config: %w", err)
		}
	}
	if err := c.checkCondition(); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	for _, part := range []struct {
		name  string
		check func() error
	}{
		{"generator", c.Generator.check},
		{"classifier", c.Classifier.check},
		{"closure", c.Closure.check},
		{"omnifold", c.OmniFold.check},
		{"samplers", c.Samplers.check},
		{"hmc", c.HMC.check},
		{"polish", c.Polish.check},
		{"refiner", c.Refiner.checkTraining},
		{"iterate", func() error { return c.Iterate.check(c) }},
	} {
		if err := part.check(); err != nil {
			return fmt.Errorf("config: %s.%w", part.name, err)
		}
	}
	if c.Classifier.Model != "" {
		switch {
		case !c.Network():
			return errors.New("config: classifier.model stands in for f where weights are pulled back as f(g(z)); the latents of programs, pairs and hidden randomness need OmniFold, which trains its own")
		case c.Classifier.Density:
			return errors.New("config: classifier.model is trained already, so that classifier.density = false is accepted")
		case c.Iterate.Rounds > 0:
			return errors.New("config: classifier.model knows nothing of a refined generator, so that iterate.rounds = 0 is accepted")
		}
	}
	if err := c.Preprocess.Check(); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if c.Generator.Kind == kindPairs && c.Classifier.Folds < 2 {
		return fmt.Errorf("config: classifier.folds = %d: the pairs are trained on, so that their weights need at least 2 folds", c.Classifier.Folds)
	}
	if c.Classifier.Density {
		if err := c.checkDensity(); err != nil {
			return fmt.Errorf("config: classifier.density = true: %w", err)
		}
	}
	return nil
}

// checkDensity returns an error for generators that have no explicit density, as far as
// the settings tell.
func (c *Config) checkDensity() error {
	switch g := c.Generator; {
	case g.Kind != kindFlow && g.Kind != kindModel:
		return fmt.Errorf("a generator of kind %q has no explicit density; kind %q has one, and so may %q", g.Kind, kindFlow, kindModel)
	case g.Hidden > 0:
		return fmt.Errorf("with generator.hidden = %d the density is not that of the known latents; hidden = 0 is accepted", g.Hidden)
	case c.Iterate.Rounds > 0 && c.Refiner.Kind == refinerGAN:
		return fmt.Errorf("a later round needs that of g∘Φ, which a refiner of kind %q does not leave; %s and %s do", refinerGAN, refinerFlow, refinerFlowMatching)
	}
	return nil
}

// checkSizes checks numbers that stand by themselves.
func (c *Config) checkSizes() error {
	const most = 1 << 28
	for _, v := range c.Columns {
		switch v.(type) {
		case string, int64:
		default:
			return fmt.Errorf("columns: %v; names, and numbers from 0, are accepted", v)
		}
	}
	switch {
	case (c.Density == "") == (c.Truth == ""):
		return fmt.Errorf("give either density (one of %v) or truth (a file)", dataset.Names())
	case len(c.Columns) > 0 && c.Truth == "":
		return errors.New("columns are those of a truth file, and density names none")
	case c.WeightColumn != "" && c.Truth == "":
		return errors.New("weight_column is that of a truth file, and density names none")
	case c.Score.Floors < 1 || c.Score.Floors > 100:
		return fmt.Errorf("score.floors = %d; 1 to 100 is accepted", c.Score.Floors)
	case c.Score.Bins < 2 || c.Score.Bins > 200:
		return fmt.Errorf("score.bins = %d; 2 to 200 is accepted", c.Score.Bins)
	}
	switch cols := c.Score.Columns; {
	case len(cols) < 1 || len(cols) > 2 || slices.Min(cols) < 0 || len(cols) == 2 && cols[0] == cols[1]:
		return fmt.Errorf("score.columns = %v; one column, or two different ones, from 0, are accepted", cols)
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"data.points", c.Data.Points}, {"classifier.generated", c.Classifier.Generated},
		{"refiner.examples", c.Refiner.Examples}, {"score.points", c.Score.Points},
	} {
		if n.value < 1000 || n.value > most {
			return fmt.Errorf("%s = %d; 1000 to %d is accepted", n.name, n.value, most)
		}
	}
	if r := c.Score.Range; len(r) != 0 {
		ok := len(r) == 2*len(c.Score.Columns)
		for i := 0; ok && i < len(r); i += 2 {
			ok = r[i] < r[i+1] && !math.IsInf(r[i+1]-r[i], 0)
		}
		if !ok {
			return fmt.Errorf("score.range = %v; [x0, x1, y0, y1] with x0 < x1 and y0 < y1 is accepted, or [x0, x1] of one column", r)
		}
	}
	return nil
}

func (c PolishConfig) check() error {
	if c.Training.Epochs == 0 {
		return nil
	}
	if err := c.Network.Check(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if err := c.Training.Check(); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	return nil
}

// columns are those of the truth file as a reader takes them; nil for all.
func (c *Config) columns() []string {
	var list []string
	for _, v := range c.Columns {
		list = append(list, fmt.Sprint(v))
	}
	return list
}
