//go:build amd64 && !noasm

package simd

import "golang.org/x/sys/cpu"

// x/sys/cpu also asks the operating system whether it saves the registers.
var (
	hasAVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = hasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW &&
		cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL
)
