package cpu_test

import (
	"fmt"
	"log"

	"etalon/engine/cpu"
	"etalon/graph"
)

// A graph becomes a program: parameters are bound, rows are fed, row outputs go into
// slices of the caller and shared outputs are read after the run.
func Example() {
	g := graph.New()
	x := g.Input("x", 2)
	y := graph.MatMul(x, g.Shared("W", 2, 1))
	loss := graph.MeanRows(graph.Square(y))

	e := cpu.New(0) // one thread for each core
	defer e.Close()
	p, err := e.Compile(g, cpu.Config{}, y, loss)
	if err != nil {
		log.Fatal(err)
	}
	values := make([]float32, 3)
	for _, err := range []error{
		p.Bind("W", []float32{1, -1}),
		p.Feed("x", cpu.Rows{Data: []float32{3, 1, 2, 2, 0, 1}}),
		p.Into(0, values),
		p.Run(cpu.Batch{Rows: 3}),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("y = %v, mean of y² = %.3f\n", values, p.Shared(1)[0])
	// Output: y = [2 0 -1], mean of y² = 1.667
}
