package metric

import (
	"math"

	"etalon/hist"
)

// BinMatching tells for each of N equal bins on [X0, X1] how many generated events
// for one truth event the content of the bin takes. Bins without events, and those
// that negative weights leave without a positive content, hold NaN.
type BinMatching struct {
	N      int
	X0, X1 float64
	Ratio  []float64 // N_G/N_T = W(x0) of narrow bins, eq. (11)
	Error  []float64 // standard error of Ratio
	Full   []float64 // N_G/N_T by eq. (9): the mean of the indicator is not neglected
}

// MatchingBins estimates N_G/N_T for the histogram of f from generated events. W(x0)
// is the mean weight that truth events in the bin have, n ΣW²/(ΣW_bin ΣW), sums over
// the events in the bin but for the last. Source: DCTRGAN (arXiv:2009.03796), eqs. (9)
// and (11). Errors: those of Observable.Mean, those of hist.NewH1.
func MatchingBins(generated Observable, n int, x0, x1 float64) (*BinMatching, error) {
	h, err := hist.NewH1(n, x0, x1)
	if err != nil {
		return nil, err
	}
	const what = "matching bins"
	if err := generated.check(what); err != nil {
		return nil, err
	}
	w, err := meanOne(what, generated.W, len(generated.F))
	if err != nil {
		return nil, err
	}
	for i, f := range generated.F {
		h.Fill(f, w[i])
	}
	b := newBinMatching(h)
	events := float64(len(w))
	in, out := make([]float64, n), make([]float64, n) // squared influences inside and outside of each bin
	var all float64
	for i, f := range generated.F {
		q := (w[i] - 1) / events
		all += q * q
		if k := h.Bin(f); k >= 0 {
			p := w[i]*w[i]/h.W2[k] - w[i]/h.W[k] - q
			in[k] += p * p
			out[k] -= q * q
		}
	}
	for k := range n {
		if !(h.W[k] > 0) {
			continue
		}
		p := h.W[k] / events
		b.Ratio[k] = h.W2[k] / h.W[k]
		b.Error[k] = b.Ratio[k] * math.Sqrt(in[k]+max(out[k]+all, 0))
		if p < 1 {
			b.Full[k] = ((1-p)*(1-p)*h.W2[k] + p*p*(h.SumW2-h.W2[k])) / (events * p * (1 - p))
		}
	}
	return b, nil
}

// MatchingBinsAtTruth estimates the same from truth events: W(x0) is the mean over
// those in the bin of the weighting function, whose mean over generated events must
// be 1. Errors: no events, numbers that are not finite, those of hist.NewH1.
func MatchingBinsAtTruth(truth Observable, n int, x0, x1 float64) (*BinMatching, error) {
	h, err := hist.NewH1(n, x0, x1)
	if err != nil {
		return nil, err
	}
	if err := truth.check("matching bins at truth"); err != nil {
		return nil, err
	}
	count := make([]float64, n)
	for i, f := range truth.F {
		h.Fill(f, truth.weight(i))
		if k := h.Bin(f); k >= 0 {
			count[k]++
		}
	}
	b := newBinMatching(h)
	events := float64(len(truth.F))
	for k := range n {
		if count[k] == 0 {
			continue
		}
		p, mean := count[k]/events, h.W[k]/count[k]
		b.Ratio[k] = mean
		b.Error[k] = math.Sqrt(max(h.W2[k]/count[k]-mean*mean, 0) / count[k])
		if p < 1 {
			b.Full[k] = ((1-p)*(1-p)*h.W[k] + p*p*(h.SumW-h.W[k])) / (events * p * (1 - p))
		}
	}
	return b, nil
}

func newBinMatching(h *hist.H1) *BinMatching {
	b := &BinMatching{N: h.N, X0: h.X0, X1: h.X1}
	for _, to := range []*[]float64{&b.Ratio, &b.Error, &b.Full} {
		*to = make([]float64, h.N)
		for k := range *to {
			(*to)[k] = math.NaN()
		}
	}
	return b
}
