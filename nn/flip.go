package nn

import "etalon/graph"

// Flip mirrors a volume of the given positions (z, y, x) along an axis (0, 1, 2) in
// those rows in which u, a row tensor of one feature, is above 1/2. With u uniform in
// (0, 1), as graph.RandomUniform makes it, half of the rows are flipped. The
// channels, last of the features of x, keep their order.
func Flip(x *graph.Node, positions [3]int, axis int, u *graph.Node) *graph.Node {
	if x.Op == graph.OpInvalid {
		return x
	}
	n := positions[0] * positions[1] * positions[2]
	var perm []int
	if n > 0 && x.Width()%n == 0 && axis >= 0 && axis < 3 { // otherwise Permute refuses
		channels := x.Width() / n
		for p := range n {
			at := [3]int{p / positions[2] / positions[1], p / positions[2] % positions[1], p % positions[2]}
			at[axis] = positions[axis] - 1 - at[axis]
			from := (at[0]*positions[1]+at[1])*positions[2] + at[2]
			for c := range channels {
				perm = append(perm, from*channels+c)
			}
		}
	}
	return graph.Select(graph.AddScalar(u, -0.5), graph.Permute(x, perm), x)
}
