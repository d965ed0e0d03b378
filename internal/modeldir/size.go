package modeldir

import "fmt"

const (
	maxParams = 1 << 28 // of a network: 1 GiB of float32
	layerCost = 256     // a layer's bookkeeping, in parameters
)

// CheckSize returns an error for a network of more than 2^28 parameters, so that
// sizes which a file merely claims are refused before memory is taken for them:
// blocks times hidden layers of units, between dim features at either end.
func CheckSize(blocks, hidden, units, dim int) error {
	b, h, u, d := float64(blocks), float64(hidden), float64(units), float64(dim)
	return CheckParams(b * (h*(u*u+layerCost) + 2*d*u))
}

// CheckParams returns an error for a network of more than 2^28 parameters.
func CheckParams(n float64) error {
	if n > maxParams {
		return fmt.Errorf("the network would have some %.2g parameters; %d are accepted", n, maxParams)
	}
	return nil
}
