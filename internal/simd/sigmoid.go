package simd

import "math"

// Minimax polynomial P of (tanh x - x)/x³ in x² for |x| < tanhSmall: the
// relative error of the hyperbolic tangent is 2⁻²⁷.
const (
	tanhSmall = 0.625
	tanh0     = -0.333332777
	tanh1     = 0.133313313
	tanh2     = -0.0537300073
	tanh3     = 0.0206061769
	tanh4     = -0.00566697726
)

// Minimax polynomial P of (ln(1+y) - y + y²/2)/y³ for 0 ≤ y ≤ 1: the relative
// error of ln(1+y) is 2⁻²⁷.
const (
	log1p0 = 0.333330929
	log1p1 = -0.249933273
	log1p2 = 0.199264646
	log1p3 = -0.162288994
	log1p4 = 0.126807779
	log1p5 = -0.0859355479
	log1p6 = 0.0443130471
	log1p7 = -0.0146892108
	log1p8 = 0.00227779895
)

// Tanh sets dst to the hyperbolic tangent of a; ±0 stays. The error is at
// most 2 ulp (1.35 measured).
func Tanh(dst, a []float32) {
	check2("Tanh", dst, a)
	for i := vector(opTanh, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = tanh(a[i])
	}
}

func tanh(x float32) float32 {
	y := abs(x)
	if y < tanhSmall {
		z := x * x
		p := float32(tanh4*z) + tanh3
		p = float32(p*z) + tanh2
		p = float32(p*z) + tanh1
		p = float32(p*z) + tanh0
		return float32(float32(p*z)*x) + x
	}
	t := 1 - 2/(exp(y+y)+1)
	return math.Float32frombits(math.Float32bits(t) | math.Float32bits(x)&signBit)
}

// Sigmoid sets dst to 1/(1 + e⁻ᵃ), for very negative a as precise as elsewhere,
// denormals included. The error is at most 2 ulp (1.97 measured).
func Sigmoid(dst, a []float32) {
	check2("Sigmoid", dst, a)
	for i := vector(opSigmoid, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = sigmoid(a[i])
	}
}

// sigmoid divides 1 or e = e^-|x| by d = 1 + e, and takes off what the
// rounding of d added; 1/d is near enough 3/2 - d/2 for that.
func sigmoid(x float32) float32 {
	e := exp(-abs(x))
	top := float32(1)
	if x < 0 {
		top = e
	}
	d := 1 + e
	low := e - (d - 1)
	q := top / d
	return q - float32(float32(q*low)*(1.5-float32(0.5*d)))
}

// Softplus sets dst to ln(1 + eᵃ), computed as max(a, 0) + ln(1 + e^-|a|). The
// error is at most 2 ulp (1.87 measured).
func Softplus(dst, a []float32) {
	check2("Softplus", dst, a)
	for i := vector(opSoftplus, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = softplus(a[i])
	}
}

func softplus(x float32) float32 {
	y := exp(-abs(x))
	p := float32(log1p8*y) + log1p7
	p = float32(p*y) + log1p6
	p = float32(p*y) + log1p5
	p = float32(p*y) + log1p4
	p = float32(p*y) + log1p3
	p = float32(p*y) + log1p2
	p = float32(p*y) + log1p1
	p = float32(p*y) + log1p0
	y2 := y * y
	l := float32(p*float32(y2*y)) - float32(0.5*y2) + y
	if x > 0 {
		return x + l
	}
	return l
}

func abs(x float32) float32 {
	return math.Float32frombits(math.Float32bits(x) &^ signBit)
}
