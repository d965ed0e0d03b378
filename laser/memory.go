package laser

import "fmt"

// checkMemory refuses settings that make a table of points larger than the bound of the
// memory, if one is given; files of truth and of pairs are held against it when they are
// read.
func (r *Run) checkMemory() error {
	if r.memory <= 0 {
		return nil
	}
	c := r.cfg
	for _, t := range []struct {
		name string
		made bool
		rows int
	}{
		{"data.points", c.Density != "", c.Data.Points}, // of a file they are rows that were read
		{"classifier.generated", c.Classifier.Model == "" && c.Generator.Kind != kindPairs, c.Classifier.Generated},
		{"score.points", true, c.Score.Points},
		{"omnifold.events", !c.Network(), c.OmniFold.Events},
		{"hmc.samples", c.HMC.Samples > 0, c.HMC.Samples},
		{"samplers.samples", len(c.Samplers.list()) > 0, c.Samplers.Samples},
		{"refiner.examples", c.Refines() && c.Refiner.Kind != refinerRosenblatt, c.Refiner.Examples},
	} {
		if t.made && int64(t.rows) > r.memory/4/int64(r.truth.dim) {
			return fmt.Errorf("config: %s = %d: a table of so many points by %s exceeds the limit of %d bytes", t.name, t.rows, plural(r.truth.dim, "column"), r.memory)
		}
	}
	return nil
}
