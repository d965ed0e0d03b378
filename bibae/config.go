package bibae

import (
	"fmt"
	"math"

	"etalon/calo"
	"etalon/internal/modeldir"
)

// Config has the sizes of encoder and decoder.
type Config struct {
	Layers int `toml:"layers" json:"layers"` // cells of a shower
	X      int `toml:"x" json:"x"`
	Y      int `toml:"y" json:"y"`
	Latent int `toml:"latent" json:"latent"` // latents that are encoded
	Noise  int `toml:"noise" json:"noise"`   // uniform noises beside them, from 0
	Units  int `toml:"units" json:"units"`   // of the dense layers next to the latents: 1.5·(latent + noise) in the paper
	Wide   int `toml:"wide" json:"wide"`     // of the dense layers next to the volumes: 4000 in the paper
	// Encoder is the convolutions of the encoder. The decoder starts from a volume of Grid
	// positions along each axis with GridFilters channels; its convolutions must end at the
	// cells of a shower, with one filter.
	Encoder     []Layer `toml:"encoder" json:"encoder"`
	Grid        int     `toml:"grid" json:"grid"`
	GridFilters int     `toml:"grid_filters" json:"grid_filters"`
	Decoder     []Layer `toml:"decoder" json:"decoder"`
	Norm        bool    `toml:"norm" json:"norm"`   // layer norm over the positions after convolutions
	Slope       float64 `toml:"slope" json:"slope"` // of the leaky ReLU
	// Unit, in MeV: encoder, decoder and critics work on ln(1 + E/Unit) instead of E, so that
	// cells of 0.1 and of 50 MeV count alike. 0 is E itself, as in the paper.
	Unit float64 `toml:"unit" json:"unit"`
	// CellNoise gives every cell a uniform noise n of its own, beside an offset a and a factor
	// b of its own: the decoder's output is a + b·n + what the convolutions make, and these
	// have n in what the last one reads. The training starts a and b such that each cell has
	// the truth's probability of a deposit, and its mean. So halo cells are random from the
	// start, which otherwise takes the networks very many updates. Not in the paper.
	CellNoise bool `toml:"cell_noise" json:"cell_noise"`
	// Gain multiplies the initial weights of convolutions and dense layers, which are
	// PyTorch's; 0 means 1. 2.4 keeps the variance of signals from layer to layer, so that
	// latents have an effect from the start.
	Gain float64 `toml:"gain" json:"gain"`
	// LogVar is where the logarithm of the variance of encoded latents starts. Below zero they
	// carry much from the start, and MMD spreads their means; 0 is as in the paper.
	LogVar float64 `toml:"log_var" json:"log_var"`
	// EncodeSums shows the encoder's dense layers, beside what its convolutions make, the
	// standardised sums of a shower that the critic of sums sees. Not in the paper.
	EncodeSums bool `toml:"encode_sums" json:"encode_sums"`
	// Profile is a dense path from the decoder's last dense layer but one to a number for each
	// layer of the shower, which is added to the output of all its cells: the depth of a shower
	// reaches its cells at once. Not in the paper.
	Profile bool `toml:"profile" json:"profile"`
	// EnergyUnit, in the unit of the files (GeV): the energy of the particle is divided by it.
	EnergyUnit float64 `toml:"energy_unit" json:"energy_unit"`
}

// Full returns the sizes of the papers for showers of 30×30×30 cells: 71 million
// parameters. 24 of 512 latents are encoded.
func Full() Config {
	return Config{
		Layers: 30, X: 30, Y: 30, Latent: 24, Noise: 488, Units: 768, Wide: 4000,
		Encoder: []Layer{
			{Filters: 8, Kernel: 4, Stride: 2, Pad: 2}, {Filters: 16, Kernel: 4, Stride: 2, Pad: 2},
			{Filters: 32, Kernel: 4, Stride: 2, Pad: 2}, {Filters: 64, Kernel: 3, Stride: 1, Pad: 1},
		},
		Grid: 10, GridFilters: 8,
		Decoder: []Layer{
			{Filters: 8, Kernel: 3, Stride: 3, Pad: 1, Transposed: true, OutPad: 2},
			{Filters: 16, Kernel: 3, Stride: 2, Pad: 1, Transposed: true, OutPad: 1},
			{Filters: 8, Kernel: 2, Stride: 2},
			{Filters: 16, Kernel: 3, Stride: 1, Pad: 1}, {Filters: 32, Kernel: 3, Stride: 1, Pad: 1},
			{Filters: 16, Kernel: 3, Stride: 1, Pad: 1}, {Filters: 1, Kernel: 3, Stride: 1, Pad: 1},
		},
		Norm: true, Slope: 0.2, EnergyUnit: 1,
	}
}

// Small returns sizes that two processor cores train within half an hour, for the same
// showers.
func Small() Config {
	return Config{
		Layers: 30, X: 30, Y: 30, Latent: 24, Noise: 8, Units: 96, Wide: 192,
		Encoder: []Layer{
			{Filters: 4, Kernel: 4, Stride: 2, Pad: 2}, {Filters: 8, Kernel: 4, Stride: 2, Pad: 2}, {Filters: 16, Kernel: 4, Stride: 2, Pad: 2},
		},
		Grid: 10, GridFilters: 4,
		Decoder: []Layer{
			{Filters: 4, Kernel: 3, Stride: 3, Pad: 1, Transposed: true, OutPad: 2},
			{Filters: 4, Kernel: 3, Stride: 1, Pad: 1}, {Filters: 1, Kernel: 3, Stride: 1, Pad: 1},
		},
		Slope: 0.2, Unit: 0.1, CellNoise: true, Gain: 2.4, LogVar: -3, EncodeSums: true, Profile: true, EnergyUnit: 100,
	}
}

