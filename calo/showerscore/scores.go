package showerscore

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"etalon/dataset"
	"etalon/metric"
)

// Generator is the name of the method that others are compared with, if it is there.
const Generator = "generator"

// Options of Compare. The zero value is usable.
type Options struct {
	Reference string // method in the denominator of Ratio; "": Generator, where it is there
	Replicas  int    // of the bootstrap; 0: metric.DefaultReplicas, negative: none
	Seed      uint64 // of the bootstrap
	Threads   int    // 0: one per core; results do not depend on it
	// Ranges are those of named observables instead of RangeOf's.
	Ranges map[string]Range
}

// Scores are the scores of all methods for all observables.
type Scores struct {
	Reference    string              `json:"reference"` // "": there is none
	Showers      int                 `json:"showers"`   // of the truth
	Replicas     int                 `json:"replicas"`  // of the bootstrap; 0: none
	Methods      []Weighting         `json:"methods"`
	Observables  []Observable        `json:"observables"`
	Summary      []Summary           `json:"summary"`
	Correlations []WeightCorrelation `json:"weight_correlations"`
	Warnings     []string            `json:"warnings"`
}

// Weighting says how many showers a method has and what they are worth.
type Weighting struct {
	Name     string  `json:"name"`
	Showers  int     `json:"showers"`
	NEff     float64 `json:"n_eff"` // Kish's
	MaxShare float64 `json:"max_share"`
	Weighted bool    `json:"weighted"`
}

// Observable is one observable's range, its mean in the truth, and the methods' scores
// in the order of Scores.Methods.
type Observable struct {
	Name      string  `json:"name"`
	Range     Range   `json:"range"`
	Mean      float64 `json:"mean"` // of the truth
	MeanError float64 `json:"mean_error"`
	Outside   float64 `json:"outside"` // share of the truth that is in no bin
	Scores    []Score `json:"scores"`
}

// Score is how well one method has one observable. Errors are standard errors. The
// events of all samples are taken as independent.
type Score struct {
	Method string `json:"method"`
	// S2 is eq. (15) for histograms of unit sum, in [0, 1]; S2Noise and S2NoiseSpread
	// are its expectation and standard deviation for samples of one density: the floor.
	S2            float64 `json:"s2"`
	S2Error       float64 `json:"s2_error"`
	S2Noise       float64 `json:"s2_noise"`
	S2NoiseSpread float64 `json:"s2_noise_spread"`
	// S2Paper and S2PaperNoise are in the paper's convention, of density-normalised
	// histograms: the values above divided by the width of a bin.
	S2Paper      float64 `json:"s2_paper"`
	S2PaperNoise float64 `json:"s2_paper_noise"`
	// S2Overflow is S2 with an underflow and an overflow bin.
	S2Overflow float64 `json:"s2_overflow"`
	// Ratio is S2 divided by that of the reference; its error takes the two as
	// independent. RatioExcess is the same of S2 - S2Noise, null where the reference's S2
	// is within 3 spreads of its noise.
	Ratio       Number `json:"ratio"`
	RatioError  Number `json:"ratio_error"`
	RatioExcess Number `json:"ratio_excess"`
	// R is DCTRGAN's r, the standard error of the mean in units of that of the truth:
	// analytic, and from Poisson bootstraps as the paper has it. Null where the truth
	// does not vary.
	R               Number  `json:"r"`
	RError          Number  `json:"r_error"`
	RBootstrap      Number  `json:"r_bootstrap"`
	RBootstrapError Number  `json:"r_bootstrap_error"`
	Mean            float64 `json:"mean"`
	MeanError       float64 `json:"mean_error"`
	Outside         float64 `json:"outside"` // share of the weight that is in no bin
}

// WeightCorrelation is Pearson's ρ of the weights that two methods give the same showers.
type WeightCorrelation struct {
	A     string  `json:"a"`
	B     string  `json:"b"`
	Rho   float64 `json:"rho"`
	Error float64 `json:"error"`
}

// Observable returns the scores of an observable, nil if there is none of that name.
func (s *Scores) Observable(name string) *Observable {
	for i := range s.Observables {
		if s.Observables[i].Name == name {
			return &s.Observables[i]
		}
	}
	return nil
}

// Score returns the score of a method, nil if there is none of that name.
func (o *Observable) Score(method string) *Score {
	for i := range o.Scores {
		if o.Scores[i].Method == method {
			return &o.Scores[i]
		}
	}
	return nil
}

