package bibae

import (
	"fmt"

	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// Layer is a convolution, or a transposed one, with the same sizes along the three axes.
type Layer struct {
	Filters    int  `toml:"filters" json:"filters"`
	Kernel     int  `toml:"kernel" json:"kernel"`
	Stride     int  `toml:"stride" json:"stride"`                             // 0 means 1
	Pad        int  `toml:"pad" json:"pad"`                                   // zeros on both sides, or what a transposed one cuts off
	Transposed bool `toml:"transposed,omitempty" json:"transposed,omitempty"` // spreads a volume over a finer one
	OutPad     int  `toml:"out_pad,omitempty" json:"out_pad,omitempty"`       // positions that a transposed one adds at the end
}

func cube(n int) [3]int { return [3]int{n, n, n} }

// stack is convolutions one after the other. Between them, and after the last unless
// bare, stand layer norm (with norm) and leaky ReLU.
type stack struct {
	name     string
	in       [3]int
	channels int
	layers   []Layer
	norm     bool // of each channel over the positions; convolutions before it have no bias
	slope    float64
	bare     bool // the last convolution is the end
	// before, if set, changes the volume that a convolution reads.
	before func(layer int, positions [3]int, channels int, x *graph.Node) *graph.Node
}

// volume is the sizes of what a layer makes.
type volume struct {
	positions [3]int
	channels  int
}

func (v volume) count() int { return v.positions[0] * v.positions[1] * v.positions[2] }
func (v volume) width() int { return v.count() * v.channels }

// Bounds of a stack. The largest volume of the papers has 3.5 million features.
const (
	maxLayers   = 64
	maxFeatures = 1 << 23
)

// volumes returns what each layer makes, or an error for sizes that do not fit, and the
// number of parameters.
func (s stack) volumes() (list []volume, params float64, err error) {
	at := volume{s.in, s.channels}
	if len(s.layers) < 1 || len(s.layers) > maxLayers {
		return nil, 0, fmt.Errorf("%s: %d convolutions; 1 to %d are accepted", s.name, len(s.layers), maxLayers)
	}
	for i, l := range s.layers {
		c, err := s.geometry(i, at)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: convolution %d: %w", s.name, i, err)
		}
		if l.Transposed {
			at = volume{c.In, c.Channels}
		} else {
			at = volume{c.Out(), c.Filters}
		}
		if max(c.FineWidth(), c.CoarseWidth()) > maxFeatures {
			return nil, 0, fmt.Errorf("%s: convolution %d: %v; volumes of up to %d features are accepted", s.name, i, c, maxFeatures)
		}
		rows, columns := c.WeightShape()
		params += float64(rows) * float64(columns)
		if !s.norm {
			params += float64(at.channels)
		}
		if s.normed(i) {
			params += 2 * float64(at.count())
		}
		list = append(list, at)
	}
	return list, params, nil
}

func (s stack) geometry(i int, at volume) (graph.ConvGeometry, error) {
	l := s.layers[i]
	if l.Transposed {
		return s.transposed(i, at).Geometry()
	}
	if l.OutPad != 0 {
		return graph.ConvGeometry{}, fmt.Errorf("out_pad = %d; it belongs to transposed convolutions", l.OutPad)
	}
	c := s.conv(i, at).Geometry()
	return c, c.Check()
}

func (s stack) conv(i int, at volume) nn.Conv3D {
	l := s.layers[i]
	return nn.Conv3D{Name: s.layer(i), In: at.positions, Channels: at.channels, Filters: l.Filters, Kernel: cube(l.Kernel), Stride: cube(l.Stride), Pad: cube(l.Pad), NoBias: s.norm}
}

func (s stack) transposed(i int, at volume) nn.ConvTranspose3D {
	l := s.layers[i]
	return nn.ConvTranspose3D{Name: s.layer(i), In: at.positions, Channels: at.channels, Filters: l.Filters, Kernel: cube(l.Kernel), Stride: cube(l.Stride), Pad: cube(l.Pad), OutPad: cube(l.OutPad), NoBias: s.norm}
}

func (s stack) layer(i int) string { return fmt.Sprintf("%s/conv%d", s.name, i) }

func (s stack) normOf(i int, at volume) nn.LayerNorm {
	return nn.LayerNorm{Name: fmt.Sprintf("%s/norm%d", s.name, i), Positions: at.count(), Channels: at.channels, PerChannel: true}
}

// normed tells whether layer norm follows a layer.
func (s stack) normed(i int) bool { return s.norm && i < len(s.layers)-1 }

// init declares the parameters; the sizes are checked.
func (s stack) init(p *nn.Params, stream rng.Stream) {
	at := volume{s.in, s.channels}
	list, _, _ := s.volumes()
	for i, next := range list {
		if s.layers[i].Transposed {
			s.transposed(i, at).Init(p, stream)
		} else {
			s.conv(i, at).Init(p, stream)
		}
		if s.normed(i) {
			s.normOf(i, next).Init(p)
		}
		at = next
	}
}

// build adds the stack to the graph of x.
func (s stack) build(prefix string, x *graph.Node) *graph.Node {
	at := volume{s.in, s.channels}
	list, _, err := s.volumes()
	if err != nil {
		return x.Graph.Fail(err)
	}
	for i, next := range list {
		if s.before != nil {
			x = s.before(i, at.positions, at.channels, x)
		}
		if s.layers[i].Transposed {
			x = s.transposed(i, at).Build(prefix, x)
		} else {
			x = s.conv(i, at).Build(prefix, x)
		}
		if s.normed(i) {
			x = s.normOf(i, next).Build(prefix, x)
		}
		if !s.bare || i < len(list)-1 {
			x = graph.LeakyReLU(x, s.slope)
		}
		at = next
	}
	return x
}

// dense is a linear layer.
type dense struct {
	name    string
	in, out int
}

func (d dense) net() nn.MLP { return nn.MLP{Name: d.name, In: d.in, Out: d.out} }

func (d dense) params() float64 { return float64(d.in+1) * float64(d.out) }

func (d dense) init(p *nn.Params, s rng.Stream) { d.net().Init(p, s) }

func (d dense) build(prefix string, x *graph.Node) *graph.Node { return d.net().Build(prefix, x) }
