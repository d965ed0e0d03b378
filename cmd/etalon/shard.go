package main

import (
	"fmt"
	"strconv"
	"strings"
)

const maxShards = 1 << 20

// shard is part i of n equal parts of a stream of points. The zero value is the
// whole.
type shard struct{ i, n int }

func (s *shard) String() string {
	if s.n == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.i, s.n)
}

func (s *shard) Type() string { return "i/n" }

// Set reads i/n with i from 0 to n-1.
func (s *shard) Set(text string) error {
	a, b, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > maxShards || i < 0 || i >= n {
		return fmt.Errorf("i/n with 0 <= i < n <= %d is accepted, as 0/4 to 3/4", maxShards)
	}
	s.i, s.n = i, n
	return nil
}

// rows returns the first row of the part among total rows, and the first after it.
func (s shard) rows(total int) (lo, hi int) {
	if s.n == 0 {
		return 0, total
	}
	at := func(i int) int { return int(int64(total) * int64(i) / int64(s.n)) } // at most 2^60
	return at(s.i), at(s.i + 1)
}