// Compare scores every method for every observable of the truth.
//
// A method of which no weight lies in a range has S2 = 1 there, with a warning. Weights
// that leave too few effective events for a mean's error give null for r, with a
// warning.
//
// Errors: malformed tables, observables that differ, names that are not unique, numbers
// that are not finite, weights that are all 0, a range without truth in it, an unknown
// reference.
func Compare(truth *dataset.Table, methods []Method, o Options) (*Scores, error) {
	t, samples, err := newSamples(truth, methods)
	if err != nil {
		return nil, err
	}
	out := &Scores{Showers: truth.Rows, Reference: o.Reference, Warnings: []string{}, Correlations: []WeightCorrelation{}}
	named := func(name string) bool {
		return slices.ContainsFunc(samples, func(s *sample) bool { return s.name == name })
	}
	if o.Reference == "" && named(Generator) {
		out.Reference = Generator
	}
	if o.Reference != "" && !named(o.Reference) {
		return nil, fmt.Errorf("showerscore: the reference %.60q is none of the methods", o.Reference)
	}
	for _, s := range samples {
		w := Weighting{s.name, s.table.Rows, float64(s.table.Rows), 1 / float64(s.table.Rows), s.w != nil}
		if s.w != nil {
			w.NEff, w.MaxShare = metric.KishESS(s.logW), metric.MaxShare(s.logW)
		}
		out.Methods = append(out.Methods, w)
	}
	out.Observables = make([]Observable, truth.Cols)
	notes := make([][]string, truth.Cols)
	errs := make([]error, truth.Cols)
	each(o.Threads, truth.Cols, func(j int) {
		out.Observables[j], notes[j], errs[j] = compareOne(t, samples, j, o.Ranges, out.Reference)
	})
	for j := range errs {
		if errs[j] != nil {
			return nil, errs[j]
		}
	}
	out.Warnings = append(out.Warnings, collapse(notes)...)
	out.bootstrap(t, samples, o)
	out.correlate(samples)
	out.summarise()
	return out, nil
}

// collapse joins the warnings of all observables, in words once for each kind.
func collapse(notes [][]string) []string {
	var order []string
	times := map[string]int{}
	for _, list := range notes {
		for _, n := range list {
			if times[n] == 0 {
				order = append(order, n)
			}
			times[n]++
		}
	}
	for i, n := range order {
		if times[n] > 1 {
			order[i] = fmt.Sprintf("%s (%d observables)", n, times[n])
		}
	}
	return order
}

// bootstrap adds r as the paper has it.
func (s *Scores) bootstrap(t *sample, samples []*sample, o Options) {
	for i := range s.Observables {
		for k := range s.Observables[i].Scores {
			sc := &s.Observables[i].Scores[k]
			sc.RBootstrap, sc.RBootstrapError = Number(math.NaN()), Number(math.NaN())
		}
	}
	if o.Replicas < 0 {
		return
	}
	b := metric.BootstrapOptions{Replicas: o.Replicas, Seed: o.Seed, Threads: o.Threads}
	truth, err := t.events().BootstrapMeans(b)
	if err != nil {
		s.Warnings = append(s.Warnings, fmt.Sprintf("truth: no bootstrap: %v", err))
		return
	}
	s.Replicas = o.Replicas
	if s.Replicas == 0 {
		s.Replicas = metric.DefaultReplicas
	}
	for k, m := range samples {
		means, err := m.events().BootstrapMeans(b)
		if err != nil {
			s.Warnings = append(s.Warnings, fmt.Sprintf("%s: no bootstrap: %v", m.name, err))
			continue
		}
		for j := range means {
			if u := truth[j].Spread; u.Value > 0 {
				r := means[j].Spread.Value / u.Value
				sc := &s.Observables[j].Scores[k]
				sc.RBootstrap, sc.RBootstrapError = Number(r), Number(math.Hypot(means[j].Spread.Error, r*u.Error)/u.Value)
			}
		}
	}
}

// correlate adds ρ of all pairs of methods that weight the same table.
func (s *Scores) correlate(samples []*sample) {
	for i, a := range samples {
		for _, b := range samples[i+1:] {
			if a.w == nil || b.w == nil || a.table != b.table {
				continue
			}
			if rho, err := metric.WeightCorrelation(a.w, b.w); err == nil {
				s.Correlations = append(s.Correlations, WeightCorrelation{a.name, b.name, rho.Value, rho.Error})
			}
		}
	}
}

// each runs f for 0 … n-1 in several goroutines.
func each(threads, n int, f func(i int)) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(threads, n) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
