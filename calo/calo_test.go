package calo_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/dataset"
)

// The files were made by testdata/make.py, which has the rule of their values.
var shape = calo.Shape{Layers: 3, X: 4, Y: 5}

func cell(s, c int, cut float32) float32 {
	v := float32(float64((7*s+3*c)%11) / 20)
	if v < cut {
		return 0
	}
	return v
}

func file(name string) string { return filepath.Join("testdata", name) }

func TestLayouts(t *testing.T) {
	flat := calo.Config{Layers: 3, X: 4, Y: 5}
	other := flat
	other.Showers, other.Cut = "images", -1
	low := calo.Config{Cut: 0.25}
	for _, c := range []struct {
		name     string
		cfg      calo.Config
		cut      float32
		energies bool
	}{
		{"gettinghigh.h5", calo.Config{}, 0.1, true},
		{"gettinghigh.h5", low, 0.25, true},
		{"calochallenge.hdf5", flat, 0.1, true},
		{"other.h5", other, 0, false},
	} {
		r, err := calo.Open(file(c.name), c.cfg)
		if err != nil {
			t.Error(err)
			continue
		}
		defer r.Close()
		if r.Shape != shape || r.Len() != 7 || r.HasEnergies() != c.energies {
			t.Errorf("%s: %v, %d showers, energies: %t", c.name, r.Shape, r.Len(), r.HasEnergies())
		}
		for _, size := range []int{1, 3, 7, 100} {
			next := 0
			for b, err := range r.Blocks(size) {
				if err != nil {
					t.Fatal(err)
				}
				if b.First != next || len(b.Cells) != b.N*60 {
					t.Errorf("%s: block of %d at %d; want %d", c.name, b.N, b.First, next)
				}
				for i, v := range b.Cells {
					if want := cell(b.First+i/60, i%60, c.cut); v != want {
						t.Fatalf("%s: shower %d, cell %d is %v; want %v", c.name, b.First+i/60, i%60, v, want)
					}
				}
				for i, e := range b.Energies {
					if e != float32(10+b.First+i) {
						t.Errorf("%s: energy %v of shower %d", c.name, e, b.First+i)
					}
				}
				next += b.N
			}
			if next != 7 {
				t.Errorf("%s: %d showers in blocks of %d", c.name, next, size)
			}
		}
	}
}

func TestOpenErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  calo.Config
		want string
	}{
		{"none.h5", calo.Config{}, "no such file"},
		{"make.py", calo.Config{}, "not an HDF5 file"},
		{"other.h5", calo.Config{}, "neither 30x30/layers nor showers is there"},
		{"calochallenge.hdf5", calo.Config{}, "shape [7 60]; four dimensions are expected"},
		{"calochallenge.hdf5", calo.Config{Layers: 3, X: 4, Y: 4}, "shape [7 60]; showers of 3 layers of 4 by 4 cells are expected"},
		{"calochallenge.hdf5", calo.Config{Layers: 3}, "showers of 3 layers of 0 by 0 cells; 1 to"},
		{"gettinghigh.h5", calo.Config{Layers: 1 << 30, X: 1 << 30, Y: 1 << 30}, "cells are accepted"},
		{"other.h5", calo.Config{Showers: "text"}, "values are string; numbers are accepted"},
		{"other.h5", calo.Config{Showers: "images", Energies: "few", Layers: 3, X: 4, Y: 5}, "one value for each of the 7 showers"},
		{"other.h5", calo.Config{Showers: "images", Energies: "none", Layers: 3, X: 4, Y: 5}, "there is no such object"},
		{"other.h5", calo.Config{Showers: "huge"}, "the file cannot hold that"},
		{"other.h5", calo.Config{Cut: math.NaN()}, "cut = NaN"},
	} {
		_, err := calo.Open(file(c.name), c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %+v: the error is %v; want one line with %q", c.name, c.cfg, err, c.want)
		}
	}
	r, err := calo.Open(file("other.h5"), calo.Config{Showers: "bad", Layers: 3, X: 4, Y: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := calo.Table(context.Background(), r, calo.NActive); err == nil || !strings.Contains(err.Error(), "shower 4, cell 17 is NaN") {
		t.Errorf("a cell without a value: %v", err)
	}
	if err := r.ReadEnergies(0, 1, make([]float32, 1)); err == nil {
		t.Error("energies of a file without them")
	}
}

// One layer of energy 1 at (1, 2) and 3 at (3, 2), another of 4 at (0, 4): everything
// follows by hand.
func TestObservables(t *testing.T) {
	o, err := calo.NewObservables(shape, "high_level", "x2_moment", "y2_moment_0", "layer_difference", "layer_difference_0_2")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"n_active", "centroid", "total_energy", "layer_energy_0", "layer_energy_1", "layer_energy_2", "x2_moment_0", "x2_moment_1", "x2_moment_2",
		"y2_moment_0", "layer_difference_0_1", "layer_difference_0_2", "layer_difference_1_2", "layer_difference_0_2"}
	if !slices.Equal(o.Names, names) {
		t.Errorf("names %q", o.Names)
	}
	cells := make([]float32, shape.Cells())
	cells[1*5+2], cells[3*5+2] = 1, 3
	cells[40+4] = 4
	got := make([]float64, o.Len())
	o.Compute(got, cells)
	want := []float64{3, 2, 8, 4, 0, 4, 0.75, 0, 0, 0, 4, 0, -4, 0} // mean x 2.5: (1·2.25 + 3·0.25)/4
	if !slices.Equal(got, want) {
		t.Errorf("observables %v; want %v", got, want)
	}
	o.Compute(got, make([]float32, shape.Cells()))
	if !slices.Equal(got, make([]float64, o.Len())) {
		t.Errorf("observables of nothing: %v", got)
	}
	for _, name := range []string{"", "energy", "layer_energy_3", "layer_energy_-1", "layer_energy_x", "x2_moment_1_2", "layer_difference_1", "layer_difference_1_1", "layer_difference_2_1", "layer_difference_0_3"} {
		if _, err := calo.NewObservables(shape, name); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// The features of Geant4 showers, which NumPy computed from the same file.
func TestFeaturesOfGeant4Showers(t *testing.T) {
	const dir = "../../shared/calo"
	features := filepath.Join(dir, "photon50_geant4_features.npz")
	if _, err := os.Stat(features); err != nil {
		t.Skipf("%s is absent", features)
	}
	r, err := calo.Open(filepath.Join(dir, "photon50_geant4_showers.h5"), calo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	groups := []string{calo.NActive, calo.TotalEnergy, calo.Centroid, calo.LayerEnergy, calo.X2Moment, calo.Y2Moment}
	o, err := calo.NewObservables(r.Shape, groups...)
	if err != nil {
		t.Fatal(err)
	}
	var want []*dataset.Table
	for _, g := range groups {
		x, err := dataset.Read(features+":"+g, dataset.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, x)
	}
	const showers = 320 // of 8000, to be quick
	got := make([]float64, o.Len())
	worst, checked := 0.0, 0
	for b, err := range r.Blocks(40) {
		if err != nil {
			t.Fatal(err)
		}
		if b.First >= showers {
			break
		}
		for i := range b.N {
			if b.Energies[i] != 50 {
				t.Errorf("shower %d of %v GeV", b.First+i, b.Energies[i])
			}
			o.Compute(got, b.Cells[i*r.Shape.Cells():(i+1)*r.Shape.Cells()])
			k := 0
			for g, x := range want {
				for _, w := range x.Data[(b.First+i)*x.Cols : (b.First+i+1)*x.Cols] {
					d := math.Abs(got[k]-float64(w)) / max(1, math.Abs(float64(w)))
					if worst = max(worst, d); d > 1e-5 || g == 0 && d != 0 {
						t.Fatalf("shower %d: %s is %v; want %v", b.First+i, o.Names[k], got[k], w)
					}
					k++
					checked++
				}
			}
		}
	}
	if checked != showers*93 {
		t.Errorf("%d numbers checked", checked)
	}
	t.Logf("%d numbers differ by at most %.1e", checked, worst)
}
