package report

import (
	"fmt"
	"math"
)

// omnifoldRecord is omnifold.json: what each iteration of an unfolding did and, where
// they are known, the scores of samples that follow its ν.
type omnifoldRecord struct {
	Iterations []omnifoldIteration `json:"iterations"`
	// References are scores to compare with: baseline (before the first iteration),
	// direct (weights of x carried over to z), dctr and floor.
	References map[string]omnifoldScore `json:"references"`
}

type omnifoldIteration struct {
	MeanChange *float64 `json:"mean_change"`
	NEff       *float64 `json:"n_eff"`
	AUC        *float64 `json:"auc"`
	AUCError   *float64 `json:"auc_error"`
	omnifoldScore
}

type omnifoldScore struct {
	JSD *float64 `json:"jsd"` // nats
	EMD *float64 `json:"emd"` // data units
}

const maxOmnifold = 1000 // iterations

// check reports numbers that no unfolding has.
func (o *omnifoldRecord) check(path string) error {
	if n := len(o.Iterations); n < 1 || n > maxOmnifold {
		return fmt.Errorf("%s: %d iterations, expected 1 to %d", path, n, maxOmnifold)
	}
	positive := func(what string, v *float64, limit float64) error {
		if v != nil && !(*v >= 0 && *v <= limit) {
			return fmt.Errorf("%s: %s is %v, expected 0 to %g", path, what, *v, limit)
		}
		return nil
	}
	for i, it := range o.Iterations {
		for _, f := range []struct {
			name  string
			value *float64
			limit float64
		}{
			{"mean_change", it.MeanChange, 1e6}, {"n_eff", it.NEff, 1e15}, {"auc", it.AUC, 1}, {"auc_error", it.AUCError, 1},
			{"jsd", it.JSD, 1}, {"emd", it.EMD, 1e30},
		} {
			if err := positive(fmt.Sprintf("iterations[%d].%s", i, f.name), f.value, f.limit); err != nil {
				return err
			}
		}
	}
	for _, name := range omnifoldReferences {
		if err := positive(fmt.Sprintf("references.%s.jsd", name), o.References[name].JSD, 1); err != nil {
			return err
		}
		if err := positive(fmt.Sprintf("references.%s.emd", name), o.References[name].EMD, 1e30); err != nil {
			return err
		}
	}
	return nil
}

// column returns one number of each iteration, NaN where there is none.
func (o *omnifoldRecord) column(get func(omnifoldIteration) *float64) []float64 {
	out := make([]float64, len(o.Iterations))
	for i, it := range o.Iterations {
		out[i] = orNaN(get(it))
	}
	return out
}

func orNaN(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}
