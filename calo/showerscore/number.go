package showerscore

import (
	"encoding/json"
	"math"
)

// Number is a number that may be undefined: NaN, and infinities, are null in JSON.
type Number float64

// Undefined reports whether the number is NaN.
func (n Number) Undefined() bool { return math.IsNaN(float64(n)) }

// MarshalJSON writes null for what JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
