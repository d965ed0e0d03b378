package rundir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type watcher struct{ seen []string }

func (w *watcher) StageStart(name string, i, n int) {
	w.seen = append(w.seen, fmt.Sprintf("start %s %d/%d", name, i, n))
}
func (w *watcher) Progress(int, int, string) {}
func (w *watcher) StageEnd(name string, seconds float64, note string) {
	w.seen = append(w.seen, fmt.Sprintf("end %s: %s (%t)", name, note, seconds > 0))
}

func prepared(t *testing.T, path, config string) (*Dir, *watcher) {
	t.Helper()
	w := &watcher{}
	d := At(path, w)
	if err := d.Prepare([]byte(config), func() error { return nil }, "models"); err != nil {
		t.Fatal(err)
	}
	return d, w
}

// Stages run in order until one fails; the next Do begins with the first again, and the
// seconds add up.
func TestDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	d, w := prepared(t, path, "a = 1\n")
	broken := errors.New("no ink")
	fail := true
	stages := []Stage{
		{"first", func(context.Context) (string, error) { return "done", nil }},
		{"second", func(context.Context) (string, error) {
			if fail {
				return "", broken
			}
			return "2 steps", nil
		}},
	}
	if err := d.Do(t.Context(), 2, stages); !errors.Is(err, broken) {
		t.Fatalf("a stage that fails: %v", err)
	}
	before := d.times.of("first")
	fail = false
	if err := d.Do(t.Context(), 2, stages); err != nil {
		t.Fatal(err)
	}
	want := []string{"start first 1/2", "end first: done (true)", "start second 2/2", "start first 1/2", "end first: done (true)", "start second 2/2", "end second: 2 steps (true)"}
	if !slices.Equal(w.seen, want) {
		t.Errorf("the observer saw %q; want %q", w.seen, want)
	}
	var times timings
	if err := ReadJSON(d.Path(TimingsFile), &times); err != nil || times.Threads != 2 || times.of("first") <= before || len(times.Stages) != 2 {
		t.Errorf("%v: %+v", err, times)
	}
	log, err := os.ReadFile(d.Path(LogFile))
	if err != nil || strings.Count(string(log), "\n") != 8 || !strings.Contains(string(log), "no ink") {
		t.Errorf("%v: the log is %s", err, log)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Do(ctx, 2, stages); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `before stage "first"`) {
		t.Errorf("stopped before it began: %v", err)
	}
}

// Another process that works there is respected.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	d, _ := prepared(t, path, "")
	other, w := prepared(t, path, "")
	err := d.Do(t.Context(), 1, []Stage{{"only", func(ctx context.Context) (string, error) {
		if err := other.Do(ctx, 1, nil); err == nil || !strings.Contains(err.Error(), "another process works in this run directory") {
			t.Errorf("a second run: %v", err)
		}
		return "", nil
	}}})
	if err != nil || len(w.seen) != 0 {
		t.Errorf("%v; the second saw %q", err, w.seen)
	}
}

// What is there and no run of the same settings is left alone.
func TestPrepareRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	none := At(path, &watcher{})
	if err := none.Prepare(nil, func() error { return errors.New("unfit") }); err == nil || Exists(path) {
		t.Errorf("a check that fails: %v, or the directory was made", err)
	}
	prepared(t, path, "a = 1\n")
	if err := At(path, &watcher{}).Prepare([]byte("a = 2\n"), nil); err == nil || !strings.Contains(err.Error(), "it holds a run with other settings (run.toml differs)") {
		t.Errorf("other settings: %v", err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := At(full, &watcher{}).Prepare(nil, nil); err == nil || !strings.Contains(err.Error(), "it holds other files and no run") {
		t.Errorf("a full directory: %v", err)
	}
}
