package optim_test

import (
	"fmt"
	"math"

	"etalon/optim"
)

// inOrder does the work of a pool; a cpu.Engine does it in parallel.
type inOrder struct{}

func (inOrder) Do(units int, work func(worker, unit int)) {
	for u := range units {
		work(0, u)
	}
}

// Adam minimises (x - 3)² with a rate that falls to zero.
func ExampleAdam() {
	const steps = 400
	x, grad := []float32{0}, []float32{0}
	schedule := optim.Schedule{Kind: "cosine"}
	s := optim.Adam{Alpha: 0.1}.NewStepper(inOrder{}, optim.NewState(1), x, grad)
	for i := range steps {
		grad[0] = 2 * (x[0] - 3)
		s.Step(schedule.Factor(0, i, steps))
	}
	fmt.Println("within 0.001 of 3:", math.Abs(float64(x[0])-3) < 1e-3)
	// Output: within 0.001 of 3: true
}

func ExampleSchedule() {
	s := optim.Schedule{Kind: "cosine", Final: 0.01, Warmup: 10}
	for _, step := range []int{0, 9, 500, 999} {
		fmt.Printf("%.3f ", s.Factor(0, step, 1000))
	}
	fmt.Println()
	// Output: 0.100 1.000 0.505 0.010
}
