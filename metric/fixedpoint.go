package metric

import "math"

// massTotal is the total mass of either side in integer units.
const massTotal = int64(1) << 60

// integerMasses scales positive v to integers that sum to massTotal. Entries
// that round to 0 become 0. The rounding remainder goes to the largest entry.
func integerMasses(v []float64) []int64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	out := make([]int64, len(v))
	var total int64
	big := 0
	for k, x := range v {
		out[k] = int64(math.RoundToEven(x / sum * float64(massTotal)))
		total += out[k]
		if out[k] > out[big] {
			big = k
		}
	}
	out[big] += massTotal - total
	return out
}

// costScale returns the factor that takes costs up to largest to integers so
// small that no sum along a path of n nodes can overflow.
func costScale(largest float64, n int) float64 {
	return float64(int64(1)<<61) / float64(n+1) / largest
}
