package dataset

import (
	"fmt"
	"math"
)

// finite reports whether v is finite as a T.
func finite[T float32 | float64](v float64) bool {
	t := float64(T(v))
	return t-t == 0
}

// badValue describes a value that finite refuses, as "is NaN; ...".
func badValue(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprintf("is %v; finite numbers are accepted", v)
	}
	return fmt.Sprintf("is %v; numbers within ±%.4g are accepted", v, math.MaxFloat32)
}
