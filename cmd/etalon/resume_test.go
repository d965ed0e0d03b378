package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"etalon/dataset"
	"etalon/rng"
)

// tinyRun makes the run of testdata/tiny.toml and returns its directory.
func tinyRun(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	if out, err := tinyCommand(dir, args...).CombinedOutput(); err != nil {
		t.Fatalf("the run failed: %v\n%s", err, out)
	}
	return dir
}

func tinyCommand(dir string, args ...string) *exec.Cmd {
	return exec.Command("etalon", append([]string{"run", "testdata/tiny.toml", "--out", dir}, args...)...)
}

// results returns the contents of all files of a run that must not depend on how
// it came about.
func results(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/.") {
			return err
		}
		switch rel, _ := filepath.Rel(dir, path); {
		case rel == "log.jsonl", rel == "timings.json", rel == "report.html", strings.HasPrefix(rel, "figures"):
			return nil
		default:
			files[rel], err = os.ReadFile(path)
			return err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"metrics.json", "samples/laser.npy", "samples/hmc.npy", "models/generator/weights.safetensors", "models/laser/refiner/weights.safetensors", "models/laser/acceptance/weights.safetensors", "samples/refiner.npy", "history.json"} {
		if len(files[name]) == 0 {
			t.Fatalf("%s has no %s", dir, name)
		}
	}
	return files
}

func mustEqual(t *testing.T, what string, got, want map[string][]byte) {
	t.Helper()
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s: there is another file %s", what, name)
		}
	}
}

// The same run with other numbers of threads, and killed at moments of every stage
// and continued, must end in the same bytes.
func TestRunIsReproducible(t *testing.T) {
	want := results(t, tinyRun(t, "--threads", "1"))
	mustEqual(t, "with 2 threads", results(t, tinyRun(t, "--threads", "2")), want)

	dir := filepath.Join(t.TempDir(), "tiny")
	moments := rand.New(rng.New(5, "kill").Source(0))
	interrupted := stopIn(t, dir, "generator", os.Interrupt, time.Duration(50+moments.IntN(100))*time.Millisecond)
	if !strings.Contains(interrupted, "etalon: interrupted; "+dir+" is saved; the same command continues it: etalon run testdata/tiny.toml --out "+dir+"\n") {
		t.Errorf("an interrupt says %q", interrupted)
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoints", "generator.ckpt")); err != nil {
		t.Errorf("an interrupt left no checkpoint: %v", err)
	}
	for _, stage := range []string{"generator", "classifier", "closure", "rejection", "hmc", "hmc", "refiner", "polish", "scores"} {
		stopIn(t, dir, stage, os.Kill, time.Duration(moments.IntN(80))*time.Millisecond)
	}
	if out, err := tinyCommand(dir).CombinedOutput(); err != nil {
		t.Fatalf("the continued run failed: %v\n%s", err, out)
	}
	mustEqual(t, "killed and continued", results(t, dir), want)

	// What is sampled from the continued run is what it sampled itself.
	points := filepath.Join(t.TempDir(), "points.npy")
	if out, err := exec.Command("etalon", "sample", dir, "-n", "20000", "--seed", "3", "--out", points).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := os.ReadFile(points); err != nil || !bytes.Equal(got, want["samples/laser.npy"]) {
		t.Errorf("the points sampled from the run are others: %v", err)
	}
}

// stopIn starts or continues the run and sends it a signal some time after the
// stage began; it may have moved on by then. It returns what the run said on
// standard error.
func stopIn(t *testing.T, dir, stage string, sig os.Signal, after time.Duration) string {
	t.Helper()
	started := func() int {
		text, _ := os.ReadFile(filepath.Join(dir, "log.jsonl")) // it may not exist yet
		return strings.Count(string(text), `"event":"start","stage":"`+stage+`"`)
	}
	before := started()
	cmd := tinyCommand(dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for started() == before {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("the run ended before stage %s: %v\n%s", stage, err, &stderr)
			}
			return stderr.String()
		case <-time.After(time.Millisecond):
		}
	}
	time.Sleep(after)
	cmd.Process.Signal(sig) // an error means that the run is at its end
	<-ended
	if sig == os.Interrupt && cmd.ProcessState.ExitCode() != statusInterrupted {
		t.Errorf("an interrupted run ended with status %d\n%s", cmd.ProcessState.ExitCode(), &stderr)
	}
	return stderr.String()
}

// An interrupt of a long drawing leaves no file.
func TestInterruptedDataLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("etalon", "data", "rings", "-n", "1e12", "--out", filepath.Join(dir, "x.npy"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) > 0 {
			if info, err := entries[0].Info(); err == nil && info.Size() > 1<<20 {
				break // it draws
			}
		}
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != statusInterrupted || stderr.String() != "etalon: interrupted; nothing was written\n" {
		t.Errorf("status %d, %q", cmd.ProcessState.ExitCode(), &stderr)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%v is left", entries)
	}
}

// A file that is drawn in chunks holds what one call gives.
func TestDataIsTheStream(t *testing.T) {
	const n = chunkValues/2 + 12345 // more than a chunk
	path := filepath.Join(t.TempDir(), "x.npy")
	if out, err := exec.Command("etalon", "data", "double-donut", "-n", "1060921", "--seed", "9", "--out", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := dataset.Read(path, dataset.ReadOptions{Cols: 2})
	if err != nil || got.Rows != n {
		t.Fatalf("%v, %d rows; want %d", err, got.Rows, n)
	}
	d, err := dataset.Lookup("double-donut")
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 2*n)
	dataset.Sample(d, want, rng.New(9, "data"), 0)
	for i := range want {
		if got.Data[i] != want[i] {
			t.Fatalf("value %d is %v; want %v", i, got.Data[i], want[i])
		}
	}
}
