package calo_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
)

// Rows computed in pieces, by any number of threads, are those of Table.
func TestRows(t *testing.T) {
	names := []string{calo.HighLevel, calo.X2Moment}
	r, err := calo.Open(file("gettinghigh.h5"), calo.Config{Cut: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want, err := calo.Table(context.Background(), r, names...)
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{0, 1, 2, 3} {
		for _, unit := range []int{0, 1, 2, 5} {
			rows, err := calo.OpenRows(file("gettinghigh.h5"), calo.Config{Cut: 0.2}, threads, names...)
			if err != nil {
				t.Fatal(err)
			}
			if unit > 0 {
				rows.SetUnit(unit)
			}
			if rows.Len() != 7 || !slices.Equal(rows.Names, want.Names) || rows.Shape() != shape || rows.Cut() != 0.2 || rows.Dataset() != "30x30/layers" {
				t.Errorf("%d showers %v of %s, names %q, cut %v", rows.Len(), rows.Shape(), rows.Dataset(), rows.Names, rows.Cut())
			}
			for _, block := range []int{1, 3, 7} {
				got := make([]float32, len(want.Data))
				for lo := 0; lo < 7; lo += block {
					hi := min(lo+block, 7)
					if err := rows.Read(lo, hi, got[lo*want.Cols:hi*want.Cols]); err != nil {
						t.Fatal(err)
					}
				}
				if !slices.Equal(got, want.Data) {
					t.Errorf("%d threads, units of %d, blocks of %d: other observables", threads, unit, block)
				}
			}
			if err := rows.Read(6, 8, make([]float32, 2*want.Cols)); err == nil {
				t.Error("showers behind the end")
			}
			rows.Close()
		}
	}
}

// With several threads the error is that of the first bad shower.
func TestRowsErrors(t *testing.T) {
	cfg := calo.Config{Showers: "bad", Layers: 3, X: 4, Y: 5}
	for _, threads := range []int{1, 2, 4} {
		r, err := calo.OpenRows(file("other.h5"), cfg, threads, calo.NActive)
		if err != nil {
			t.Fatal(err)
		}
		r.SetUnit(1)
		if err := r.Read(0, 7, make([]float32, 7)); err == nil || !strings.Contains(err.Error(), "shower 4, cell 17 is NaN") {
			t.Errorf("%d threads: %v", threads, err)
		}
		r.Close()
	}
	for _, names := range [][]string{nil, {"energy"}} {
		if _, err := calo.OpenRows(file("gettinghigh.h5"), calo.Config{}, 2, names...); err == nil {
			t.Errorf("observables %q are accepted", names)
		}
	}
}
