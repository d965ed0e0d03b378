package calo_test

import (
	"context"
	"fmt"
	"log"

	"etalon/calo"
)

// Observables of all showers of a file, as a table.
func ExampleTable() {
	r, err := calo.Open("testdata/gettinghigh.h5", calo.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	t, err := calo.Table(context.Background(), r, calo.NActive, calo.Centroid, calo.TotalEnergy)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Rows, t.Names)
	fmt.Printf("%.3f\n", t.Data[:3])
	// Output:
	// 7 [n_active centroid total_energy]
	// [48.000 2.007 14.400]
}
