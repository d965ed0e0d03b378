package onnx

import (
	"math"

	"etalon/graph"
)

// halfPi is π/2 as a sum of numbers of few bits, so that float32 products with small
// integers are exact (Cody and Waite, Software Manual for the Elementary Functions,
// 1980).
var halfPi = func() (parts [4]float64) {
	rest := math.Pi / 2
	for i := range parts[:3] {
		_, e := math.Frexp(rest)
		parts[i] = math.Ldexp(math.Trunc(math.Ldexp(rest, 9-e)), e-9)
		rest -= parts[i]
	}
	parts[3] = rest
	return parts
}()

// Taylor series of sin x/x, cos x and so on in x², highest power first: more than
// float32 needs within π/4, so that gradients, which are theirs, are as exact.
var sinSeries, cosSeries = func() (s, c [8]float64) {
	f := 1.0
	for n := range c {
		if n > 0 {
			f /= -float64(2*n) * float64(2*n-1)
		}
		c[len(c)-1-n] = f
		s[len(s)-1-n] = f / float64(2*n+1)
	}
	return s, c
}()

// sinCos returns sin x and cos x. In float32 the absolute error is 2e-7 for |x| below a
// few thousand, and grows with |x|: as that of x itself.
func sinCos(x *graph.Node) (sin, cos *graph.Node) {
	k := graph.Floor(graph.AddScalar(graph.MulScalar(x, 2/math.Pi), 0.5))
	r := x
	for _, p := range halfPi {
		r = graph.Sub(r, graph.MulScalar(k, p))
	}
	square := graph.Square(r)
	s := graph.Mul(r, horner(square, sinSeries[:]))
	c := horner(square, cosSeries[:])
	// Quarter turns: k mod 4 decides which of the two it is, and the sign.
	half := graph.Floor(graph.MulScalar(k, 0.5))
	odd := graph.Sub(k, graph.MulScalar(half, 2))
	turned := graph.Sub(half, graph.MulScalar(graph.Floor(graph.MulScalar(half, 0.5)), 2))
	sign := graph.AddScalar(graph.MulScalar(turned, -2), 1)
	sin = graph.Mul(sign, graph.Select(odd, c, s))
	cos = graph.Mul(sign, graph.Select(odd, graph.Neg(s), c))
	return sin, cos
}

func sine(x *graph.Node) *graph.Node { s, _ := sinCos(x); return s }

func cosine(x *graph.Node) *graph.Node { _, c := sinCos(x); return c }

func tangent(x *graph.Node) *graph.Node { s, c := sinCos(x); return graph.Div(s, c) }

// atanSeries has (-1)^n/(2n+1), highest power first.
var atanSeries = func() (c [14]float64) {
	for n := range c {
		c[len(c)-1-n] = math.Pow(-1, float64(n)) / float64(2*n+1)
	}
	return c
}()

// signed is an odd function: f of |x| with the sign of x, and near 0, for |x| up to
// limit, series of x itself, so that there is a gradient at 0.
func signed(x *graph.Node, limit float64, f, series func(*graph.Node) *graph.Node) *graph.Node {
	a, l := graph.Abs(x), x.Graph.Scalar(limit)
	near := graph.Max(graph.Min(x, l), graph.Neg(l))
	return graph.Select(graph.AddScalar(a, -limit), graph.Mul(graph.Sign(x), f(graph.Max(a, l))), series(near))
}

// arctangent folds |x| to 1/|x| above 1, and then to what is below tan π/12, with
// arctan x = π/6 + arctan((√3·x - 1)/(√3 + x)).
func arctangent(x *graph.Node) *graph.Node {
	limit := math.Tan(math.Pi / 12)
	series := func(t *graph.Node) *graph.Node { return graph.Mul(t, horner(graph.Square(t), atanSeries[:])) }
	return signed(x, limit, func(a *graph.Node) *graph.Node {
		one := a.Graph.Scalar(1)
		above := graph.AddScalar(a, -1)
		inverse := graph.Div(one, graph.Max(a, one)) // also at infinity
		y := graph.Select(above, inverse, graph.Min(a, one))
		far := graph.AddScalar(y, -limit)
		root := math.Sqrt(3)
		turned := graph.Div(graph.AddScalar(graph.MulScalar(y, root), -1), graph.AddScalar(y, root))
		p := series(graph.Select(far, turned, y))
		p = graph.Select(far, graph.AddScalar(p, math.Pi/6), p)
		return graph.Select(above, graph.AddScalar(graph.Neg(p), math.Pi/2), p)
	}, series)
}

