package cpu

// arena lays out buffers, measured in features, so that buffers that live at the
// same time do not overlap. Freed space is reused best fit first.
type arena struct {
	size int    // features in all
	free []span // sorted by offset, never adjacent
}

type span struct{ off, n int }

// alloc returns the offset of a buffer of n features.
func (a *arena) alloc(n int) int {
	best := -1
	for i, s := range a.free {
		if s.n >= n && (best < 0 || s.n < a.free[best].n) {
			best = i
		}
	}
	if best >= 0 {
		s := &a.free[best]
		off := s.off
		s.off, s.n = s.off+n, s.n-n
		if s.n == 0 {
			a.free = append(a.free[:best], a.free[best+1:]...)
		}
		return off
	}
	// Grow, starting in a free span at the end if there is one.
	off := a.size
	if k := len(a.free); k > 0 && a.free[k-1].off+a.free[k-1].n == a.size {
		off = a.free[k-1].off
		a.free = a.free[:k-1]
	}
	a.size = off + n
	return off
}

// release gives a buffer back.
func (a *arena) release(off, n int) {
	i := 0
	for i < len(a.free) && a.free[i].off < off {
		i++
	}
	a.free = append(a.free, span{})
	copy(a.free[i+1:], a.free[i:])
	a.free[i] = span{off, n}
	if i+1 < len(a.free) && off+n == a.free[i+1].off {
		a.free[i].n += a.free[i+1].n
		a.free = append(a.free[:i+1], a.free[i+2:]...)
	}
	if i > 0 && a.free[i-1].off+a.free[i-1].n == off {
		a.free[i-1].n += a.free[i].n
		a.free = append(a.free[:i], a.free[i+1:]...)
	}
}
