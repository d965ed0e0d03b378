package mcmc

import "gonum.org/v1/gonum/dsp/fourier"

// sequences is a table of chains×n values, the input of the estimators here.
type sequences struct {
	x      []float64
	chains int
	n      int
}

func (s sequences) row(c int) []float64 { return s.x[c*s.n : (c+1)*s.n] }

// split halves every chain; the middle draw of an odd number is dropped.
func (s sequences) split() sequences {
	half := s.n / 2
	if 2*half == s.n {
		return sequences{x: s.x, chains: 2 * s.chains, n: half}
	}
	out := make([]float64, 0, 2*s.chains*half)
	for c := range s.chains {
		row := s.row(c)
		out = append(append(out, row[:half]...), row[s.n-half:]...)
	}
	return sequences{x: out, chains: 2 * s.chains, n: half}
}

// correlator computes autocovariances of sequences of one length.
type correlator struct {
	n    int
	fft  *fourier.FFT
	pad  []float64
	coef []complex128
	sum  []complex128
}

func newCorrelator(n int) *correlator {
	size := smooth(2 * n)
	return &correlator{n: n, fft: fourier.NewFFT(size), pad: make([]float64, size),
		coef: make([]complex128, size/2+1), sum: make([]complex128, size/2+1)}
}

// smooth returns the smallest number ≥ n of the form 2^a·3^b·5^c with a ≥ 1,
// for which the transform is fast.
func smooth(n int) int {
	best := 0
	for c := 2; ; c *= 5 {
		for b := c; ; b *= 3 {
			a := b
			for a < n {
				a *= 2
			}
			if best == 0 || a < best {
				best = a
			}
			if b >= n {
				break
			}
		}
		if c >= n {
			return best
		}
	}
}

// moments returns the means of the chains, the mean W of their unbiased
// variances, and the autocovariances averaged over chains,
//
//	γ_t = mean_m 1/n Σ_i (x_i - x̄_m)(x_{i+t} - x̄_m),   t = 0 … n-1.
//
// The power spectra are summed, so that one inverse transform serves all
// chains (Wiener-Khinchin); padding keeps ends from wrapping around.
func (k *correlator) moments(s sequences) (means []float64, within float64, acov []float64) {
	means = make([]float64, s.chains)
	clear(k.sum)
	for c := range s.chains {
		row := s.row(c)
		m := mean(row)
		means[c] = m
		for i, v := range row {
			k.pad[i] = v - m
			within += k.pad[i] * k.pad[i]
		}
		clear(k.pad[k.n:])
		k.fft.Coefficients(k.coef, k.pad)
		for i, v := range k.coef {
			k.sum[i] += complex(real(v)*real(v)+imag(v)*imag(v), 0)
		}
	}
	k.fft.Sequence(k.pad, k.sum)
	acov = make([]float64, k.n)
	scale := 1 / (float64(len(k.pad)) * float64(k.n) * float64(s.chains))
	for i := range acov {
		acov[i] = k.pad[i] * scale
	}
	return means, within / (float64(k.n-1) * float64(s.chains)), acov
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// variance is the unbiased variance; 0 for fewer than two values.
func variance(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return sum / float64(len(x)-1)
}
