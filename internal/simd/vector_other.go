//go:build !amd64 || noasm

package simd

// Portable level: no element is done by a kernel.

func vector(opcode, []float32, []float32, []float32, []float32, float32) int    { return 0 }
func vectorSum(*[Lanes]float64, []float32) int                                  { return 0 }
func vectorDot(*[Lanes]float64, []float32, []float32) int                       { return 0 }
func vectorAdam([]float32, []float32, []float32, []float32, *adamConstants) int { return 0 }
