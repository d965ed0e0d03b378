package laser

import (
	"fmt"

	"etalon/generator"
)

// IterateConfig refines more than once. Each further round takes the refined model as
// its generator, trains a classifier and a refiner for it, and so on.
type IterateConfig struct {
	Rounds int `toml:"rounds"` // after the first; 0 is none
	// Kind is "refine", which takes g∘Φ as it is, or "continue", which first trains g on
	// with latents that Φ makes (LaSeR, section 3 and Table 2). For a flow g that needs
	// the density of Φ: refiner.kind = "flow" or "flow-matching".
	Kind     string                   `toml:"kind"`
	Continue generator.ContinueConfig `toml:"continue"`
}

const (
	iterateRefine   = "refine"
	iterateContinue = "continue"
	maxRounds       = 8
)

func (c IterateConfig) check(all *Config) error {
	if c.Rounds < 0 || c.Rounds > maxRounds {
		return fmt.Errorf("rounds = %d; 0 to %d is accepted", c.Rounds, maxRounds)
	}
	if c.Rounds == 0 {
		return nil
	}
	if !all.Refines() {
		return fmt.Errorf("rounds = %d: with refiner.kind = %q there is nothing to refine again", c.Rounds, refinerNone)
	}
	switch c.Kind {
	case iterateRefine:
		if all.Generator.Kind == kindPairs {
			return fmt.Errorf("rounds = %d: a file of pairs makes no new points", c.Rounds)
		}
		return nil
	case iterateContinue:
		if c.Rounds > 1 {
			return fmt.Errorf("rounds = %d: kind = %q makes one round; refine again with kind = %q", c.Rounds, c.Kind, iterateRefine)
		}
	default:
		return fmt.Errorf("kind = %q; %s and %s are accepted", c.Kind, iterateRefine, iterateContinue)
	}
	if all.Generator.Hidden > 0 {
		return fmt.Errorf("kind = %q: a generator with hidden latents is not trained on; refine again with kind = %q", c.Kind, iterateRefine)
	}
	kind := all.Generator.Kind
	if kind == kindModel {
		return nil // known when it is read
	}
	if err := generator.CheckContinueKinds(kind, all.Refiner.Kind); err != nil {
		return fmt.Errorf("kind = %q: %w", c.Kind, err)
	}
	if err := c.Continue.CheckFor(kind); err != nil {
		return fmt.Errorf("continue: %w", err)
	}
	return nil
}
