package train

import "etalon/rng"

// Batches draws the rows of every step: from each group of consecutive rows a
// fixed number, without repetition until the group is used up, then in a new
// order. The rows of a step depend on the stream and the step's number alone.
type Batches struct {
	groups []group
	index  []uint32
}

type group struct {
	lo, size, share int
	stream          rng.Stream
	pass            int // of perm; -1 before the first
	perm            []uint32
}

// Group is a range of rows lo ≤ i < hi of which every batch takes Share.
type Group struct{ Lo, Hi, Share int }

// NewBatches prepares batches of the groups. A share larger than its group is cut
// to it; a group without rows or share is left out.
func NewBatches(stream rng.Stream, groups ...Group) *Batches {
	b := &Batches{}
	total := 0
	for i, g := range groups {
		size := g.Hi - g.Lo
		share := min(g.Share, size)
		if share < 1 {
			continue
		}
		b.groups = append(b.groups, group{lo: g.Lo, size: size, share: share, pass: -1,
			stream: stream.Sub("group" + string(rune('0'+i))), perm: make([]uint32, size)})
		total += share
	}
	b.index = make([]uint32, total)
	return b
}

// Rows is the length of a batch.
func (b *Batches) Rows() int { return len(b.index) }

// StepsPerPass is the number of steps that use up the first group; 0 without rows.
func (b *Batches) StepsPerPass() int {
	if len(b.groups) == 0 {
		return 0
	}
	return b.groups[0].size / b.groups[0].share
}

// At returns the rows of a step. The slice is reused by the next call.
func (b *Batches) At(step int) []uint32 {
	at := 0
	for i := range b.groups {
		g := &b.groups[i]
		perPass := g.size / g.share
		if pass := step / perPass; pass != g.pass {
			g.stream.Perm(g.perm, uint64(pass))
			g.pass = pass
		}
		k := step % perPass * g.share
		for _, r := range g.perm[k : k+g.share] {
			b.index[at] = uint32(g.lo) + r
			at++
		}
	}
	return b.index
}
