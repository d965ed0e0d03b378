package calo_test

import (
	"context"
	"math"
	"testing"

	"etalon/calo"
)

// The showers that ship with the repository (examples/calo). Means and spreads are those
// of the 10 874 showers that they are a part of; four standard errors of 256 are allowed.
func TestShippedShowers(t *testing.T) {
	r, err := calo.Open("../examples/calo/photon50.h5", calo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Len() != 256 || r.Shape != (calo.Shape{Layers: 30, X: 30, Y: 30}) || !r.HasEnergies() {
		t.Errorf("%d showers of %v, energies: %t", r.Len(), r.Shape, r.HasEnergies())
	}
	energies := make([]float32, r.Len())
	if err := r.ReadEnergies(0, r.Len(), energies); err != nil {
		t.Fatal(err)
	}
	for i, e := range energies {
		if e != 50 {
			t.Errorf("photon %d has %v GeV", i, e)
		}
	}
	table, err := calo.Table(context.Background(), r, calo.NActive, calo.TotalEnergy, calo.Centroid)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range [][2]float64{{736.6, 62.4}, {913.0, 64.0}, {14.64, 1.79}} {
		mean := 0.0
		for i := range table.Rows {
			mean += float64(table.Data[i*table.Cols+k]) / float64(table.Rows)
		}
		if math.Abs(mean-want[0]) > 4*want[1]/16 {
			t.Errorf("mean %s is %.3f; %.3f is expected", table.Names[k], mean, want[0])
		}
	}
	// Nothing below the threshold was left in the file.
	all, err := calo.Open("../examples/calo/photon50.h5", calo.Config{Cut: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	for b, err := range all.Blocks(64) {
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range b.Cells {
			if e != 0 && e < calo.DefaultCut {
				t.Fatalf("value %d from shower %d on is %v MeV", i, b.First, e)
			}
		}
	}
}
