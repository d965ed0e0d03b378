package showerscore_test

import (
	"fmt"
	"log"
	"math"

	"etalon/calo/showerscore"
	"etalon/dataset"
	"etalon/rng"
)

// energies returns a table of one observable, n(mean, 100²) MeV.
func energies(name string, n int, mean float64) *dataset.Table {
	t := &dataset.Table{Rows: n, Cols: 1, Names: []string{"total_energy"}, Data: make([]float32, n)}
	s := rng.New(1, name)
	for i := range t.Data {
		t.Data[i] = float32(mean + 100*s.Normal(0, uint64(i), 0))
	}
	return t
}

// Generated showers have 50 MeV too little; their exact weights mend that. The noise is
// what ⟨S²⟩ is for samples of one density.
func ExampleCompare() {
	truth, gen := energies("truth", 5000, 1500), energies("generator", 5000, 1450)
	logw := make([]float64, gen.Rows)
	for i, x := range gen.Data {
		a, b := (float64(x)-1450)/100, (float64(x)-1500)/100
		logw[i] = (a*a - b*b) / 2
	}
	s, err := showerscore.Compare(truth, []showerscore.Method{
		{Name: showerscore.Generator, Table: gen},
		{Name: "dctr", Table: gen, LogW: logw},
	}, showerscore.Options{Replicas: -1})
	if err != nil {
		log.Fatal(err)
	}
	o := s.Observable("total_energy")
	for _, m := range s.Methods {
		v := o.Score(m.Name)
		fmt.Printf("%s: mean right %v, ⟨S²⟩ above 5 times its noise %v\n", m.Name, math.Abs(v.Mean-o.Mean) < 10, v.S2 > 5*v.S2Noise)
	}
	// Output:
	// generator: mean right false, ⟨S²⟩ above 5 times its noise true
	// dctr: mean right true, ⟨S²⟩ above 5 times its noise false
}
