package nn

import (
	"fmt"

	"etalon/graph"
	"etalon/rng"
)

// MLP is a multi-layer perceptron with leaky ReLU between its layers and a linear
// output. Its parameters are NAME/i/W (in×out) and NAME/i/b (out) for layer i.
type MLP struct {
	Name   string
	In     int     // input features
	Hidden int     // hidden layers
	Units  int     // features of each hidden layer
	Out    int     // output features
	Widths []int   // features of each hidden layer, where they differ: then Hidden and Units do not count
	Slope  float64 // of the leaky ReLU; 0 is ReLU
	Start  Initialisation
	// LastGain multiplies the initial weights and biases of the output layer; 0 means 1.
	// A small value starts a residual network near the identity.
	LastGain float64
}

// hidden is the number of hidden layers.
func (m MLP) hidden() int {
	if len(m.Widths) > 0 {
		return len(m.Widths)
	}
	return m.Hidden
}

// width is the number of features of hidden layer i.
func (m MLP) width(i int) int {
	if len(m.Widths) > 0 {
		return m.Widths[i]
	}
	return m.Units
}

func (m MLP) layer(i int) (in, out int) {
	in, out = m.In, m.Out
	if i > 0 {
		in = m.width(i - 1)
	}
	if i < m.hidden() {
		out = m.width(i)
	}
	return in, out
}

// Init declares the parameters and draws their initial values.
func (m MLP) Init(p *Params, s rng.Stream) {
	for i := range m.hidden() + 1 {
		in, out := m.layer(i)
		p.Add(fmt.Sprintf("%s/%d/W", m.Name, i), in, out)
		p.Add(fmt.Sprintf("%s/%d/b", m.Name, i), out)
	}
	for i := range m.hidden() + 1 {
		in, out := m.layer(i)
		w, b := p.Values(fmt.Sprintf("%s/%d/W", m.Name, i)), p.Values(fmt.Sprintf("%s/%d/b", m.Name, i))
		m.Start.fill(w, b, in, out, m.Slope, i == 0, s.Sub(fmt.Sprintf("%s/%d", m.Name, i)))
		if i == m.hidden() && m.LastGain != 0 {
			for j := range w {
				w[j] *= float32(m.LastGain)
			}
			for j := range b {
				b[j] *= float32(m.LastGain)
			}
		}
	}
}

// Build adds the network to the graph of x (rows In) and returns its output (rows
// Out). The prefix stands before the parameters' names.
func (m MLP) Build(prefix string, x *graph.Node) *graph.Node {
	g := x.Graph
	defer g.Push(prefix + m.Name)()
	h := x
	for i := range m.hidden() + 1 {
		in, out := m.layer(i)
		w := g.Shared(fmt.Sprintf("%s%s/%d/W", prefix, m.Name, i), in, out)
		b := g.Shared(fmt.Sprintf("%s%s/%d/b", prefix, m.Name, i), out)
		h = graph.Add(graph.MatMul(h, w), b)
		if i < m.hidden() {
			h = graph.LeakyReLU(h, m.Slope)
		}
	}
	return h
}
