package graph_test

import (
	"fmt"
	"log"

	"etalon/engine/ref"
	"etalon/graph"
)

// The function y = w·x² of each row and its derivative, which is another node of the
// same graph. Package engine/ref evaluates both.
func Example() {
	g := graph.New()
	x := g.Input("x", 1)  // a column of the rows
	w := g.Shared("w", 1) // a parameter
	y := graph.Mul(w, graph.Square(x))
	d, err := graph.Grad(y, x)
	if err != nil {
		log.Fatal(err)
	}
	env := ref.Env{
		Rows:   3,
		Input:  map[string][]float64{"x": {1, 2, 3}},
		Shared: map[string][]float64{"w": {0.5}},
	}
	values, err := ref.Eval(g, env, y, d[0])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("y =", values[0], " dy/dx =", values[1])
	// Output: y = [0.5 2 4.5]  dy/dx = [1 2 3]
}

// Operations on shapes that do not fit are noted by the graph; the first such error
// is the one that is told.
func ExampleGraph_Err() {
	g := graph.New()
	x := g.Input("x", 3)
	_ = graph.Exp(graph.MatMul(x, g.Shared("W", 2, 4)))
	fmt.Println(g.Err() != nil)
	// Output: true
}
