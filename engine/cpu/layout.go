package cpu

import "unsafe"

const (
	cacheTarget = 5 << 18 // bytes of a block's tensors: leaves room for weights and sums in a 2 MiB L2 cache
	maxRows     = 7 * tileRows
	minRows     = tileRows
)

// chooseBlock picks the rows of a block so that its tensors fit the cache.
func (p *Program) chooseBlock(features int) int {
	if p.blockHint > 0 {
		return roundUp(p.blockHint, tileRows)
	}
	rows := cacheTarget / 4 / max(features, 1) / tileRows * tileRows
	return min(max(rows, minRows), maxRows)
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
