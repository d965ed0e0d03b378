package rng

import "testing"

// The three known-answer vectors of Philox4x32-10 in Random123's kat_vectors.
func TestPhiloxKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		key     [2]uint32
		counter [4]uint32
		want    [4]uint32
	}{
		{
			[2]uint32{0, 0},
			[4]uint32{0, 0, 0, 0},
			[4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		},
		{
			[2]uint32{0xffffffff, 0xffffffff},
			[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{
			[2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		s := Stream{k0: c.key[0], k1: c.key[1]}
		if got := s.Block(c.counter[0], c.counter[1], c.counter[2], c.counter[3]); got != c.want {
			t.Errorf("key %08x counter %08x: got %08x, want %08x", c.key, c.counter, got, c.want)
		}
	}
}
