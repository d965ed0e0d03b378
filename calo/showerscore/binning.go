package showerscore

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"etalon/calo"
	"etalon/hist"
)

// Bins is the number of bins of the paper's histograms.
const Bins = 19

// Range is where an observable is histogrammed, in its unit.
type Range struct {
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	Bins  int     `json:"bins"`
	Paper bool    `json:"paper"` // the range of the paper's figures
}

// BinWidth returns the width of a bin, in the unit of the observable.
func (r Range) BinWidth() float64 { return (r.Hi - r.Lo) / float64(r.Bins) }

// layerRanges are the upper ends of the energies of the first layers, in MeV; the last
// is that of all later ones.
var layerRanges = []float64{2, 5, 15, 30, 30, 40, 60, 60, 80, 100, 100, 120}

// momentRanges are the upper ends of second moments, in squared cell widths.
var momentRanges = []float64{1, 2, 20, 30, 50}

// paperRanges returns the ranges of the figures of arXiv:2009.03796 that an observable
// may have, the narrowest first.
func paperRanges(name string) []Range {
	upTo := func(hi float64) Range { return Range{Hi: hi, Bins: Bins, Paper: true} }
	switch name {
	case calo.NActive:
		return []Range{{500, 1000, Bins, true}}
	case calo.Centroid:
		return []Range{{10, 25, Bins, true}}
	case calo.TotalEnergy:
		return []Range{{550, 1050, Bins, true}}
	}
	if layer, ok := layerOf(name, calo.LayerEnergy); ok {
		return []Range{upTo(layerRanges[min(layer, len(layerRanges)-1)])}
	}
	for _, kind := range []string{calo.X2Moment, calo.Y2Moment} {
		if _, ok := layerOf(name, kind); ok {
			var out []Range
			for _, hi := range momentRanges {
				out = append(out, upTo(hi))
			}
			return out
		}
	}
	if strings.HasPrefix(name, calo.LayerDifference+"_") {
		return []Range{{-50, 50, Bins, true}}
	}
	return nil
}

// layerOf returns the layer of an observable of one layer.
func layerOf(name, kind string) (int, bool) {
	rest, ok := strings.CutPrefix(name, kind+"_")
	if !ok {
		return 0, false
	}
	layer, err := strconv.Atoi(rest)
	return layer, err == nil && layer >= 0
}

// RangeOf returns the range of an observable of package calo from its values in the
// truth, which are at least one and finite. It is the paper's (of several, for second
// moments, the narrowest) if at least 95 % of the truth lie inside and the central 90 %
// span at least 4 of the 19 bins, so that there is a shape to compare; else that from
// the 0.5 % to the 99.5 % quantile of the truth, widened by 5 % on both sides, but not
// to below 0 where no value is. A truth of one value has a range of width 1 about it.
func RangeOf(name string, truth []float32) Range {
	v := slices.Sorted(slices.Values(truth))
	at := func(q float64) float64 { return float64(v[min(int(q*float64(len(v))), len(v)-1)]) }
	for _, r := range paperRanges(name) {
		inside := 0
		for _, x := range v {
			if float64(x) >= r.Lo && float64(x) <= r.Hi {
				inside++
			}
		}
		if 20*inside >= 19*len(v) && at(0.95)-at(0.05) >= 4*r.BinWidth() {
			return r
		}
	}
	lo, hi := at(0.005), at(0.995)
	if !(hi > lo) {
		lo, hi = float64(v[0]), float64(v[len(v)-1])
	}
	pad := 0.05 * (hi - lo)
	if !(hi > lo) {
		pad = max(0.5, 1e-3*math.Abs(lo))
	}
	r := Range{Lo: lo - pad, Hi: hi + pad, Bins: Bins}
	if v[0] >= 0 && hi > lo {
		r.Lo = max(r.Lo, 0)
	}
	return r
}

// Histogram fills the column of a table of cols columns with weights (nil: 1 each).
// Values outside the range are in no bin.
func (r Range) Histogram(data []float32, cols, column int, w []float64) (*hist.H1, error) {
	h, err := hist.NewH1(r.Bins, r.Lo, r.Hi)
	if err != nil {
		return nil, err
	}
	for i, k := column, 0; i < len(data); i, k = i+cols, k+1 {
		h.Fill(float64(data[i]), weight(w, k))
	}
	return h, nil
}

// withOverflow is Histogram with a bin below and one above the range.
func (r Range) withOverflow(data []float32, cols, column int, w []float64) (*hist.H1, error) {
	inner, err := hist.NewH1(r.Bins, r.Lo, r.Hi)
	if err != nil {
		return nil, err
	}
	h, err := hist.NewH1(r.Bins+2, r.Lo-r.BinWidth(), r.Hi+r.BinWidth())
	if err != nil {
		return nil, err
	}
	for i, k := column, 0; i < len(data); i, k = i+cols, k+1 {
		x := float64(data[i])
		bin := inner.Bin(x) + 1
		if bin == 0 && x > r.Hi {
			bin = r.Bins + 1
		}
		h.Fill(h.Center(bin), weight(w, k))
	}
	return h, nil
}

func weight(w []float64, i int) float64 {
	if w == nil {
		return 1
	}
	return w[i]
}
