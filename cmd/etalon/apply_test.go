package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/internal/progress"
	"etalon/rng"
)

// Blocks of any size and any number of threads give the same log-weights and the same
// counts of departures, those of all rows at once.
func TestScoreInBlocks(t *testing.T) {
	const rows, cols = 1237, 3
	x := make([]float32, rows*cols)
	rng.New(1, "apply").NormalRows(x, 1, 0, 0, 1, len(x))
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := dataset.WriteNPY(path, rows, cols, x); err != nil {
		t.Fatal(err)
	}
	set := &dctr.Ensemble{}
	for seed := range uint64(3) {
		c, err := dctr.New(dctr.Config{Hidden: 2, Units: 16, Slope: 0.1}, []float64{1, 2, 0.5}, seed)
		if err != nil {
			t.Fatal(err)
		}
		set.Members = append(set.Members, c)
	}
	ranges := dctr.Ranges(cols, x[:300*cols], x[300*cols:600*cols])
	a := &app{show: progress.For(io.Discard)}
	for _, model := range []dctr.Weigher{set.Members[0], set} {
		var want []float64
		var counts *dctr.Departures
		for _, threads := range []int{1, 2} {
			e := cpu.New(threads)
			if want == nil {
				var err error
				if want, err = model.Logits(e, x); err != nil {
					t.Fatal(err)
				}
				counts = dctr.NewDepartures(ranges)
				counts.Add(x)
			}
			for _, block := range []int{1, 100, 5000} {
				src, err := openSource(path, dataset.ReadOptions{}, nil, nil, threads)
				if err != nil {
					t.Fatal(err)
				}
				got, d, err := a.score(context.Background(), e, model, src, ranges, block)
				src.close()
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) || !reflect.DeepEqual(d, counts) {
					t.Errorf("%T, %d threads, blocks of %d: other weights or departures", model, threads, block)
				}
			}
			e.Close()
		}
	}
}

// Weights of a column are those of the rows, however these are cut into blocks.
func TestWeightsInBlocks(t *testing.T) {
	const rows = 1237
	x, want := make([]float32, 3*rows), make([]float64, rows)
	rng.New(1, "weights").NormalRows(x, 1, 0, 0, 1, len(x))
	for i := range want {
		want[i] = float64(x[3*i+1])
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := dataset.WriteNPY(path, rows, 3, x); err != nil {
		t.Fatal(err)
	}
	c, err := dctr.New(dctr.Config{Hidden: 1, Units: 4}, []float64{1, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	a := &app{show: progress.For(io.Discard)}
	for _, block := range []int{1, 100, 5000} {
		src, err := openSource(path, dataset.ReadOptions{Weight: "1"}, nil, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = a.score(context.Background(), e, c, src, nil, block)
		src.close()
		if err != nil || src.weightColumn != "1" || !slices.Equal(src.weights, want) {
			t.Errorf("blocks of %d: %d weights of column %q, %v", block, len(src.weights), src.weightColumn, err)
		}
	}
}

// An interrupted apply ends with the error for it, and before anything is written.
func TestScoreInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := dataset.WriteNPY(path, 10, 1, make([]float32, 10)); err != nil {
		t.Fatal(err)
	}
	c, err := dctr.New(dctr.Config{Hidden: 1, Units: 4}, []float64{1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	src, err := openSource(path, dataset.ReadOptions{}, nil, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer src.close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a := &app{show: progress.For(io.Discard)}
	if _, _, err := a.score(ctx, e, c, src, nil, 4); !errors.As(err, new(interruptedError)) {
		t.Errorf("error %v", err)
	}
}

// Where the provenance cannot be written, no weights appear, and no temporary files stay.
func TestPublishWritesBothOrNone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "w.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := publish(filepath.Join(dir, "w.npy"), []float64{1, 2}, false, &provenance{}); err == nil {
		t.Error("a directory was replaced")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files left: %v, %v", len(entries), entries, err)
	}
}
