package dctr

import (
	"fmt"

	"etalon/rng"
	"etalon/train"
)

// Folds assigns n rows at random to k folds whose sizes differ by at most one. The
// assignment is a function of the stream, n and k.
func Folds(n, k int, s rng.Stream) ([]int, error) {
	if k < 2 || k > n {
		return nil, fmt.Errorf("folds: %d folds of %d rows; 2 to %d are accepted", k, n, n)
	}
	order := make([]uint32, n)
	s.Perm(order, 0)
	fold := make([]int, n)
	for i, r := range order {
		fold[r] = i % k
	}
	return fold, nil
}

// order lists the rows in random order; with a fold, only those outside of fold k.
func order(n int, s rng.Stream, fold []int, k int) []uint32 {
	all := make([]uint32, n)
	s.Perm(all, 0)
	if fold == nil {
		return all
	}
	rows := all[:0]
	for _, r := range all {
		if fold[r] != k {
			rows = append(rows, r)
		}
	}
	return rows
}

// pick takes rows of a sample of d features.
func (s Sample) pick(d int, rows []uint32) Sample {
	var out Sample
	if s.From != nil {
		out.From = choose(s.From, rows)
	} else {
		out.X = make([]float32, 0, len(rows)*d)
		for _, r := range rows {
			out.X = append(out.X, s.X[int(r)*d:(int(r)+1)*d]...)
		}
	}
	if s.W != nil {
		out.W = make([]float64, len(rows))
		for i, r := range rows {
			out.W[i] = s.W[r]
		}
	}
	return out
}

// from returns the rows from number k on.
func (s Sample) from(d, k int) Sample {
	var out Sample
	if s.From != nil {
		out.From = choose(s.From, train.Range(k, s.From.Len()))
	} else {
		out.X = s.X[k*d:]
	}
	if s.W != nil {
		out.W = s.W[k:]
	}
	return out
}
