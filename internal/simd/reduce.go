package simd

// Sum returns the sum of a in float64. Element i is added to partial sum i
// mod Lanes, and the partial sums are added in pairs Lanes/2 apart, then
// Lanes/4 and so on: the same bits at every level. The empty sum is 0.
func Sum(a []float32) float64 {
	var s [Lanes]float64
	i := vectorSum(&s, a)
	for ; i+Lanes <= len(a); i += Lanes {
		for l, v := range a[i : i+Lanes : i+Lanes] {
			s[l] += float64(v)
		}
	}
	for l, v := range a[i:] {
		s[l] += float64(v)
	}
	return fold(&s)
}

// Dot returns the sum of a·b in float64, in the order of Sum; the products
// are exact. It panics if the lengths differ.
func Dot(a, b []float32) float64 {
	check2("Dot", a, b)
	var s [Lanes]float64
	i := vectorDot(&s, a, b)
	for ; i+Lanes <= len(a); i += Lanes {
		x, y := a[i:i+Lanes:i+Lanes], b[i:i+Lanes:i+Lanes]
		for l := range s {
			s[l] += float64(x[l]) * float64(y[l])
		}
	}
	for l, v := range a[i:] {
		s[l] += float64(v) * float64(b[i+l])
	}
	return fold(&s)
}

// fold adds up the partial sums in pairs.
func fold(s *[Lanes]float64) float64 {
	for n := Lanes / 2; n > 0; n /= 2 {
		for l := range n {
			s[l] += s[l+n]
		}
	}
	return s[0]
}
