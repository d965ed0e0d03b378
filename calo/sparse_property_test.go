package calo_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"etalon/calo"
)

// What is added comes back, in any order and repeated; a shower's cells are rising and
// none of them is zero.
func TestSparseKeepsShowers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		axis := rapid.IntRange(1, 4)
		shape := calo.Shape{Layers: axis.Draw(t, "layers"), X: axis.Draw(t, "x"), Y: axis.Draw(t, "y")}
		n, size := rapid.IntRange(1, 6).Draw(t, "showers"), shape.Cells()
		x := rapid.SliceOfN(rapid.SampledFrom([]float32{0, 0, 0, 0.1, 2.5, 1e-30, -1}), n*size, n*size).Draw(t, "cells")
		s, err := calo.NewSparse(shape)
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, n).Draw(t, "first call") * size
		for _, part := range [][]float32{x[:cut], x[cut:]} {
			if err := s.Append(part); err != nil {
				t.Fatal(err)
			}
		}
		if s.Len() != n || s.Dim() != size {
			t.Fatalf("%d showers of %d cells; want %d of %d", s.Len(), s.Dim(), n, size)
		}
		rows := rapid.SliceOfN(rapid.Uint32Range(0, uint32(n-1)), 1, 8).Draw(t, "rows")
		got := make([]float32, len(rows)*size)
		for i := range got {
			got[i] = 7 // what was there before does not matter
		}
		s.Expand(rows, got)
		for k, r := range rows {
			if !slices.Equal(got[k*size:(k+1)*size], x[int(r)*size:int(r+1)*size]) {
				t.Fatalf("shower %d is %v; want %v", r, got[k*size:(k+1)*size], x[int(r)*size:int(r+1)*size])
			}
			cells, energies := s.Shower(int(r))
			for j, c := range cells {
				if j > 0 && c <= cells[j-1] || energies[j] == 0 || energies[j] != x[int(r)*size+int(c)] {
					t.Fatalf("shower %d has cells %v, energies %v", r, cells, energies)
				}
			}
		}
	})
}

func TestSparseRefuses(t *testing.T) {
	if _, err := calo.NewSparse(calo.Shape{Layers: 1 << 20, X: 1 << 20, Y: 1}); err == nil {
		t.Error("a huge shape is accepted")
	}
	s, err := calo.NewSparse(calo.Shape{Layers: 1, X: 2, Y: 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string][]float32{"2 cells": {1, 2}, "NaN": {0, 0, 0, 0, 1, float32(math.NaN()), 0, 0}, "Inf": {float32(math.Inf(1)), 0, 0, 0}} {
		if err := s.Append(x); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// The shower before that of the NaN is kept, and nothing of the bad ones.
	if err := s.Append([]float32{0, 3, 0, 0}); err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 8)
	s.Expand([]uint32{0, 1}, x)
	if s.Len() != 2 || !slices.Equal(x, []float32{0, 0, 0, 0, 0, 3, 0, 0}) {
		t.Errorf("%d showers, %v", s.Len(), x)
	}
}