// Shape returns the cells of a shower.
func (c Config) Shape() calo.Shape { return calo.Shape{Layers: c.Layers, X: c.X, Y: c.Y} }

// maxCellNoise is the columns that a random stream has.
const maxCellNoise = 1 << 16

// Check returns an error for sizes that make no model.
func (c Config) Check() error {
	if _, err := calo.NewSparse(c.Shape()); err != nil {
		return fmt.Errorf("bibae: %w", err)
	}
	cells := c.Shape().Cells()
	for _, s := range []struct {
		name  string
		value int
		least int
	}{{"latent", c.Latent, 1}, {"noise", c.Noise, 0}, {"units", c.Units, 1}, {"wide", c.Wide, 1}, {"grid", c.Grid, 1}, {"grid_filters", c.GridFilters, 1}} {
		if s.value < s.least || s.value > 1<<16 {
			return fmt.Errorf("bibae: %s = %d; %d to %d is accepted", s.name, s.value, s.least, 1<<16)
		}
	}
	switch {
	case !(c.Slope >= 0 && c.Slope <= 1):
		return fmt.Errorf("bibae: slope = %v; 0 to 1 is accepted", c.Slope)
	case !(c.Unit == 0 || c.Unit >= 1e-6 && c.Unit <= 1e6):
		return fmt.Errorf("bibae: unit = %v; 0, or 1e-6 to 1e6 MeV, is accepted", c.Unit)
	case !(c.EnergyUnit >= 1e-6 && c.EnergyUnit <= 1e12):
		return fmt.Errorf("bibae: energy_unit = %v; 1e-6 to 1e12 is accepted", c.EnergyUnit)
	case !(c.Gain >= 0 && c.Gain <= 100):
		return fmt.Errorf("bibae: gain = %v; 0 to 100 is accepted", c.Gain)
	case !(c.LogVar >= -20 && c.LogVar <= 10):
		return fmt.Errorf("bibae: log_var = %v; -20 to 10 is accepted", c.LogVar)
	case c.CellNoise && cells > maxCellNoise:
		return fmt.Errorf("bibae: cell_noise with %d cells; up to %d are accepted", cells, maxCellNoise)
	}
	params, err := c.params()
	if err == nil {
		err = modeldir.CheckParams(params)
	}
	if err != nil {
		return fmt.Errorf("bibae: %w", err)
	}
	return nil
}

// params is the number of parameters of encoder and decoder. Errors: convolutions that do
// not fit.
func (c Config) params() (float64, error) {
	encoded, params, err := c.encoder().volumes()
	if err != nil {
		return 0, err
	}
	decoded, more, err := c.decoder().volumes()
	if err != nil {
		return 0, err
	}
	if end := decoded[len(decoded)-1]; end != (volume{[3]int{c.Layers, c.X, c.Y}, 1}) {
		return 0, fmt.Errorf("the decoder ends at %d×%d×%d cells with %d filters; %d×%d×%d cells with 1 filter are needed",
			end.positions[0], end.positions[1], end.positions[2], end.channels, c.Layers, c.X, c.Y)
	}
	params += more + c.encoderHead(encoded).params() + c.decoderHead().params()
	if c.CellNoise {
		params += 2*float64(c.Shape().Cells()) + float64(c.noiseChannels())
	}
	if c.Profile {
		params += c.profile().params()
	}
	if c.EncodeSums {
		params += 2 * float64(c.sums())
	}
	return params, nil
}

// head is the dense layers between volumes and latents.
type head []dense

func (h head) params() (n float64) {
	for _, d := range h {
		n += d.params()
	}
	return n
}

func (c Config) encoder() stack {
	return stack{name: "encoder", in: [3]int{c.Layers, c.X, c.Y}, channels: 1, layers: c.Encoder, norm: c.Norm, slope: c.Slope}
}

func (c Config) encoderHead(volumes []volume) head {
	in := volumes[len(volumes)-1].width() + 1
	if c.EncodeSums {
		in += c.sums()
	}
	return head{
		{"encoder/wide", in, c.Wide}, {"encoder/units", c.Wide, c.Units},
		{"encoder/mean", c.Units, c.Latent}, {"encoder/logvar", c.Units, c.Latent},
	}
}

func (c Config) decoder() stack {
	return stack{name: "decoder", in: cube(c.Grid), channels: c.GridFilters, layers: c.Decoder, norm: c.Norm, slope: c.Slope, bare: true}
}

func (c Config) decoderHead() head {
	return head{
		{"decoder/units", c.Latent + c.Noise + 1, c.Units}, {"decoder/wide", c.Units, c.Wide},
		{"decoder/grid", c.Wide, c.Grid * c.Grid * c.Grid * c.GridFilters},
	}
}

func (c Config) profile() dense { return dense{"decoder/profile", c.Wide, c.Layers} }

// maxCell bounds a generated cell where Unit is set, in MeV: beyond it the exponential ends.
const maxCell = 1e5

// compress is the variable that the networks work on, of energies in MeV from zero.
func (c Config) compress(mev float64) float64 {
	if c.Unit == 0 {
		return mev
	}
	return math.Log1p(mev / c.Unit)
}
