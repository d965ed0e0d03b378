package cpu

import "unsafe"

// Sizes of blocks. The networks of the papers fit a 1 MiB L2 cache with 192 rows;
// but what counts is that a block uses the weights often enough: 8 layers of 512
// units, whose tensors do not even fit 2 MiB, are as fast with 192 rows as with
// 144, and slower with 64. So the size of the cache does not matter, and the same
// batch is cut in the same way on every machine.
const (
	blockUnit  = 32 // blocks begin at multiples of it
	maxRows    = 6 * blockUnit
	tiledRows  = 8 * blockUnit // where products run on tiles, whose packed weights are twice as large
	blockBytes = 16 << 20      // of a block's tensors: bounds memory, not time

	// Programs with convolutions: tensors are thousands of features wide, the work of a
	// row is large, and batches are small.
	volumeUnit = 16 // blocks begin at multiples of it, and a group has as many rows at least
	volumeRows = 6 * volumeUnit
)

// granule is the number of rows at whose multiples blocks begin.
func (p *Program) granule() int {
	if p.volumes {
		return max(volumeUnit, p.unit)
	}
	return blockUnit
}

// chooseBlock picks the rows of a block at most.
func (p *Program) chooseBlock(features int) int {
	most := maxRows
	if len(p.packed) > 0 {
		most = tiledRows
	}
	if p.volumes {
		most = volumeRows
	}
	unit := p.granule()
	if p.blockHint > 0 {
		return min(roundUp(p.blockHint, unit), most)
	}
	rows := blockBytes / 4 / max(features, 1) / unit * unit
	return min(max(rows, unit), most)
}

// alignedFloats allocates n floats that start on a cache line.
func alignedFloats(n int) []float32 {
	const line = 64
	buf := make([]float32, n+line/4)
	off := 0
	if m := uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % line; m != 0 {
		off = int((line - m) / 4)
	}
	return buf[off : off+n : off+n]
}

// alignedWords allocates n words that start on a cache line.
func alignedWords(n int) []uint32 {
	if n == 0 {
		return nil
	}
	f := alignedFloats(n)
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(f))), n)
}
