package metric

import (
	"fmt"
	"math"

	"etalon/rng"
)

// DefaultReplicas is the number of bootstraps of DCTRGAN (arXiv:2009.03796).
const DefaultReplicas = 200

// BootstrapOptions choose the replicas of a Poisson bootstrap. The zero value is
// usable.
type BootstrapOptions struct {
	Replicas int // 0: DefaultReplicas; 2 and more are accepted
	Seed     uint64
	Threads  int // 0: one per core; results do not depend on it
}

// Bootstrap is what the replicas tell of a weighted mean.
type Bootstrap struct {
	Mean   float64  // over the replicas
	Spread Estimate // standard deviation between replicas: the uncertainty of the mean
}

// BootstrapMeans returns, for each coordinate, the self-normalised weighted mean over
// the replicas of a Poisson bootstrap: in each, event i is counted k_i times, k_i a
// Poisson number of mean 1 that is a function of (seed, replica, i) alone. All
// coordinates share the replicas. The error of the spread is spread/sqrt(2(B-1)) for
// B replicas.
//
// Source: DCTRGAN (arXiv:2009.03796), whose r has the spreads of 200 such
// bootstraps. Errors: those of Observable.Mean, fewer than two replicas, a replica
// without a positive total weight: that is to be expected below some 10 effective
// events.
func (e Events) BootstrapMeans(o BootstrapOptions) ([]Bootstrap, error) {
	if o.Replicas == 0 {
		o.Replicas = DefaultReplicas
	}
	if o.Replicas < 2 {
		return nil, fmt.Errorf("metric: bootstrap: %d replicas: at least 2 are needed", o.Replicas)
	}
	w, err := e.prepared("bootstrap")
	if err != nil {
		return nil, err
	}
	centre := e.means(w)
	stream := rng.New(o.Seed, "metric/bootstrap")
	shifts := make([][]float64, o.Replicas) // of the means; nil where there is no total
	parallel(o.Threads, o.Replicas, func(_, k int) { shifts[k] = e.replica(stream, k, w, centre) })
	for k, s := range shifts {
		if s == nil {
			return nil, fmt.Errorf("metric: bootstrap: replica %d has no positive total weight: more effective events are needed", k)
		}
	}
	out := make([]Bootstrap, e.Dim)
	v := make([]float64, o.Replicas)
	for j := range out {
		for k := range v {
			v[k] = shifts[k][j]
		}
		mean, spread := meanSpread(v)
		out[j] = Bootstrap{centre[j] + mean, Estimate{spread, spread / math.Sqrt(2*float64(o.Replicas-1))}}
	}
	return out, nil
}

// replica returns by how much the weighted means of a replica differ from centre, nil
// if its total weight is not positive.
func (e Events) replica(stream rng.Stream, k int, w, centre []float64) []float64 {
	const block = 2048
	var u [block]float32
	shift, total := make([]float64, e.Dim), 0.0
	for at := 0; at < len(w); at += block {
		n := min(block, len(w)-at)
		stream.UniformRows(u[:n], n, uint64(k), uint64(at), n, 1)
		for i := range n {
			m := poisson(u[i])
			if m == 0 {
				continue
			}
			v := m * w[at+i]
			total += v
			for j, x := range e.X[(at+i)*e.Dim:][:e.Dim] {
				shift[j] += v * (float64(x) - centre[j])
			}
		}
	}
	if !(total > 0) {
		return nil
	}
	for j := range shift {
		shift[j] /= total
	}
	return shift
}

// poissonSteps are the values of the distribution function of a Poisson number of
// mean 1; what is beyond the last one has probability 1e-9.
var poissonSteps = func() (c [12]float32) {
	p, sum := math.Exp(-1), 0.0
	for k := range c {
		sum += p
		c[k] = float32(sum)
		p /= float64(k + 1)
	}
	return c
}()

// poisson turns a uniform into a Poisson number of mean 1.
func poisson(u float32) float64 {
	k := 0
	for k < len(poissonSteps) && u >= poissonSteps[k] {
		k++
	}
	return float64(k)
}

// BootstrapDilution returns DCTRGAN's r for each coordinate, with its error, as the
// paper takes it: the ratio of the spreads of the mean over the replicas. Both samples
// have the same replicas, so that equal samples have r = 1. A coordinate in which the
// truth does not vary has NaN. Errors: those of BootstrapMeans, dimensions that differ.
func (e Events) BootstrapDilution(truth Events, o BootstrapOptions) ([]Estimate, error) {
	if e.Dim != truth.Dim {
		return nil, fmt.Errorf("metric: bootstrap: points of %d and %d coordinates: equal dimensions are needed", e.Dim, truth.Dim)
	}
	g, err := e.BootstrapMeans(o)
	if err != nil {
		return nil, err
	}
	t, err := truth.BootstrapMeans(o)
	if err != nil {
		return nil, err
	}
	r := make([]Estimate, e.Dim)
	for j := range r {
		r[j] = Estimate{math.NaN(), math.NaN()}
		if s := t[j].Spread; s.Value > 0 {
			v := g[j].Spread.Value / s.Value
			r[j] = Estimate{v, math.Hypot(g[j].Spread.Error, v*s.Error) / s.Value}
		}
	}
	return r, nil
}
