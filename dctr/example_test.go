package dctr_test

import (
	"fmt"
	"math"

	"etalon/dctr"
	"etalon/engine/cpu"
)

// DCTRGAN's calorimeter weights are clipped at 5 and brought back to their total.
func ExampleClip() {
	logw := []float64{math.Log(0.5), math.Log(1.5), math.Log(8)}
	clipped, report, err := dctr.Clip(nil, logw, 5, true)
	if err != nil {
		panic(err)
	}
	for _, l := range clipped {
		fmt.Printf("%.3f\n", math.Exp(l))
	}
	fmt.Printf("%d weight with %.0f %% of the total, %.0f %% removed\n", report.Events, 100*report.Share, 100*report.Removed)
	// Output:
	// 0.714
	// 2.143
	// 7.143
	// 1 weight with 80 % of the total, 30 % removed
}

func ExampleDiagnose() {
	d, err := dctr.Diagnose(nil, []float64{math.Log(0.5), math.Log(0.5), math.Log(2)})
	if err != nil {
		panic(err)
	}
	fmt.Printf("N_eff %.2f of %d, largest share %.2f, Σw/N - 1 = %.2f ± %.2f\n", d.NEff, d.N, d.MaxShare, d.Closure, d.ClosureError)
	// Output:
	// N_eff 2.00 of 3, largest share 0.67, Σw/N - 1 = 0.00 ± 0.41
}

// A classifier that Keras trained gives log-weights like any other.
func ExampleImportKeras() {
	m, err := dctr.ImportKeras("testdata/keras/sequential.json", "testdata/keras/sequential.h5")
	if err != nil {
		panic(err)
	}
	e := cpu.New(1)
	defer e.Close()
	logw, err := m.Logits(e, []float32{1, 0, -1})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d features, ln w = %.3f\n", m.Dim(), logw[0])
	// Output: 3 features, ln w = -0.213
}
