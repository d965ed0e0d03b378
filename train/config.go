package train

import (
	"fmt"

	"etalon/optim"
)

// Config has the settings that every training shares.
type Config struct {
	Epochs     int            `toml:"epochs" json:"epochs"`         // passes over the training rows
	Batch      int            `toml:"batch" json:"batch"`           // rows of a step (of each class, for a classifier)
	Validation float64        `toml:"validation" json:"validation"` // share of the rows held out, 0 to 0.5
	Adam       optim.Adam     `toml:"adam" json:"adam"`
	Schedule   optim.Schedule `toml:"schedule" json:"schedule"`
	// Patience, if above 0, ends the training after so many epochs without a smaller loss
	// on the rows held out, and takes the parameters of the best epoch.
	Patience int `toml:"patience" json:"patience,omitempty"`
}

// Check returns an error for settings that cannot train.
func (c Config) Check() error {
	switch {
	case c.Epochs < 1 || c.Epochs > 1<<20:
		return fmt.Errorf("epochs = %d; 1 to %d is accepted", c.Epochs, 1<<20)
	case c.Batch < 1 || c.Batch > 1<<20:
		return fmt.Errorf("batch = %d; 1 to %d is accepted", c.Batch, 1<<20)
	case !(c.Validation >= 0 && c.Validation <= 0.5):
		return fmt.Errorf("validation = %v; 0 to 0.5 is accepted", c.Validation)
	case c.Patience < 0 || c.Patience > 1<<20:
		return fmt.Errorf("patience = %d; 0 (none) to %d is accepted", c.Patience, 1<<20)
	case c.Patience > 0 && c.Validation == 0:
		return fmt.Errorf("patience = %d needs rows held out of the training; validation = 0", c.Patience)
	}
	if err := c.Adam.Check(); err != nil {
		return err
	}
	return c.Schedule.Check()
}

// Split cuts n rows into training rows 0 … k-1 and held-out rows k … n-1.
func (c Config) Split(n int) (k int) { return n - int(c.Validation*float64(n)) }

// Range lists the rows lo … hi-1.
func Range(lo, hi int) []uint32 {
	r := make([]uint32, 0, max(hi-lo, 0))
	for i := lo; i < hi; i++ {
		r = append(r, uint32(i))
	}
	return r
}
