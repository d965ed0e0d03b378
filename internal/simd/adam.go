package simd

import "math"

// Moments below these are set to zero.
const (
	tinyFirst  = 0x1p-100
	tinySecond = 0x1p-120
)

// AdamCoef has the coefficients of one Adam step, the t-th from 1.
type AdamCoef struct {
	Alpha        float32 // learning rate
	Beta1, Beta2 float32 // decay of the first and second moment
	Eps          float32 // added to the root of the second moment, positive
	WeightDecay  float32 // λ; 0 for none
	Decoupled    bool    // whether λ shrinks p (AdamW) or adds λ·p to the gradient
	Corr1, Corr2 float32 // bias corrections 1 - Beta1ᵗ and 1 - Beta2ᵗ, not 0
}

// Adam updates the parameters p and the moments m and v by the gradient g,
// which stays as it is; all have the same length, and no two may overlap.
//
//	g' = g + λ·p, or with Decoupled  g' = g and first p = p - Alpha·λ·p
//	m  = Beta1·m + (1 - Beta1)·g'
//	v  = Beta2·v + (1 - Beta2)·g'²
//	p  = p - Alpha · (m/Corr1) / (√(v/Corr2) + Eps)
//
// Differs from the papers: |m| below 2⁻¹⁰⁰ and v below 2⁻¹²⁰ become 0. Where
// gradients stay zero (dead units) the moments would otherwise decay into the
// denormals, on which arithmetic is many times slower. With Eps of 1e-15 or
// more the effect on p is negligible.
//
// Equations: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1; Loshchilov &
// Hutter 2019, arXiv:1711.05101, algorithm 2. As torch.optim.Adam and AdamW.
func Adam(p, g, m, v []float32, c AdamCoef) {
	check3("Adam", p, g, m)
	check2("Adam", p, v)
	k := c.constants()
	for i := vectorAdam(p, g, m, v, &k); i < len(p); i++ {
		x := p[i]
		grad := g[i] + float32(k.decay*x)
		x *= k.shrink
		first := float32(k.beta1*m[i]) + float32(k.rest1*grad)
		second := float32(k.beta2*v[i]) + float32(k.rest2*float32(grad*grad))
		if abs(first) < tinyFirst {
			first = 0
		}
		if second < tinySecond {
			second = 0
		}
		m[i], v[i] = first, second
		root := float32(math.Sqrt(float64(float32(second * k.scale2))))
		p[i] = x - float32(k.step*first)/(root+k.eps)
	}
}

// adamConstants has what the loop of Adam needs, in the order in which the
// kernels read it.
type adamConstants struct {
	decay, shrink, beta1, rest1, beta2, rest2, scale2, step, eps float32
}

func (c AdamCoef) constants() adamConstants {
	k := adamConstants{
		shrink: 1,
		beta1:  c.Beta1, rest1: 1 - c.Beta1,
		beta2: c.Beta2, rest2: 1 - c.Beta2,
		scale2: 1 / c.Corr2,
		step:   c.Alpha / c.Corr1,
		eps:    c.Eps,
	}
	if c.Decoupled {
		k.shrink = float32(1 - float64(c.Alpha)*float64(c.WeightDecay))
	} else {
		k.decay = c.WeightDecay
	}
	return k
}
