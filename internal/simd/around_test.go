package simd

import "unsafe"

// around returns the whole array of a slice made by sentinels.
func around(x []float32, off int) []float32 {
	first := (*float32)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(x)), -4*(32+off)))
	return unsafe.Slice(first, len(x)+96)
}
