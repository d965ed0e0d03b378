package rng

// Perm fills dst with a random permutation of 0..len(dst)-1, a function of
// (stream, step, len(dst)), by the Fisher-Yates shuffle; every permutation is
// equally likely. Steps are below 2^48. It does not allocate.
func (s Stream) Perm(dst []uint32, step uint64) {
	if uint64(len(dst)) > 1<<32 {
		panic("rng: permutation longer than 2^32")
	}
	src := s.sequence(usePerm, step)
	for i := range dst {
		j := src.below(uint64(i) + 1)
		dst[i] = dst[j]
		dst[j] = uint32(i)
	}
}
