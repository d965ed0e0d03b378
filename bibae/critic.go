package bibae

import (
	"fmt"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/rng"
)

// What a tower of convolutions may see of a shower.
const (
	towerEnergy = "energy" // E, in MeV
	towerLog    = "log"    // ln(1 + E/Unit), Unit 1 MeV where Config.Unit is 0
)

// CriticConfig has the sizes of the critics.
type CriticConfig struct {
	Towers []string `toml:"towers" json:"towers"` // of convolutions: energy, log
	Conv   []Layer  `toml:"conv" json:"conv"`     // of each tower
	Norm   bool     `toml:"norm" json:"norm"`     // layer norm between them
	Slope  float64  `toml:"slope" json:"slope"`   // of the leaky ReLU
	Paths  int      `toml:"paths" json:"paths"`   // units at the end of each tower and of the dense paths
	// Difference is a dense path on the difference to the shower that the decoder's was
	// made of.
	Difference bool `toml:"difference" json:"difference"`
	Units      int  `toml:"units" json:"units"` // of three layers behind the paths
	// Sums is the units of two layers of a further critic: of the energies and active cells
	// of all layers, of their totals and of the centroid, each divided by its spread, the last
	// three counting threefold. It makes totals right that convolutions see last, at next to
	// no cost; 0 is none. Not in the paper.
	Sums int `toml:"sums" json:"sums"`
}

func (c CriticConfig) check(net Config) error {
	seen := map[string]bool{}
	for _, t := range c.Towers {
		if t != towerEnergy && t != towerLog || seen[t] {
			return fmt.Errorf("bibae: critic: towers = %q; %s and %s, each once, are accepted", c.Towers, towerEnergy, towerLog)
		}
		seen[t] = true
	}
	if len(c.Towers) < 1 {
		return fmt.Errorf("bibae: critic: no towers; %s and %s are accepted", towerEnergy, towerLog)
	}
	if !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("bibae: critic: slope = %v; 0 to 1 is accepted", c.Slope)
	}
	if c.Paths < 1 || c.Paths > 1<<14 || c.Units < 1 || c.Units > 1<<14 || c.Sums < 0 || c.Sums > 1<<14 {
		return fmt.Errorf("bibae: critic: paths = %d, units = %d, sums = %d; 1 to %d is accepted, and sums = 0", c.Paths, c.Units, c.Sums, 1<<14)
	}
	list, params, err := c.tower(net, "critic").volumes()
	if err != nil {
		return fmt.Errorf("bibae: %w", err)
	}
	each := params + float64(list[len(list)-1].width()*c.Paths)
	if err := modeldir.CheckParams(float64(len(c.Towers))*each + float64(net.Shape().Cells()*c.Paths)); err != nil {
		return fmt.Errorf("bibae: critic: %w", err)
	}
	return nil
}

func (c CriticConfig) tower(net Config, name string) stack {
	return stack{name: name, in: [3]int{net.Layers, net.X, net.Y}, channels: 1, layers: c.Conv, norm: c.Norm, slope: c.Slope}
}

// critics is one of each kind.
type critics struct {
	net  Config
	cfg  CriticConfig
	sums int // numbers that the critic of sums sees
}

// path is a branch of the critic of showers.
type path struct {
	stack *stack // or nil
	dense dense
	input func(v, ref, e *graph.Node) *graph.Node
}

// paths lists the branches; the sizes are checked.
func (c critics) paths() (list []path) {
	cells := c.net.Shape().Cells()
	for _, t := range c.cfg.Towers {
		s := c.cfg.tower(c.net, "critic/"+t)
		volumes, _, _ := s.volumes()
		view := func(v, _, _ *graph.Node) *graph.Node { return v }
		switch {
		case t == towerEnergy:
			view = func(v, _, _ *graph.Node) *graph.Node { return c.net.expanded(v) }
		case c.net.Unit == 0:
			view = func(v, _, _ *graph.Node) *graph.Node { return graph.Log(graph.AddScalar(v, 1)) }
		}
		list = append(list, path{&s, dense{"critic/" + t, volumes[len(volumes)-1].width(), c.cfg.Paths}, view})
	}
	if c.cfg.Difference {
		list = append(list, path{nil, dense{"critic/difference", cells, c.cfg.Paths}, func(v, ref, _ *graph.Node) *graph.Node { return graph.Sub(v, ref) }})
	}
	return append(list, path{nil, dense{"critic/condition", 1, c.cfg.Paths}, func(_, _, e *graph.Node) *graph.Node { return e }})
}

// end is the layers behind the paths: 256-256-256-1 in the paper.
func (c critics) end() nn.MLP {
	return nn.MLP{Name: "critic/end", In: len(c.paths()) * c.cfg.Paths, Hidden: 3, Units: c.cfg.Units, Out: 1, Slope: c.cfg.Slope}
}

// latent is the critic 1-50-100-50-1 of every latent by itself, as convolutions with one tap.
func (c critics) latent() stack {
	return stack{name: "latent", in: [3]int{c.net.Latent, 1, 1}, channels: 1, slope: 0.01, bare: true,
		layers: []Layer{{Filters: 50, Kernel: 1}, {Filters: 100, Kernel: 1}, {Filters: 50, Kernel: 1}, {Filters: 1, Kernel: 1}}}
}

func (c critics) ofSums() nn.MLP {
	return nn.MLP{Name: "sums", In: c.sums, Hidden: 2, Units: c.cfg.Sums, Out: 1, Slope: c.cfg.Slope}
}

// init declares the parameters and draws their initial values.
func (c critics) init(stream rng.Stream) *nn.Params {
	p := &nn.Params{}
	for _, b := range c.paths() {
		if b.stack != nil {
			b.stack.init(p, stream)
		}
		b.dense.init(p, stream)
	}
	c.end().Init(p, stream)
	c.latent().init(p, stream)
	if c.cfg.Sums > 0 {
		c.ofSums().Init(p, stream)
	}
	return p
}

// judge adds the critic of showers to the graph: what it says (rows 1) of the compressed
// shower v beside the one that it was made of, ref, with energies e (rows 1).
func (c critics) judge(prefix string, v, ref, e *graph.Node) *graph.Node {
	var ends []*graph.Node
	for _, b := range c.paths() {
		x := b.input(v, ref, e)
		if b.stack != nil {
			x = b.stack.build(prefix, x)
		}
		ends = append(ends, graph.LeakyReLU(b.dense.build(prefix, x), c.cfg.Slope))
	}
	return c.end().Build(prefix, graph.Concat(ends...))
}

// judgeLatents adds the critic of latents: one number for each.
func (c critics) judgeLatents(prefix string, z *graph.Node) *graph.Node {
	return c.latent().build(prefix, z)
}

// judgeSums adds the critic of sums.
func (c critics) judgeSums(prefix string, s *graph.Node) *graph.Node {
	return c.ofSums().Build(prefix, s)
}
