package bibae

import (
	"math"
	"testing"

	"etalon/calo"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// tinyConfig has sizes of every kind for showers of 6×6×6 cells: as in the paper, with layer norm and
// energies in MeV, or with the noise of cells and logarithms of energies.
func tinyConfig(paper bool) Config {
	c := Config{
		Layers: 6, X: 6, Y: 6, Latent: 3, Noise: 2, Units: 12, Wide: 16,
		Encoder: []Layer{{Filters: 2, Kernel: 4, Stride: 2, Pad: 2}, {Filters: 3, Kernel: 3, Stride: 1}},
		Grid:    2, GridFilters: 2,
		Decoder: []Layer{{Filters: 2, Kernel: 3, Stride: 3, Transposed: true}, {Filters: 1, Kernel: 3, Stride: 1, Pad: 1}},
		Slope:   0.2, Unit: 0.1, CellNoise: true, Gain: 2, LogVar: -3, Profile: true, EncodeSums: true, EnergyUnit: 100,
	}
	if paper {
		c.Decoder = []Layer{{Filters: 2, Kernel: 3, Stride: 3, Pad: 1, Transposed: true, OutPad: 2}, {Filters: 3, Kernel: 3, Stride: 2, Pad: 1, Transposed: true, OutPad: 1},
			{Filters: 2, Kernel: 2, Stride: 2}, {Filters: 1, Kernel: 3, Stride: 1, Pad: 1}}
		c.Norm, c.Unit, c.CellNoise, c.Gain = true, 0, false, 0
		c.LogVar, c.Profile, c.EncodeSums = 0, false, false
	}
	return c
}

func tinyTraining(paper bool) Training {
	c := SmallTraining()
	c.Epochs, c.Batch, c.CriticSteps = 4, 16, 2
	c.Critic = CriticConfig{Towers: []string{"log"}, Conv: []Layer{{Filters: 3, Kernel: 3, Stride: 2, Pad: 1}, {Filters: 2, Kernel: 2}}, Slope: 0.2, Paths: 4, Units: 6, Sums: 8}
	c.Cells, c.CellEpochs = 1, 2
	if paper {
		c.Critic.Towers, c.Critic.Norm, c.Critic.Difference, c.Critic.Sums = []string{"energy", "log"}, true, true, 0
		c.Sums, c.Likeness, c.Average, c.Cells, c.CellEpochs = 0, 0, 0, 0, 0
		c.Schedule = optim.Schedule{Kind: "constant"}
	}
	return c
}

// showers returns n synthetic showers of 6×6×6 cells: the depth and the total energy vary from
// shower to shower, and cells fluctuate. Energies of the particles are 40 to 60 GeV.
func showers(t testing.TB, n int) *calo.Sparse {
	t.Helper()
	s, err := calo.NewSparse(calo.Shape{Layers: 6, X: 6, Y: 6})
	if err != nil {
		t.Fatal(err)
	}
	u := rng.New(5, "showers")
	for i := range n {
		depth, scale := 1.5+1.5*u.Uniform(0, uint64(i), 0), 1+0.2*u.Normal(0, uint64(i), 1)
		cells := make([]float32, 216)
		for c := range cells {
			l, x, y := float64(c/36), float64(c/6%6)-2.5, float64(c%6)-2.5
			mean := 3 * scale * math.Exp(-(l-depth)*(l-depth)/2-(x*x+y*y)/2)
			if e := mean * -math.Log(u.Uniform(1, uint64(i), c)); e >= 0.1 {
				cells[c] = float32(e)
			}
		}
		if err := s.Append(cells); err != nil {
			t.Fatal(err)
		}
		s.Energies = append(s.Energies, float32(40+20*u.Uniform(2, uint64(i), 0)))
	}
	return s
}

func newEngine(t testing.TB, threads int) *cpu.Engine {
	e := cpu.New(threads)
	t.Cleanup(e.Close)
	return e
}

func newModel(t testing.TB, c Config) *Model {
	t.Helper()
	m, err := New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newLearner(t testing.TB, e *cpu.Engine, m *Model, c Training, n int) *learner {
	t.Helper()
	l, err := NewLearner(e, m, showers(t, n), c, 4)
	if err != nil {
		t.Fatal(err)
	}
	return l.(*learner)
}

func loop(c Training) train.Loop {
	return train.Loop{Name: "bibae", Epochs: c.Epochs, Schedule: c.Schedule}
}
