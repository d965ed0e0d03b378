package train_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// The parameter m that minimises the mean of (x - m)² over a table is the mean of the
// table: here of 2000 normal numbers about 2. An Objective is the learner that
// minimises a loss, a Loop trains it.
func Example() {
	const rows = 2000
	x := make([]float32, rows)
	s := rng.New(1, "data")
	mean := 0.0
	for i := range x {
		x[i] = float32(2 + s.Normal(0, uint64(i), 0))
		mean += float64(x[i]) / rows
	}

	params := &nn.Params{}
	params.Add("m", 1)
	g := graph.New()
	loss := graph.MeanRows(graph.Square(graph.Sub(g.Input("x", 1), g.Shared("m", 1))))

	e := cpu.New(1)
	defer e.Close()
	o, err := train.NewObjective(e, train.ObjectiveConfig{
		Loss: loss, Params: params, Adam: optim.Adam{Alpha: 0.05}, Seed: 1,
		Fields:  map[string][]float32{"x": x},
		Batches: train.NewBatches(rng.New(1, "batches"), train.Group{Lo: 0, Hi: rows, Share: 100}),
	})
	if err != nil {
		log.Fatal(err)
	}
	loop := train.Loop{Name: "mean", Epochs: 20, Schedule: optim.Schedule{Kind: "cosine"}}
	records, err := loop.Run(context.Background(), o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(records), "epochs,", records[len(records)-1].Step, "steps")
	fmt.Println("m within 0.02 of the mean:", math.Abs(float64(params.Values("m")[0])-mean) < 0.02)
	// Output:
	// 20 epochs, 400 steps
	// m within 0.02 of the mean: true
}
