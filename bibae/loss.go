package bibae

import "etalon/graph"

// between adds points between real and fake, at one place u in (0, 1) for each row.
func between(real, fake, u *graph.Node) *graph.Node {
	return graph.Add(fake, graph.Mul(graph.Sub(real, fake), u))
}

// tiny keeps the derivative of a norm finite at zero.
const tiny = 1e-12

// penalty adds the gradient penalty of a critic's values d (rows 1) with respect to what it
// saw, mean (‖∇d‖ - 1)² (arXiv:1704.00028, eq. 3).
func penalty(d *graph.Node, wrt ...*graph.Node) (*graph.Node, error) {
	slopes, err := graph.Grad(d, wrt...)
	if err != nil {
		return nil, err
	}
	var sum *graph.Node
	for _, s := range slopes {
		if q := graph.SumFeatures(graph.Square(s)); sum == nil {
			sum = q
		} else {
			sum = graph.Add(sum, q)
		}
	}
	norm := graph.Sqrt(graph.AddScalar(sum, tiny))
	return graph.MeanRows(graph.Square(graph.AddScalar(norm, -1))), nil
}

// latentPenalty is the same for a critic that sees every latent by itself: d and z have the
// same rows, and each value of d depends on one latent.
func latentPenalty(d, z *graph.Node) (*graph.Node, error) {
	slopes, err := graph.Grad(graph.SumFeatures(d), z)
	if err != nil {
		return nil, err
	}
	size := graph.Sqrt(graph.AddScalar(graph.Square(slopes[0]), tiny))
	return meanOf(graph.Square(graph.AddScalar(size, -1))), nil
}

// meanOf is the mean over rows and features.
func meanOf(x *graph.Node) *graph.Node { return graph.MeanRows(graph.MeanFeatures(x)) }

// divergence adds the mean over rows of KL(N(mean, e^logVar) ‖ N(0, 1)), in nats
// (arXiv:1312.6114, appendix B).
func divergence(mean, logVar *graph.Node) *graph.Node {
	one := graph.AddScalar(logVar, 1)
	return graph.MulScalar(graph.MeanRows(graph.SumFeatures(graph.Sub(graph.Add(graph.Square(mean), graph.Exp(logVar)), one))), 0.5)
}

// mmdScales are the widths of the kernels of the maximum mean discrepancy, in units of
// twice the number of latents, the mean squared distance of two draws of the prior
// (arXiv:1711.01558, appendix C).
var mmdScales = [...]float64{0.1, 0.2, 0.5, 1, 2, 5, 10}

// similarity adds the mean over all pairs of rows of z (rows d) and of points (shared, n×d,
// with squared lengths lengths, n) of the inverse multiquadratic kernel, averaged over
// the scales.
func similarity(z, points, lengths *graph.Node) *graph.Node {
	squared := graph.Add(graph.Sub(lengths, graph.MulScalar(graph.MatMulT(z, points), 2)), graph.SumFeatures(graph.Square(z)))
	var sum *graph.Node
	for _, s := range mmdScales {
		c := s * 2 * float64(z.Width())
		k := graph.Div(z.Graph.Scalar(c), graph.AddScalar(squared, c))
		if sum == nil {
			sum = k
		} else {
			sum = graph.Add(sum, k)
		}
	}
	return graph.MulScalar(meanOf(sum), 1/float64(len(mmdScales)))
}

// similar is similarity of points with themselves: n×d, row-major.
func similar(points []float32, d int) float64 {
	n, total := len(points)/d, 0.0
	for i := range n {
		for j := range n {
			squared := 0.0
			for k := range d {
				q := float64(points[i*d+k]) - float64(points[j*d+k])
				squared += q * q
			}
			for _, s := range mmdScales {
				c := s * 2 * float64(d)
				total += c / (c + squared)
			}
		}
	}
	return total / float64(n*n*len(mmdScales))
}
