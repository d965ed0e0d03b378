package simd

import "math"

// Constants of exp: the argument is cut to [expMin, expMax], beyond which the
// result is 0 or +Inf all the same. ln2Hi has few bits, so that its product with the
// integer n is exact; adding and subtracting expMagic rounds to an integer.
const (
	expMin   = -104
	expMax   = 89
	log2E    = 1.44269502
	ln2Hi    = 355.0 / 512
	ln2Lo    = -2.12194442e-4
	expMagic = 3 << 22
)

// Minimax polynomial q of (eʳ - 1 - r)/r² on |r| ≤ ln 2 / 2: the relative
// error of 1 + r + r²·q(r) is 2⁻²⁸.
const (
	exp0 = 0.49999994
	exp1 = 0.166665211
	exp2 = 0.041668389
	exp3 = 0.00836874545
	exp4 = 0.00138145441
)

// Exp sets dst to eᵃ, with gradual underflow, +Inf beyond 88.72284 and
// 0 below -103.97208. The error is at most 1 ulp (0.78
// measured).
func Exp(dst, a []float32) {
	check2("Exp", dst, a)
	for i := vector(opExp, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = exp(a[i])
	}
}

// exp reduces x = n·ln 2 + r, |r| ≤ ln 2 / 2, and scales the polynomial by 2ⁿ in
// two steps, since 2ⁿ itself may be out of range: the second one rounds.
func exp(x float32) float32 {
	if x > expMax {
		x = expMax
	}
	if x < expMin {
		x = expMin
	}
	t := float32(x*log2E) + expMagic
	n := int32(math.Float32bits(t)) - int32(math.Float32bits(expMagic))
	k := t - expMagic
	c := float32(k * ln2Lo)
	h := x - float32(k*ln2Hi)
	r := h - c
	q := float32(exp4*r) + exp3
	q = float32(q*r) + exp2
	q = float32(q*r) + exp1
	q = float32(q*r) + exp0
	one := 1 + r
	low := (r - (one - 1)) + ((h - r) - c) // what rounding took from one and r
	half := n >> 1
	return (one + (float32(q*float32(r*r)) + low)) * power2(half) * power2(n-half)
}

// power2 returns 2ⁿ for -126 ≤ n ≤ 127.
func power2(n int32) float32 {
	return math.Float32frombits(uint32(n+127) << 23)
}
