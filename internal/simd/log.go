package simd

import "math"

// Minimax polynomial P of (ln(1+f) - f + f²/2)/f³ for 1+f from √½ to √2: the
// relative error of the logarithm is 2⁻²⁸.
const (
	log0 = 0.333333135
	log1 = -0.250000089
	log2 = 0.200021192
	log3 = -0.166679963
	log4 = 0.142195523
	log5 = -0.12405587
	log6 = 0.11888168
	log7 = -0.116756693
	log8 = 0.0674664825
)

const (
	sqrtHalfBits  = 0x3f3504f3 // √½ as float32
	minNormal     = 0x1p-126
	denormalScale = 1 << 23
)

// Log sets dst to the natural logarithm of a: -Inf for ±0, NaN for a < 0,
// +Inf for +Inf. The error is at most 1 ulp (0.85 measured).
func Log(dst, a []float32) {
	check2("Log", dst, a)
	for i := vector(opLog, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = log(a[i])
	}
}

// log splits x = 2ᵉ·(1+f), √½ ≤ 1+f < √2; f is exact.
func log(x float32) float32 {
	switch {
	case !(x > 0): // or NaN
		if x == 0 {
			return float32(math.Inf(-1))
		}
		return float32(math.NaN())
	case x > math.MaxFloat32:
		return x
	}
	var e float32
	if x < minNormal {
		x *= denormalScale
		e = -23
	}
	bits := math.Float32bits(x) - sqrtHalfBits
	e += float32(int32(bits) >> 23)
	f := math.Float32frombits(bits&(1<<23-1)+sqrtHalfBits) - 1
	p := float32(log8*f) + log7
	p = float32(p*f) + log6
	p = float32(p*f) + log5
	p = float32(p*f) + log4
	p = float32(p*f) + log3
	p = float32(p*f) + log2
	p = float32(p*f) + log1
	p = float32(p*f) + log0
	f2 := f * f
	p *= float32(f2 * f)
	p += float32(e * ln2Lo)
	p -= float32(0.5 * f2)
	return float32(e*ln2Hi) + (f + p)
}
