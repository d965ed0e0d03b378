package fastsim

import (
	"fmt"
	"math"
	"slices"
)

// Marginal is the distribution of one number of a shower: its quantiles at the normal
// scores -3.25, -3, …, 3.25, linear between them and constant beyond.
type Marginal []float64

const (
	lastScore = 3.25
	scoreStep = 0.25
	scores    = 27
)

func score(k int) float64 { return scoreStep*float64(k) - lastScore }

// At returns the quantile of a normal score.
func (m Marginal) At(score float64) float64 {
	p := (score + lastScore) / scoreStep
	if !(p > 0) {
		return m[0]
	}
	if p >= scores-1 {
		return m[scores-1]
	}
	k := int(p)
	return m[k] + (p-float64(k))*(m[k+1]-m[k])
}

func (m Marginal) check(name string, least, most float64) error {
	if len(m) != scores {
		return fmt.Errorf("fastsim: %s has %d quantiles; %d are accepted", name, len(m), scores)
	}
	for k, v := range m {
		if !(v >= least && v <= most) || k > 0 && v < m[k-1] {
			return fmt.Errorf("fastsim: quantile %d of %s is %v; ascending numbers from %v to %v are accepted", k, name, v, least, most)
		}
	}
	return nil
}

// newMarginal returns the quantiles of values, which it sorts.
func newMarginal(values []float64) Marginal {
	slices.Sort(values)
	m := make(Marginal, scores)
	for k := range m {
		p := phi(score(k))*float64(len(values)) - 0.5
		lo := min(max(int(p), 0), len(values)-1)
		hi := min(lo+1, len(values)-1)
		m[k] = values[lo] + min(max(p-float64(lo), 0), 1)*(values[hi]-values[lo])
	}
	return m
}

// logNormal returns the marginal exp(mean + sigma·score).
func logNormal(mean, sigma float64) Marginal {
	m := make(Marginal, scores)
	for k := range m {
		m[k] = math.Exp(mean + sigma*score(k))
	}
	return m
}

// phi is the distribution function of the standard normal distribution.
func phi(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normalScores returns the normal scores of the ranks of values.
func normalScores(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	s := make([]float64, len(values))
	for rank, i := range order {
		p := (float64(rank) + 0.5) / float64(len(values))
		s[i] = math.Sqrt2 * math.Erfinv(2*p-1)
	}
	return s
}

// cholesky returns the lower factor of a correlation matrix, or false where it is not
// positive definite.
func cholesky(c [][]float64) ([][]float64, bool) {
	n := len(c)
	l := make([][]float64, n)
	for i := range l {
		l[i] = make([]float64, n)
		for j := range i + 1 {
			s := c[i][j]
			for k := range j {
				s -= l[i][k] * l[j][k]
			}
			if i != j {
				l[i][j] = s / l[j][j]
				continue
			}
			if !(s > 1e-9) {
				return nil, false
			}
			l[i][i] = math.Sqrt(s)
		}
	}
	return l, true
}

// definite shrinks the correlations until the matrix is positive definite.
func definite(c [][]float64) {
	for range 1000 {
		if _, ok := cholesky(c); ok {
			return
		}
		for i := range c {
			for j := range c {
				if i != j {
					c[i][j] *= 0.99
				}
			}
		}
	}
}

func identity(n int) [][]float64 {
	c := make([][]float64, n)
	for i := range c {
		c[i] = make([]float64, n)
		c[i][i] = 1
	}
	return c
}
