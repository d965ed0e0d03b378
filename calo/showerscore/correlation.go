package showerscore

import (
	"fmt"
	"math"

	"etalon/dataset"
	"etalon/metric"
)

// Correlations are the linear correlation coefficients of some observables.
type Correlations struct {
	Names   []string            `json:"names"`
	Truth   [][]Number          `json:"truth"`
	Error   [][]Number          `json:"truth_error"`
	Methods []MethodCorrelation `json:"methods"`
}

// MethodCorrelation is the correlation matrix of a method, its difference to that of the
// truth and the standard errors of these. Undefined where an observable does not vary.
type MethodCorrelation struct {
	Method          string     `json:"method"`
	Value           [][]Number `json:"value"`
	Error           [][]Number `json:"error"`
	Difference      [][]Number `json:"difference"`
	DifferenceError [][]Number `json:"difference_error"`
	// RMS and Largest are of the differences of all pairs, NoiseRMS the RMS of their
	// errors: what RMS is, about, for samples of one density.
	RMS      Number `json:"rms"`
	NoiseRMS Number `json:"noise_rms"`
	Largest  Number `json:"largest"` // absolute
}

// Correlate returns the correlations of the named observables, weighted (figure 7 of
// arXiv:2009.03796). Errors: those of Compare's tables, names that the truth has not,
// fewer than two names.
func Correlate(truth *dataset.Table, methods []Method, names []string) (*Correlations, error) {
	t, samples, err := newSamples(truth, methods)
	if err != nil {
		return nil, err
	}
	if len(names) < 2 {
		return nil, fmt.Errorf("showerscore: correlations of %d observables: at least 2 are needed", len(names))
	}
	at := map[string]int{}
	for j, n := range truth.Names {
		at[n] = j
	}
	var columns []int
	for _, n := range names {
		j, ok := at[n]
		if !ok {
			return nil, fmt.Errorf("showerscore: the truth has no observable %.60q", n)
		}
		columns = append(columns, j)
	}
	covariance := func(s *sample) (*metric.Covariance, error) {
		e := metric.Events{Dim: len(columns), W: s.w, X: make([]float32, 0, s.table.Rows*len(columns))}
		for i := range s.table.Rows {
			for _, j := range columns {
				e.X = append(e.X, s.table.Data[i*s.table.Cols+j])
			}
		}
		return e.Covariance()
	}
	c, err := covariance(t)
	if err != nil {
		return nil, fmt.Errorf("showerscore: truth: %w", err)
	}
	out := &Correlations{Names: names, Truth: square(c.Corr, c.Dim), Error: square(c.CorrError, c.Dim)}
	for _, s := range samples {
		m, err := covariance(s)
		if err != nil {
			return nil, fmt.Errorf("showerscore: %s: %w", s.name, err)
		}
		out.Methods = append(out.Methods, newMethodCorrelation(s.name, m, c))
	}
	return out, nil
}

func newMethodCorrelation(name string, m, truth *metric.Covariance) MethodCorrelation {
	d, e := make([]float64, len(m.Corr)), make([]float64, len(m.Corr))
	var n, sum, noise, largest float64
	for i := range d {
		d[i], e[i] = m.Corr[i]-truth.Corr[i], math.Hypot(m.CorrError[i], truth.CorrError[i])
		if i/m.Dim < i%m.Dim && !math.IsNaN(d[i]) {
			n++
			sum += d[i] * d[i]
			noise += e[i] * e[i]
			largest = max(largest, math.Abs(d[i]))
		}
	}
	out := MethodCorrelation{
		Method: name, Value: square(m.Corr, m.Dim), Error: square(m.CorrError, m.Dim),
		Difference: square(d, m.Dim), DifferenceError: square(e, m.Dim),
		RMS: Number(math.Sqrt(sum / n)), NoiseRMS: Number(math.Sqrt(noise / n)), Largest: Number(largest),
	}
	if n == 0 {
		out.Largest = Number(math.NaN())
	}
	return out
}

func square(v []float64, dim int) [][]Number {
	out := make([][]Number, dim)
	for i := range out {
		for _, x := range v[i*dim:][:dim] {
			out[i] = append(out[i], Number(x))
		}
	}
	return out
}
