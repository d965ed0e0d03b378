package mcmc

import "fmt"

// Draws is a view of recorded draws of several chains: Chains × N × Dim values.
type Draws struct {
	Chains int // chains
	N      int // draws of each chain
	Dim    int // columns

	data                    []float32
	chainStride, drawStride int
}

// NewDraws views data, laid out as chains × draws × dim, as draws. The length
// of data must be the product of the three.
func NewDraws(data []float32, chains, draws, dim int) (Draws, error) {
	if chains < 1 || draws < 0 || dim < 1 {
		return Draws{}, fmt.Errorf("mcmc: draws of shape %d×%d×%d; chains and columns must be at least 1", chains, draws, dim)
	}
	// Division cannot overflow where the product of hostile sizes would.
	if n := len(data); n%(chains) != 0 || n/chains%dim != 0 || n/chains/dim != draws {
		return Draws{}, fmt.Errorf("mcmc: %d values do not fill %d×%d×%d draws", len(data), chains, draws, dim)
	}
	return Draws{Chains: chains, N: draws, Dim: dim, data: data, chainStride: draws * dim, drawStride: dim}, nil
}

// At returns one value.
func (d Draws) At(chain, draw, col int) float32 {
	return d.data[chain*d.chainStride+draw*d.drawStride+col]
}

// columnTo copies a column into dst as chains × draws.
func (d Draws) columnTo(dst []float64, col int) {
	for c := range d.Chains {
		row := dst[c*d.N : (c+1)*d.N]
		at := c*d.chainStride + col
		for i := range row {
			row[i] = float64(d.data[at])
			at += d.drawStride
		}
	}
}
