package metric_test

import (
	"fmt"

	"etalon/hist"
	"etalon/metric"
)

func Example() {
	truth, err := hist.NewH2(100, 100, -11, 11, -7, 7)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, _ := hist.NewH2(100, 100, -11, 11, -7, 7)
	truth.FillRows([]float32{0.1, 0.1, 4, 4}, nil)
	model.FillRows([]float32{0.1, 0.1, 4, 1.2}, nil) // one of two events is 20 bins of 0.14 off

	r, err := metric.SolveEMD(truth, model)
	if err != nil {
		fmt.Println(err)
		return
	}
	jsd, _ := metric.JSD(truth, model)
	fmt.Printf("EMD %.4f (paper convention %.4f), moved %.2f, JSD %.4f nats\n", r.Value, r.Paper, r.Moved, jsd)

	_, err = metric.EMD(truth, nil)
	fmt.Println(err)
	// Output:
	// EMD 1.4000 (paper convention 1.7607), moved 0.50, JSD 0.3466 nats
	// metric: EMD: histogram is nil
}
