package rng

import "math/bits"

// Source is a sequential source of random words, for use with math/rand/v2:
// rand.New(s.Source(0)). It is not safe for concurrent use. The zero value is
// a usable source (key 0, step 0).
type Source struct {
	stream Stream
	tail   [2]uint32 // counter words c2 and c3
	block  uint64    // index of the next block
	spare  uint64
	full   bool // spare holds a word
}

// Source returns a sequential source at the start of the sequence of
// (stream, step). Sources of different steps are independent; two sources of
// one step repeat each other. Steps are below 2^48.
func (s Stream) Source(step uint64) *Source {
	src := s.sequence(useSource, step)
	return &src
}

func (s Stream) sequence(u use, step uint64) Source {
	checkElement(step, 0)
	c2, c3 := counterTail(u, step, 0)
	return Source{stream: s, tail: [2]uint32{c2, c3}}
}

// Uint64 returns the next word; it makes *Source a rand.Source.
func (r *Source) Uint64() uint64 {
	if r.full {
		r.full = false
		return r.spare
	}
	x0, x1, x2, x3 := philox(r.stream.k0, r.stream.k1, uint32(r.block), uint32(r.block>>32), r.tail[0], r.tail[1])
	r.block++
	r.spare, r.full = uint64(x3)<<32|uint64(x2), true
	return uint64(x1)<<32 | uint64(x0)
}

// below returns an unbiased integer in [0, n), n > 0, by Lemire's
// multiplication with rejection (arXiv:1805.10941).
func (r *Source) below(n uint64) uint64 {
	hi, lo := bits.Mul64(r.Uint64(), n)
	if lo < n {
		reject := -n % n
		for lo < reject {
			hi, lo = bits.Mul64(r.Uint64(), n)
		}
	}
	return hi
}
