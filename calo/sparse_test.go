package calo_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/rng"
)

// What goes in comes out, in any order.
func TestSparse(t *testing.T) {
	shape := calo.Shape{Layers: 2, X: 3, Y: 4}
	s, err := calo.NewSparse(shape)
	if err != nil {
		t.Fatal(err)
	}
	const n = 7
	u := rng.New(1, "sparse")
	dense := make([]float32, n*shape.Cells())
	stored := 0
	for i := range dense {
		if v := u.Uniform(0, uint64(i), 0); v > 0.8 && i/shape.Cells() != 3 { // shower 3 is empty
			dense[i] = float32(v)
			stored++
		}
	}
	if err := s.Append(dense[:2*shape.Cells()]); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(dense[2*shape.Cells():]); err != nil {
		t.Fatal(err)
	}
	if s.Len() != n {
		t.Fatalf("%d showers", s.Len())
	}
	index := []uint32{6, 3, 0, 0, 5}
	got := make([]float32, len(index)*shape.Cells())
	for i := range got {
		got[i] = -1 // what Expand finds in dst does not matter
	}
	s.Expand(index, got)
	for k, i := range index {
		if want := dense[int(i)*shape.Cells():][:shape.Cells()]; !slices.Equal(got[k*shape.Cells():][:shape.Cells()], want) {
			t.Errorf("shower %d: %v, want %v", i, got[k*shape.Cells():][:shape.Cells()], want)
		}
	}
	total := 0
	for i := range n {
		cells, mev := s.Shower(i)
		total += len(cells)
		if len(cells) != len(mev) || !slices.IsSorted(cells) {
			t.Errorf("shower %d: cells %v with energies %v", i, cells, mev)
		}
	}
	if total != stored {
		t.Errorf("%d cells stored, want %d", total, stored)
	}
	if err := s.Append(dense[:5]); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("part of a shower: %v", err)
	}
	if _, err := calo.NewSparse(calo.Shape{Layers: 1}); err == nil {
		t.Error("a shape without cells: no error")
	}
}

// A file reads as its Reader gives it.
func TestReadSparse(t *testing.T) {
	r, err := calo.Open("testdata/gettinghigh.h5", calo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, limit := range []int{2, 1 << 30} {
		s, err := calo.ReadSparse(context.Background(), r, limit)
		if err != nil {
			t.Fatal(err)
		}
		n := min(limit, r.Len())
		want, got := make([]float32, n*r.Shape.Cells()), make([]float32, n*r.Shape.Cells())
		if err := r.Read(0, n, want); err != nil {
			t.Fatal(err)
		}
		index := make([]uint32, n)
		for i := range index {
			index[i] = uint32(i)
		}
		s.Expand(index, got)
		if s.Len() != n || len(s.Energies) != n || !slices.Equal(got, want) {
			t.Errorf("limit %d: %d showers, %d energies of %d, or other cells", limit, s.Len(), len(s.Energies), n)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := calo.ReadSparse(ctx, r, 1); err == nil {
		t.Error("a context that has ended: no error")
	}
}
