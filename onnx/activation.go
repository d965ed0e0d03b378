package onnx

import (
	"fmt"
	"math"

	"etalon/graph"
)

// leaky is LeakyReLU of any slope.
func leaky(x *graph.Node, slope float64) *graph.Node {
	if slope >= 0 && slope <= 1 {
		return graph.LeakyReLU(x, slope)
	}
	return graph.Select(x, x, graph.MulScalar(x, slope))
}

// elu is x where it is positive and alpha·(e^(x·k) - 1) elsewhere.
func elu(x *graph.Node, alpha, k float64) *graph.Node {
	below := graph.MulScalar(graph.Min(x, x.Graph.Scalar(0)), k)
	return graph.Select(x, x, graph.MulScalar(expm1(below), alpha))
}

// expm1 is e^x - 1 for x <= 0; a series where the difference would cancel.
func expm1(x *graph.Node) *graph.Node {
	near := graph.Max(x, x.Graph.Scalar(-0.5))
	return graph.Select(graph.AddScalar(x, 0.5), graph.Mul(near, horner(near, expSeries[:])), graph.AddScalar(graph.Exp(x), -1))
}

var expSeries = [9]float64{1. / 362880, 1. / 40320, 1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1}

// horner adds Σ c_i x^(n-1-i) to the graph.
func horner(x *graph.Node, c []float64) *graph.Node {
	p := graph.AddScalar(graph.MulScalar(x, c[0]), c[1])
	for _, v := range c[2:] {
		p = graph.AddScalar(graph.Mul(p, x), v)
	}
	return p
}

// bounded is max(0, min(1, a·x + b)).
func bounded(x *graph.Node, a, b float64) *graph.Node {
	g := x.Graph
	return graph.Max(graph.Min(graph.AddScalar(graph.MulScalar(x, a), b), g.Scalar(1)), g.Scalar(0))
}

// erf is the error function: its series below 0.84, and otherwise 1 - t·exp(-x² + P(t)),
// t = 1/(1 + |x|/2) (Numerical Recipes, section 6.2, relative error of the complement
// 1.2e-7).
func erf(x *graph.Node) *graph.Node {
	g := x.Graph
	a := graph.Abs(x)
	t := graph.Div(g.Scalar(1), graph.AddScalar(graph.MulScalar(a, 0.5), 1))
	tail := graph.Mul(t, graph.Exp(graph.Sub(horner(t, erfTail[:]), graph.Square(a))))
	far := graph.Mul(graph.Sign(x), graph.Sub(g.Scalar(1), tail))
	limit := g.Scalar(0.84)
	near := graph.Max(graph.Min(x, limit), graph.Neg(limit))
	series := graph.Mul(near, horner(graph.Square(near), erfSeries[:]))
	return graph.Select(graph.AddScalar(a, -0.84), far, series)
}

var erfTail = [10]float64{0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223}

// erfSeries has (2/√π)·(-1)^n/(n!·(2n+1)), highest power first.
var erfSeries = func() (c [9]float64) {
	f := 2 / math.Sqrt(math.Pi)
	for n := range c {
		if n > 0 {
			f /= -float64(n)
		}
		c[len(c)-1-n] = f / float64(2*n+1)
	}
	return c
}()

// gelu is x·Φ(x), or its approximation by tanh.
func gelu(x *graph.Node, tanh bool) *graph.Node {
	if tanh {
		u := graph.MulScalar(graph.Add(x, graph.MulScalar(graph.Mul(x, graph.Square(x)), 0.044715)), math.Sqrt(2/math.Pi))
		return graph.MulScalar(graph.Mul(x, graph.AddScalar(graph.Tanh(u), 1)), 0.5)
	}
	return graph.MulScalar(graph.Mul(x, graph.AddScalar(erf(graph.MulScalar(x, math.Sqrt2/2)), 1)), 0.5)
}

// hardSigmoid has the default slopes of the operator at hand.
func hardSigmoid(l *lowering, x *graph.Node) *graph.Node {
	return bounded(x, l.floatAttr("alpha", 0.2), l.floatAttr("beta", 0.5))
}

// lowerPRelu takes slopes that are broadcast to the value from the right, as in all
// opsets since 7.
func lowerPRelu(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	below, err := l.zip(func(x, s *graph.Node) *graph.Node { return graph.Mul(graph.Min(x, x.Graph.Scalar(0)), s) }, in[0], in[1])
	if err != nil {
		return nil, err
	}
	return one(l.zip(func(x, b *graph.Node) *graph.Node { return graph.Add(graph.ReLU(x), b) }, in[0], below))
}

// lowerDropout is the identity, as at inference.
func lowerDropout(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	if t := operand(in, 2); t != nil {
		if on, err := t.scalar(); err != nil || on != 0 {
			return nil, fmt.Errorf("it is in training mode; export the model in evaluation mode")
		}
	}
	return []*value{in[0], nil}, nil
}
