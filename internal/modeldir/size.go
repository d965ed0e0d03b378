package modeldir

import (
	"fmt"
	"os"
	"path/filepath"
)

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

// CheckStored returns an error where the file of weights is too small for a network of so
// many blocks of hidden layers of units, so that no memory is taken for what is not there;
// small ones are left to the reader of the file.
func CheckStored(dir string, blocks, hidden, units int) error {
	path := filepath.Join(dir, weightsName)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	const tensor = 40 // least bytes of its description
	b, h, u := float64(blocks), float64(hidden), float64(units)
	if least := b * (4*((h-1)*u*u+h*u) + tensor*h); least > 1<<20 && float64(info.Size()) < least {
		return fmt.Errorf("%s: %d bytes hold fewer parameters than the network of model.json has", path, info.Size())
	}
	return nil
}
