package dctr

import (
	"fmt"
	"math"
	"strconv"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// Volume describes the low-level classifier of calorimeter showers (DCTRGAN,
// arXiv:2009.03796, section III): convolutions of the cells themselves, with layer norms
// over the positions between them, and dense layers, all with leaky ReLU.
//
// While it is trained every volume is mirrored along x with probability 1/2, and along y.
// So what is learned is the ratio of the two densities, each made symmetric: the optimal
// log-weight has the same value for all four images of a shower. Log-weights are those of
// the volume as it is, or with Mirror the mean over its four images.
type Volume struct {
	// Positions are layers, x and y of a volume; a row has one feature for each, y
	// fastest.
	Positions [3]int `toml:"positions" json:"positions"`
	// Filters, Stride and Pad are those of each convolution, the same along all axes.
	Filters []int `toml:"filters" json:"filters"`
	Stride  []int `toml:"stride" json:"stride"`
	Pad     []int `toml:"pad" json:"pad"`
	Kernel  int   `toml:"kernel" json:"kernel"` // positions along each axis
	Dense   []int `toml:"dense" json:"dense"`   // units of the hidden dense layers
	// NoNorm leaves out the layer norms, which hide the scale of the energies: without Log, a
	// factor on all cells of a shower leaves no trace behind the first norm but through biases.
	NoNorm bool `toml:"no_norm" json:"no_norm"`
	// Slope is that of the leaky ReLU.
	Slope float64 `toml:"slope" json:"slope"`
	// Unit is the energy, in MeV, that the network sees as 1; 0 means 1. With Log it sees
	// ln(1 + E/Unit), without energies below zero.
	Unit float64 `toml:"unit" json:"unit"`
	Log  bool    `toml:"log" json:"log"`
	// Sums shows the first dense layer, beside what the convolutions make of the cells, the
	// energy and the number of active cells of each layer and of the whole, and the mean layer:
	// what convolutions learn late, and weights of some thousand showers then lack. SumMean
	// and SumScale standardise them (MeasureSums). Not in the paper.
	Sums     bool      `toml:"sums" json:"sums,omitempty"`
	SumMean  []float64 `toml:"sum_mean,omitempty" json:"sum_mean,omitempty"`
	SumScale []float64 `toml:"sum_scale,omitempty" json:"sum_scale,omitempty"`
	// NoFlip leaves the volumes as they are in the training.
	NoFlip bool `toml:"no_flip" json:"no_flip"`
	// Mirror averages log-weights over the four images of a volume, at four times the cost.
	Mirror bool `toml:"mirror" json:"mirror"`
}

// FullVolume returns the network of arXiv:2009.03796 and its training: one epoch, in which
// the smaller class is repeated. The paper does not say how large its batches were. Where
// two strides leave less than three positions along an axis, the last convolution is padded.
func FullVolume(positions [3]int) (Volume, train.Config) {
	v := Volume{Positions: positions, Filters: []int{128, 128, 128}, Stride: []int{2, 2, 1}, Pad: []int{1, 1, 0}, Kernel: 3,
		Dense: []int{64, 256, 256}, Slope: 0.01}
	if (min(positions[0], positions[1], positions[2])+3)/4 < 3 {
		v.Pad[2] = 1
	}
	return v, train.Config{Epochs: 1, Batch: 32, Validation: 0.1, Adam: optim.Adam{Alpha: 1e-3}, Schedule: optim.Schedule{Kind: "constant"}}
}

// SmallVolume returns a network for some thousand showers on a processor without much
// time: an eighth of the filters, no layer norms, logarithms of energies, sums, and more epochs.
func SmallVolume(positions [3]int) (Volume, train.Config) {
	v, t := FullVolume(positions)
	v.Filters, v.Dense, v.Unit, v.Log, v.NoNorm, v.Sums = []int{16, 16, 16}, []int{64, 64}, 0.1, true, true, true
	t.Epochs, t.Schedule = 4, optim.Schedule{Kind: "cosine"}
	return v, t
}

// VolumeOf returns the description of the volumes that a Weigher weights; nil where it
// weights rows of features.
func VolumeOf(w Weigher) *Volume {
	switch w := w.(type) {
	case *Classifier:
		return w.Config.Volume
	case *Ensemble:
		return w.Members[0].Config.Volume
	}
	return nil
}

const (
	maxConvolutions = 16
	maxDense        = 64
	maxVolume       = 1 << 22 // features of one layer: 256 MiB of a block of 16 rows
)

// Check returns an error for sizes that make no network.
func (v *Volume) Check() error {
	n := len(v.Filters)
	switch {
	case n < 1 || n > maxConvolutions || len(v.Stride) != n || len(v.Pad) != n:
		return fmt.Errorf("classifier: volume: %d filters, %d strides, %d paddings; one of each for 1 to %d convolutions is accepted", n, len(v.Stride), len(v.Pad), maxConvolutions)
	case len(v.Dense) > maxDense:
		return fmt.Errorf("classifier: volume: %d dense layers; up to %d are accepted", len(v.Dense), maxDense)
	case !(v.Slope >= 0 && v.Slope <= 1):
		return fmt.Errorf("classifier: volume: slope = %v; 0 to 1 is accepted", v.Slope)
	case !(v.Unit >= 0) || math.IsInf(v.Unit, 0) || v.Unit > 0 && float32(1/v.Unit) == 0 || math.IsInf(1/v.Unit, 0) && v.Unit > 0:
		return fmt.Errorf("classifier: volume: unit = %v MeV; a positive number, or 0 for 1 MeV, is accepted", v.Unit)
	}
	if err := v.checkSums(); err != nil {
		return err
	}
	params := 0.0
	for i, c := range v.convolutions() {
		g := c.Geometry()
		if err := g.Check(); err != nil {
			return fmt.Errorf("classifier: volume: convolution %d: %w", i, err)
		}
		if w := max(g.FineWidth(), g.CoarseWidth()); w > maxVolume {
			return fmt.Errorf("classifier: volume: convolution %d: %d features; up to %d are accepted", i, w, maxVolume)
		}
		rows, columns := g.WeightShape()
		params += float64(rows) * float64(columns)
	}
	in := v.flat() + v.sums()
	for i, u := range v.Dense {
		if u < 1 || u > 1<<16 {
			return fmt.Errorf("classifier: volume: %d units of dense layer %d; 1 to 65536 are accepted", u, i)
		}
		params += float64(in) * float64(u)
		in = u
	}
	if err := modeldir.CheckParams(params); err != nil {
		return fmt.Errorf("classifier: volume: %w", err)
	}
	return nil
}

// cells is the number of features of a volume.
func (v *Volume) cells() int { return v.Positions[0] * v.Positions[1] * v.Positions[2] }

// convolutions lists the convolutions up to the first whose sizes make no sense.
func (v *Volume) convolutions() []nn.Conv3D {
	all := func(n int) [3]int { return [3]int{n, n, n} }
	list, size, channels := make([]nn.Conv3D, 0, len(v.Filters)), v.Positions, 1
	for i, f := range v.Filters {
		c := nn.Conv3D{Name: "conv/" + strconv.Itoa(i), In: size, Channels: channels, Filters: f,
			Kernel: all(v.Kernel), Stride: all(v.Stride[i]), Pad: all(v.Pad[i])}
		list = append(list, c)
		if c.Geometry().Check() != nil {
			break
		}
		size, channels = c.Out(), f
	}
	return list
}

// norm is the layer norm behind a convolution.
func (v *Volume) norm(i int, c nn.Conv3D) nn.LayerNorm {
	out := c.Out()
	return nn.LayerNorm{Name: "norm/" + strconv.Itoa(i), Positions: out[0] * out[1] * out[2], Channels: c.Filters, PerChannel: true}
}

// flat is the number of features behind the last convolution.
func (v *Volume) flat() int {
	list := v.convolutions()
	return list[len(list)-1].Geometry().CoarseWidth()
}

// dense lists the dense layers, the output last.
func (v *Volume) dense() []nn.MLP {
	var list []nn.MLP
	in := v.flat() + v.sums()
	for i, u := range append(append([]int{}, v.Dense...), 1) {
		list = append(list, nn.MLP{Name: "dense" + strconv.Itoa(i), In: in, Out: u})
		in = u
	}
	return list
}

func (v *Volume) init(p *nn.Params, s rng.Stream) {
	list := v.convolutions()
	for i, c := range list {
		c.Init(p, s)
		if i+1 < len(list) && !v.NoNorm {
			v.norm(i, c).Init(p)
		}
	}
	for _, d := range v.dense() {
		d.Init(p, s)
	}
}

// build adds the logit of volumes x in MeV to the graph.
func (v *Volume) build(prefix string, x *graph.Node) *graph.Node {
	if !v.Mirror {
		return v.image(prefix, x)
	}
	sum := v.image(prefix, x)
	for k := 1; k < 4; k++ {
		sum = graph.Add(sum, v.image(prefix, graph.Permute(x, v.mirror(k&1 != 0, k&2 != 0))))
	}
	return graph.MulScalar(sum, 0.25)
}

// train adds the logit of volumes that are mirrored at random: one of two numbers that
// are a function of seed, step and row decides along each axis.
func (v *Volume) train(prefix string, x *graph.Node) *graph.Node {
	if v.NoFlip {
		return v.image(prefix, x)
	}
	g := x.Graph
	x = nn.Flip(x, v.Positions, 1, g.RandomUniform("classifier/flip/x", 1))
	x = nn.Flip(x, v.Positions, 2, g.RandomUniform("classifier/flip/y", 1))
	return v.image(prefix, x)
}

// mirror returns the permutation of the cells that mirrors volumes.
func (v *Volume) mirror(x, y bool) []int {
	perm := make([]int, 0, v.cells())
	for i := range v.cells() {
		l, a, b := i/v.Positions[2]/v.Positions[1], i/v.Positions[2]%v.Positions[1], i%v.Positions[2]
		if x {
			a = v.Positions[1] - 1 - a
		}
		if y {
			b = v.Positions[2] - 1 - b
		}
		perm = append(perm, (l*v.Positions[1]+a)*v.Positions[2]+b)
	}
	return perm
}

// image adds the network's logit of the volumes as they are.
func (v *Volume) image(prefix string, x *graph.Node) *graph.Node {
	var sums *graph.Node
	if v.Sums {
		sums = v.buildSums(x)
	}
	if v.Unit != 0 && v.Unit != 1 {
		x = graph.MulScalar(x, 1/v.Unit)
	}
	if v.Log {
		x = graph.Log(graph.AddScalar(graph.ReLU(x), 1))
	}
	list := v.convolutions()
	for i, c := range list {
		x = c.Build(prefix, x)
		if i+1 < len(list) && !v.NoNorm {
			x = v.norm(i, c).Build(prefix, x)
		}
		x = graph.LeakyReLU(x, v.Slope)
	}
	if v.Sums {
		x = graph.Concat(x, sums)
	}
	dense := v.dense()
	for i, d := range dense {
		x = d.Build(prefix, x)
		if i+1 < len(dense) {
			x = graph.LeakyReLU(x, v.Slope)
		}
	}
	return x
}