// arcsine is arctan x/√(1-x²).
func arcsine(x *graph.Node) *graph.Node {
	below, above := graph.AddScalar(graph.Neg(x), 1), graph.AddScalar(x, 1)
	return arctangent(graph.Div(x, graph.Sqrt(graph.Mul(below, above))))
}

// arccosine is 2·arctan √((1-x)/(1+x)), which is exact near 1.
func arccosine(x *graph.Node) *graph.Node {
	below, above := graph.AddScalar(graph.Neg(x), 1), graph.AddScalar(x, 1)
	return graph.MulScalar(arctangent(graph.Sqrt(graph.Div(below, above))), 2)
}

// log1p is ln(1+x) for x > -1, by 2·artanh(x/(2+x)) where that is small.
func log1p(x *graph.Node) *graph.Node {
	u := graph.Div(x, graph.AddScalar(x, 2))
	limit := x.Graph.Scalar(0.2)
	near := graph.Max(graph.Min(u, limit), graph.Neg(limit))
	return graph.Select(graph.AddScalar(graph.Abs(u), -0.2), graph.Log(graph.AddScalar(x, 1)), graph.MulScalar(artanhSeries(near), 2))
}

// artanhSeries is Σ x^(2n+1)/(2n+1) for |x| below 0.2.
func artanhSeries(x *graph.Node) *graph.Node {
	var c [8]float64
	for n := range c {
		c[len(c)-1-n] = 1 / float64(2*n+1)
	}
	return graph.Mul(x, horner(graph.Square(x), c[:]))
}

// areaSine is arsinh x: ln(1 + x + x²/(1 + √(x²+1))), of |x| where that is large.
func areaSine(x *graph.Node) *graph.Node {
	f := func(x *graph.Node) *graph.Node {
		square := graph.Square(x)
		return log1p(graph.Add(x, graph.Div(square, graph.AddScalar(graph.Sqrt(graph.AddScalar(square, 1)), 1))))
	}
	return signed(x, 0.5, f, f)
}

// areaCosine is arcosh x: ln(1 + t + √(2t + t²)), t = x - 1.
func areaCosine(x *graph.Node) *graph.Node {
	t := graph.AddScalar(x, -1)
	return log1p(graph.Add(t, graph.Sqrt(graph.Mul(t, graph.AddScalar(t, 2)))))
}

// areaTangent is artanh x: half of ln(1 + 2|x|/(1 - |x|)).
func areaTangent(x *graph.Node) *graph.Node {
	return signed(x, 0.2, func(a *graph.Node) *graph.Node {
		return graph.MulScalar(log1p(graph.Div(graph.MulScalar(a, 2), graph.AddScalar(graph.Neg(a), 1))), 0.5)
	}, artanhSeries)
}

// roundHalfEven is the next integer, the even one of two that are as near.
func roundHalfEven(x *graph.Node) *graph.Node {
	up := graph.Floor(graph.AddScalar(x, 0.5))
	tie := not(graph.Abs(graph.Sign(graph.Sub(graph.Sub(up, x), x.Graph.Scalar(0.5)))))
	odd := graph.Sub(up, graph.MulScalar(graph.Floor(graph.MulScalar(up, 0.5)), 2))
	return graph.Sub(up, graph.Mul(tie, odd))
}

func ceiling(x *graph.Node) *graph.Node { return graph.Neg(graph.Floor(graph.Neg(x))) }

// truncated rounds towards 0.
func truncated(x *graph.Node) *graph.Node {
	return graph.Mul(graph.Sign(x), graph.Floor(graph.Abs(x)))
}

// modulo has the sign of the divisor, or with fmod that of the dividend.
func modulo(l *lowering, a, b *graph.Node) *graph.Node {
	round := graph.Floor
	if l.intAttr("fmod", 0) != 0 {
		round = truncated
	}
	return graph.Sub(a, graph.Mul(round(graph.Div(a, b)), b))
}
