package fastsim

import (
	"context"
	"fmt"
	"iter"
	"math"

	"gonum.org/v1/gonum/mat"

	"etalon/calo"
)

// Config says how showers are fitted. The zero value is usable.
type Config struct {
	// RadiationLengths is what stands in front of each layer's sensor, behind the one
	// before, in radiation lengths. None means 0.7 in front of each, and 1.3 from layer
	// 21 on where there are 30: tungsten of 2.1 and 4.2 mm, and what else is there.
	RadiationLengths []float64 `toml:"radiation_lengths" json:"radiation_lengths"`
	// StartFraction is the share of the visible energy that has been seen where a shower
	// has started, 0 means 0.003; Lead is how far before that its profile begins, in
	// radiation lengths, 0 means 1.5.
	StartFraction float64 `toml:"start_fraction" json:"start_fraction"`
	Lead          float64 `toml:"lead" json:"lead"`
	Showers       int     `toml:"showers" json:"showers"` // of the file, from its beginning; 0 means all
	// Rounds are those of the calibration, in each of which showers are simulated and
	// looked at as the truth is; 0 means 20. Simulated is their number; 0 means as many as
	// the truth has, 1000 to 4000.
	Rounds    int    `toml:"rounds" json:"rounds"`
	Simulated int    `toml:"simulated" json:"simulated"`
	Seed      uint64 `toml:"seed" json:"seed"` // of the calibration and of the simulation's hidden randomness
	Threads   int    `toml:"threads" json:"threads"`
}

func (c *Config) startFraction() float64 { return orDefault(c.StartFraction, 0.003) }
func (c *Config) lead() float64          { return orDefault(c.Lead, 1.5) }

func (c *Config) rounds() int {
	if c.Rounds == 0 {
		return 20
	}
	return c.Rounds
}

func (c *Config) simulated(truth int) int {
	if c.Simulated == 0 {
		return min(max(truth, 1000), 4000)
	}
	return c.Simulated
}

