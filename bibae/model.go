package bibae

import (
	"fmt"
	"strings"

	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// Model is encoder and decoder. As a generator.Generator it is the decoder, the latents of
// which are all standard normal: the encoded ones first, then Noise and, with CellNoise,
// one for each cell, of which the normal distribution function makes the uniform noise.
// NewSimulator hides the noise.
type Model struct {
	Config Config
	// Energy is that of the particles whose showers are generated, in the unit of the
	// files (GeV). NewLearner sets it to the mean of the training's.
	Energy float64
	// NoiseSeed is the seed of the hidden noise of a simulator that is loaded.
	NoiseSeed uint64
	Params    *nn.Params // of encoder and decoder
}

// New returns an untrained model.
func New(cfg Config, seed uint64) (*Model, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	m := &Model{Config: cfg, Energy: 50, NoiseSeed: seed, Params: &nn.Params{}}
	s := rng.New(seed, "bibae/init")
	cfg.encoder().init(m.Params, s)
	volumes, _, err := cfg.encoder().volumes()
	if err != nil {
		return nil, fmt.Errorf("bibae: %w", err)
	}
	for _, d := range append(cfg.encoderHead(volumes), cfg.decoderHead()...) {
		d.init(m.Params, s)
	}
	cfg.decoder().init(m.Params, s)
	if cfg.Profile {
		cfg.profile().init(m.Params, s)
		w := m.Params.Values("decoder/profile/0/W")
		for i := range w {
			w[i] *= 0.1 // energies are exponentials of it
		}
	}
	m.applyGain()
	for i, b := 0, m.Params.Values("encoder/logvar/0/b"); i < len(b); i++ {
		b[i] += float32(cfg.LogVar)
	}
	if cfg.EncodeSums {
		m.Params.Add(sumMeans, cfg.sums())
		m.Params.Add(sumScales, cfg.sums())
	}
	if cfg.CellNoise {
		m.Params.Add(noiseWeights, cfg.noiseChannels())
		m.Params.Add(offsets, cfg.Shape().Cells())
		m.Params.Add(factors, cfg.Shape().Cells())
		w := m.Params.Values(noiseWeights)
		for i := range w {
			w[i] = float32(0.3 * (2*s.Sub(noiseWeights).Uniform(0, uint64(i), 0) - 1))
		}
	}
	return m, nil
}

// applyGain multiplies the initial weights.
func (m *Model) applyGain() {
	gain := float32(m.Config.Gain)
	if gain == 0 {
		return
	}
	for _, t := range m.Params.Tensors() {
		if strings.HasSuffix(t.Name, "/W") && len(t.Shape) == 2 { // layer norms have vectors
			w := m.Params.Values(t.Name)
			for i := range w {
				w[i] *= gain
			}
		}
	}
}

// Parameters of the noise of cells.
const (
	noiseWeights = "decoder/noise" // a factor on the noise for each channel that the last convolution reads
	offsets      = "decoder/offset"
	factors      = "decoder/factor"
)

// What standardises the sums that the encoder sees; it is not trained.
const (
	sumMeans  = "encoder/sums/mean"
	sumScales = "encoder/sums/scale"
)

// noiseChannels is the number of channels that the last convolution reads.
func (c Config) noiseChannels() int {
	if n := len(c.Decoder); n > 1 {
		return c.Decoder[n-2].Filters
	}
	return c.GridFilters
}

// compressed adds the variable that the networks work on to the graph of energies in MeV.
func (c Config) compressed(x *graph.Node) *graph.Node {
	if c.Unit == 0 {
		return x
	}
	return graph.Log(graph.AddScalar(graph.MulScalar(x, 1/c.Unit), 1))
}

// expanded is the inverse of compressed.
func (c Config) expanded(y *graph.Node) *graph.Node {
	if c.Unit == 0 {
		return y
	}
	y = graph.Min(y, y.Graph.Scalar(c.compress(maxCell)))
	return graph.MulScalar(graph.AddScalar(graph.Exp(y), -1), c.Unit)
}

// encode adds the encoder to the graph of showers x in MeV, y compressed, and energies e (rows
// 1, in units of EnergyUnit): means and logarithms of the variances of the latents.
func (m *Model) encode(prefix string, x, y, e *graph.Node) (mean, logVar *graph.Node) {
	c := m.Config
	s := c.encoder()
	volumes, _, err := s.volumes()
	if err != nil {
		bad := y.Graph.Fail(err)
		return bad, bad
	}
	h := c.encoderHead(volumes)
	in := graph.Concat(s.build(prefix, y), e)
	g := y.Graph
	if c.EncodeSums {
		mean, scale := graph.Stop(g.Shared(prefix+sumMeans, c.sums())), graph.Stop(g.Shared(prefix+sumScales, c.sums()))
		in = graph.Concat(in, graph.Mul(graph.Sub(c.raw(x, graph.Step(x)), mean), scale))
	}
	for _, d := range h[:2] {
		in = graph.LeakyReLU(d.build(prefix, in), c.Slope)
	}
	// Beyond these bounds the exponential of half the logarithm is no standard deviation
	// that training ever wants.
	logVar = graph.Max(graph.Min(h[3].build(prefix, in), g.Scalar(10)), g.Scalar(-20))
	return h[2].build(prefix, in), logVar
}

// decode adds the decoder to the graph: latents z, noise (rows Noise, nil for none) and the
// noise of the cells (nil without) uniform in (-1, 1), energies e (rows 1). The
// result, whose positive part is the compressed shower, has rows of all cells.
func (m *Model) decode(prefix string, z, noise, cells, e *graph.Node) *graph.Node {
	c := m.Config
	in := []*graph.Node{z}
	if noise != nil {
		in = append(in, noise)
	}
	x, wide := graph.Concat(append(in, e)...), (*graph.Node)(nil)
	for _, d := range c.decoderHead() {
		wide = x
		x = graph.LeakyReLU(d.build(prefix, x), c.Slope)
	}
	s := c.decoder()
	if cells != nil {
		s.before = func(layer int, positions [3]int, channels int, x *graph.Node) *graph.Node {
			return m.addNoise(prefix, layer, volume{positions, channels}, x, cells)
		}
	}
	u := s.build(prefix, x)
	if c.Profile {
		u = graph.Add(u, graph.Repeat(c.profile().build(prefix, wide), 1, c.X*c.Y))
	}
	if cells == nil {
		return u
	}
	g := z.Graph
	a, b := g.Shared(prefix+offsets, cells.Width()), g.Shared(prefix+factors, cells.Width())
	return graph.Add(graph.Add(u, a), graph.Mul(cells, b))
}

// addNoise adds the noise of cells to the volume at that the last convolution reads, with a
// factor for each channel; not to one with other positions than the shower's.
func (m *Model) addNoise(prefix string, layer int, at volume, x, cells *graph.Node) *graph.Node {
	if layer < len(m.Config.Decoder)-1 || at.count() != cells.Width() {
		return x
	}
	w := graph.Repeat(graph.ToRows(x.Graph.Shared(prefix+noiseWeights, at.channels)), at.count(), 1)
	return graph.Add(x, graph.Mul(graph.Repeat(cells, 1, at.channels), w))
}

// shower makes energies in MeV of what decode returns.
func (m *Model) shower(u *graph.Node) *graph.Node { return m.Config.expanded(graph.ReLU(u)) }
