package report

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"etalon/report/figure"
)

// normalised returns exp(logW) scaled to mean 1; −Inf is a weight of 0.
func normalised(logW []float64) ([]float64, error) {
	top := math.Inf(-1)
	for i, l := range logW {
		if math.IsNaN(l) || math.IsInf(l, 1) {
			return nil, fmt.Errorf("log-weight %d is %v", i, l)
		}
		top = max(top, l)
	}
	if math.IsInf(top, -1) {
		return nil, errors.New("every weight is 0")
	}
	w := make([]float64, len(logW))
	var sum float64
	for i, l := range logW {
		w[i] = math.Exp(l - top)
		sum += w[i]
	}
	scale := float64(len(w)) / sum
	for i := range w {
		w[i] *= scale
	}
	return w, nil
}

// weightFigure holds what the figure of the weights shows.
type weightFigure struct {
	n             int
	nEff, largest float64
	share         float64 // of the largest weight in the sum
	edges, counts []float64
	wide          bool // bins and axis in log10 w

	joint             *figure.Grid // learned (y) against exact (x) log-weights
	lo, hi            float64      // limits of both axes of joint
	correlation, rmse float64
}

const weightBins = 120

// newWeightFigure bins weights w = exp(logW)/mean, and, if exact is not nil,
// learned against exact log-weights, each set normalised to mean weight 1.
// The correlation and RMSE of the record are preferred to those computed here.
func newWeightFigure(logW, w, exact []float64, record *weightSummary) *weightFigure {
	f := &weightFigure{n: len(w)}
	var sum, sum2 float64
	low := math.Inf(1)
	for _, v := range w {
		sum += v
		sum2 += v * v
		f.largest = max(f.largest, v)
		if v > 0 {
			low = min(low, v)
		}
	}
	f.nEff = sum * sum / sum2
	f.share = f.largest / sum
	f.bin(w, low)
	if exact != nil {
		f.compare(logW, exact)
		if record != nil && record.ExactCorrelation != nil && record.ExactRMSE != nil {
			f.correlation, f.rmse = *record.ExactCorrelation, *record.ExactRMSE
		}
	}
	return f
}

// bin histograms the weights, on a logarithmic axis if they span much.
func (f *weightFigure) bin(w []float64, low float64) {
	f.wide = f.largest > 20
	position := func(v float64) float64 { return v }
	if f.wide {
		position = math.Log10
		f.edges = figure.Edges(math.Floor(max(math.Log10(low), -6)*2)/2, math.Ceil(math.Log10(f.largest)*2)/2, weightBins)
	} else {
		f.edges = figure.Edges(0, niceAbove(f.largest), weightBins)
	}
	lo, hi := f.edges[0], f.edges[weightBins]
	counts := make([]float64, weightBins)
	for _, v := range w {
		i := int((position(v) - lo) / (hi - lo) * weightBins)
		if v > 0 || !f.wide {
			counts[min(max(i, 0), weightBins-1)]++
		}
	}
	f.counts = counts
}

// niceAbove returns a limit a little above v.
func niceAbove(v float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(v)))/2 + 1e-300
	return math.Ceil(v*1.02/step) * step
}

// logMeanExp returns the logarithm of the mean of exp(l).
func logMeanExp(l []float64) float64 {
	top := slices.Max(l)
	if math.IsInf(top, 0) {
		return top
	}
	var sum float64
	for _, v := range l {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/float64(len(l)))
}

// compare bins learned against exact log-weights. Pairs that are not finite
// are left out.
func (f *weightFigure) compare(learned, exact []float64) {
	const cells = 150
	learnedMean, exactMean := logMeanExp(learned), logMeanExp(exact)
	if math.IsNaN(exactMean) || math.IsInf(exactMean, 0) {
		return
	}
	f.lo, f.hi = f.commonRange(learned, exact, learnedMean, exactMean)
	g := &figure.Grid{NX: cells, NY: cells, V: make([]float64, cells*cells)}
	scale := cells / (f.hi - f.lo)
	var n, sx, sy, sxx, syy, sxy, sdd float64
	for i := range learned {
		x, y := exact[i]-exactMean, learned[i]-learnedMean
		if math.IsNaN(x-x) || math.IsNaN(y-y) {
			continue
		}
		n++
		sx += x
		sy += y
		sxx += x * x
		syy += y * y
		sxy += x * y
		sdd += (x - y) * (x - y)
		if x < f.lo || x >= f.hi || y < f.lo || y >= f.hi {
			continue
		}
		g.V[min(int((y-f.lo)*scale), cells-1)*cells+min(int((x-f.lo)*scale), cells-1)]++
	}
	if n < 2 {
		return
	}
	f.joint = g
	f.correlation = (sxy - sx*sy/n) / math.Sqrt((sxx-sx*sx/n)*(syy-sy*sy/n))
	f.rmse = math.Sqrt(sdd / n)
}

// commonRange returns limits that hold all but the outermost thousandths of
// both sets.
func (f *weightFigure) commonRange(learned, exact []float64, learnedMean, exactMean float64) (lo, hi float64) {
	stride := max(1, len(learned)/100_000)
	var a, b []float64
	for i := 0; i < len(learned); i += stride {
		if y := learned[i] - learnedMean; !math.IsInf(y, 0) {
			a = append(a, y)
		}
		if x := exact[i] - exactMean; !math.IsNaN(x - x) {
			b = append(b, x)
		}
	}
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range [][]float64{a, b} {
		if len(v) > 0 {
			slices.Sort(v)
			lo = min(lo, quantile(v, 0.001))
			hi = max(hi, quantile(v, 0.999))
		}
	}
	if !(hi > lo) {
		lo, hi = lo-1, lo+1
	}
	if math.IsInf(lo, 0) || math.IsNaN(lo) {
		lo, hi = -1, 1
	}
	pad := 0.06 * (hi - lo)
	return lo - pad, hi + pad
}

// quantile returns the q-quantile of sorted values.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