func orDefault(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// Check returns an error for settings that no fit can follow.
func (c *Config) Check() error {
	switch {
	case !(c.StartFraction >= 0 && c.StartFraction < 0.5):
		return fmt.Errorf("fastsim: start_fraction = %v; 0 (0.003) to 0.5 is accepted", c.StartFraction)
	case !(c.Lead >= 0 && c.Lead <= 20):
		return fmt.Errorf("fastsim: lead = %v radiation lengths; 0 (1.5) to 20 is accepted", c.Lead)
	case c.Showers < 0:
		return fmt.Errorf("fastsim: showers = %d; 0 (all) or more is accepted", c.Showers)
	case c.Rounds < 0 || c.Rounds > 100:
		return fmt.Errorf("fastsim: rounds = %d; 0 (20) to 100 is accepted", c.Rounds)
	case c.Simulated < 0 || c.Simulated > 1e6 || c.Simulated > 0 && c.Simulated < leastShowers:
		return fmt.Errorf("fastsim: simulated = %d; 0 (as many as the truth) or %d to 1000000 is accepted", c.Simulated, leastShowers)
	case c.Threads < 0 || c.Threads > 1<<10:
		return fmt.Errorf("fastsim: threads = %d; 0 (one) to 1024 is accepted", c.Threads)
	}
	return nil
}

// depths returns the depth of each layer's sensor.
func (c *Config) depths(layers int) ([]float64, error) {
	steps := c.RadiationLengths
	if steps == nil {
		for l := range layers {
			step := 0.7
			if layers == 30 && l >= 20 {
				step = 1.3
			}
			steps = append(steps, step)
		}
	}
	if len(steps) != layers {
		return nil, fmt.Errorf("fastsim: radiation_lengths has %d numbers; one for each of the %d layers is accepted", len(steps), layers)
	}
	depth := make([]float64, layers)
	sum := 0.0
	for l, s := range steps {
		sum += s
		depth[l] = sum
	}
	return depth, checkDepth(depth, layers)
}

const (
	// leastShowers is how many a fit needs.
	leastShowers = 50
	// mostEnergies bounds the layer energies that are kept: 2 GiB.
	mostEnergies = 1 << 29
	// blockBytes is the size of a block of showers in memory.
	blockBytes = 8 << 20
)

// Fit finds the parameters of the showers of a file. The file is read once, a block at a
// time; what is kept of a shower are its layer energies and a few numbers.
func Fit(ctx context.Context, r *calo.Reader, cfg Config) (*Simulation, error) {
	return FitBlocks(ctx, r.Shape, max(r.Cut, 0), r.Blocks(max(blockBytes/4/r.Shape.Cells(), 1)), cfg)
}

// FitBlocks finds the parameters of showers that come in blocks; cells below cut (MeV)
// are zero in them, as they will be in the simulation's.
func FitBlocks(ctx context.Context, shape calo.Shape, cut float64, blocks iter.Seq2[calo.Block, error], cfg Config) (*Simulation, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if shape.Layers < 3 || shape.X < 3 || shape.Y < 3 {
		return nil, fmt.Errorf("fastsim: showers of %d layers of %d by %d cells; at least three in each direction are needed", shape.Layers, shape.X, shape.Y)
	}
	depth, err := cfg.depths(shape.Layers)
	if err != nil {
		return nil, err
	}
	p := Parameters{Layers: shape.Layers, X: shape.X, Y: shape.Y, Depth: depth, Cut: cut}
	var truth *census
	n, cells := 0, shape.Cells()
read:
	for b, err := range blocks {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if truth == nil {
			p.aim(b)
			truth = p.census(&cfg)
		}
		for i := range b.N {
			if n == mostEnergies/shape.Layers {
				return nil, fmt.Errorf("fastsim: more than %d showers of %d layers; fewer are accepted (showers)", n, shape.Layers)
			}
			if err := truth.add(b.First+i, b.Cells[i*cells:(i+1)*cells]); err != nil {
				return nil, err
			}
			if n++; n == cfg.Showers {
				break read
			}
		}
	}
	if n < leastShowers {
		return nil, fmt.Errorf("fastsim: %d showers; at least %d are needed", n, leastShowers)
	}
	return calibrate(ctx, p, truth, &cfg)
}

// aim finds the cell that the particles hit, that of the largest energy, and how far
// spots may lie from it: to the nearest edge, or to the farthest where that is close.
func (p *Parameters) aim(b calo.Block) {
	p.ImpactX, p.ImpactY = b.Hottest(calo.Shape{Layers: p.Layers, X: p.X, Y: p.Y})
	right, top := p.X-1-p.ImpactX, p.Y-1-p.ImpactY
	near := min(p.ImpactX, p.ImpactY, right, top)
	if near < 5 {
		near = max(p.ImpactX, p.ImpactY, right, top)
	}
	p.Reach = float64(near)
}

// balance removes from the logarithms of factors of layers their mean and their linear
// and quadratic trend with depth, weighted by energy: the profiles have those.
func balance(factor, depth, weight []float64) {
	n := len(factor)
	a, b := mat.NewDense(n, 3, nil), mat.NewVecDense(n, nil)
	for l, f := range factor {
		w := math.Sqrt(weight[l])
		t := depth[l] / depth[n-1]
		a.SetRow(l, []float64{w, w * t, w * t * t})
		b.SetVec(l, w*math.Log(f))
	}
	var trend mat.VecDense
	if trend.SolveVec(a, b) != nil {
		return
	}
	for l := range factor {
		t := depth[l] / depth[n-1]
		factor[l] *= math.Exp(-trend.AtVec(0) - t*trend.AtVec(1) - t*t*trend.AtVec(2))
		factor[l] = min(max(factor[l], 0.2), 5)
	}
}
