package ref_test

import (
	"fmt"
	"log"

	"etalon/engine/ref"
	"etalon/graph"
)

// A mean over the batch is a shared tensor: one number for all rows.
func ExampleEval() {
	g := graph.New()
	x := g.Input("x", 2)
	norm := graph.SumFeatures(graph.Square(x))
	mean := graph.MeanRows(norm)
	out, err := ref.Eval(g, ref.Env{Rows: 2, Input: map[string][]float64{"x": {3, 4, 0, 1}}}, norm, mean)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("|x|² of each row:", out[0], " mean:", out[1])
	// Output: |x|² of each row: [25 1]  mean: [13]
}
