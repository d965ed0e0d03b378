package showerscore

import (
	"fmt"
	"math"

	"etalon/hist"
	"etalon/metric"
)

// compareOne scores one observable, and returns warnings.
func compareOne(t *sample, samples []*sample, j int, ranges map[string]Range, reference string) (Observable, []string, error) {
	name := t.table.Names[j]
	o := Observable{Name: name}
	r, given := ranges[name]
	if !given {
		column := make([]float32, t.table.Rows)
		for i := range column {
			column[i] = t.table.Data[i*t.table.Cols+j]
		}
		r = RangeOf(name, column)
	}
	o.Range = r
	h, full, err := histograms(t, j, r)
	if err != nil {
		return o, nil, fmt.Errorf("showerscore: %s: %w", name, err)
	}
	if h.EffectiveEntries() == 0 {
		return o, nil, fmt.Errorf("showerscore: %s: no shower of the truth lies in the range from %g to %g", name, r.Lo, r.Hi)
	}
	truth := t.observable(j)
	mean, err := truth.Mean()
	if err != nil {
		return o, nil, fmt.Errorf("showerscore: %s: %w", name, err)
	}
	o.Mean, o.MeanError, o.Outside = mean.Value, mean.Error, h.Outside/h.SumW
	var notes []string
	for _, s := range samples {
		sc, warn, err := scoreOne(s, j, r, h, full, truth)
		if err != nil {
			return o, nil, fmt.Errorf("showerscore: %s: %s: %w", s.name, name, err)
		}
		notes = append(notes, warn...)
		o.Scores = append(o.Scores, sc)
	}
	o.addRatios(reference)
	return o, notes, nil
}

func histograms(s *sample, j int, r Range) (inside, full *hist.H1, err error) {
	if inside, err = r.Histogram(s.table.Data, s.table.Cols, j, s.w); err != nil {
		return nil, nil, err
	}
	full, err = r.withOverflow(s.table.Data, s.table.Cols, j, s.w)
	return inside, full, err
}

func scoreOne(s *sample, j int, r Range, truth, truthFull *hist.H1, f metric.Observable) (sc Score, warn []string, err error) {
	undefined := Number(math.NaN())
	sc = Score{Method: s.name, Ratio: undefined, RatioError: undefined, RatioExcess: undefined, R: undefined, RError: undefined}
	h, full, err := histograms(s, j, r)
	if err != nil {
		return sc, nil, err
	}
	sc.Outside = h.Outside / h.SumW
	if sum, _ := h.Inside(); sum > 0 {
		sep, err := metric.NewSeparation(truth, h)
		if err != nil {
			return sc, nil, err
		}
		sc.S2, sc.S2Noise, sc.S2NoiseSpread = sep.S2, sep.Noise, sep.NoiseSpread
		sc.S2Error = separationError(truth, h, sep.NoiseSpread)
	} else {
		sc.S2 = 1
		warn = append(warn, s.name+": no weight lies in the range of an observable, whose ⟨S²⟩ is set to 1")
	}
	sc.S2Paper, sc.S2PaperNoise = sc.S2/r.BinWidth(), sc.S2Noise/r.BinWidth()
	if sc.S2Overflow, err = metric.S2(truthFull, full); err != nil {
		return sc, nil, err
	}
	values := s.observable(j)
	mean, err := values.Mean()
	if err != nil {
		return sc, nil, err
	}
	sc.Mean, sc.MeanError = mean.Value, mean.Error
	if d, err := metric.NewDilution(values, f); err == nil {
		sc.R, sc.RError = Number(d.R.Value), Number(d.R.Error)
	} else if u, err := f.Mean(); err == nil && u.Error > 0 {
		warn = append(warn, s.name+": too few effective showers for r")
	}
	return sc, warn, nil
}

// addRatios sets the ratios of ⟨S²⟩ to that of the reference.
func (o *Observable) addRatios(reference string) {
	ref := o.Score(reference)
	if ref == nil || !(ref.S2 > 0) {
		return
	}
	resolved := ref.S2-ref.S2Noise > 3*ref.S2NoiseSpread
	for k := range o.Scores {
		s := &o.Scores[k]
		q := s.S2 / ref.S2
		s.Ratio, s.RatioError = Number(q), Number(math.Hypot(s.S2Error, q*ref.S2Error)/ref.S2)
		if s == ref {
			s.RatioError = 0
		}
		if resolved {
			s.RatioExcess = Number((s.S2 - s.S2Noise) / (ref.S2 - ref.S2Noise))
		}
	}
}

// separationError returns the standard error of ⟨S²⟩. With the gradient
//
//	g_i = ∂⟨S²⟩/∂h_i = ½ (h_i-k_i)(h_i+3k_i)/(h_i+k_i)²
//
// and its weighted mean over the histogram, ḡ = Σ g h, the delta method for the
// normalised histogram h of Σw = s and Σw² = q_i in bin i gives Σ q_i (g_i-ḡ)²/s²; both
// histograms' variances add. Where h-k is noise that doubles the noise's variance (as
// the mean of a squared normal's estimated slope does), so one spread² is taken off;
// the error is at least the spread of the noise.
func separationError(h, k *hist.H1, spread float64) float64 {
	p, q := h.Mass(), k.Mass()
	variance := func(p, q []float64, h *hist.H1) float64 {
		g, mean := make([]float64, len(p)), 0.0
		for i := range p {
			if sum := p[i] + q[i]; sum > 0 {
				g[i] = 0.5 * (p[i] - q[i]) * (p[i] + 3*q[i]) / (sum * sum)
				mean += g[i] * p[i]
			}
		}
		s, _ := h.Inside()
		v := 0.0
		for i := range p {
			v += h.W2[i] / s / s * (g[i] - mean) * (g[i] - mean)
		}
		return v
	}
	v := variance(p, q, h) + variance(q, p, k) - spread*spread
	return math.Sqrt(max(v, spread*spread))
}
