// Package rundir is the directory in which a long computation works. The computation
// is a list of stages; a stage that is finished has left its files, one that was
// interrupted a checkpoint, and the same command goes on where it stopped. The
// directory holds its configuration, a log, the seconds of each stage, the histories
// of trainings, and a lock that keeps a second process out.
//
// At names a directory and who is told of its progress, Prepare makes it with its
// configuration (or refuses one that has another), Do runs the stages. Within a stage
// Fit or Train run a training with checkpoint, log and history; WriteJSON and ReadJSON
// keep what later stages need. A stage must look for its own files and do nothing if they
// are there.
package rundir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"etalon/internal/atomicfile"
)

// Names of the files that every run directory has.
const (
	ConfigFile  = "run.toml"
	MetricsFile = "metrics.json"
	TimingsFile = "timings.json"
	HistoryFile = "history.json"
	LogFile     = "log.jsonl"
	ReportFile  = "report.html"
)

// Observer is told how a run goes on.
type Observer interface {
	// StageStart: stage number index (from 1) of total begins or continues.
	StageStart(name string, index, total int)
	// Progress: done of total units of the stage are complete.
	Progress(done, total int, info string)
	// StageEnd: the stage is complete, after seconds of work in all sessions.
	StageEnd(name string, seconds float64, note string)
}

// Stage is one part of a computation. Run returns a note for people.
type Stage struct {
	Name string
	Run  func(ctx context.Context) (note string, err error)
}

// Dir is a run directory.
type Dir struct {
	Observer
	path  string
	log   *runLog
	times *timings
}

// At returns the run directory at a path, as it is.
func At(path string, obs Observer) *Dir { return &Dir{Observer: obs, path: path} }

// Prepare makes the directory with its configuration and the named directories in it,
// or takes the one that is there if it holds the same configuration. Before anything is
// made it calls check, whose error leaves nothing.
func (d *Dir) Prepare(config []byte, check func() error, subs ...string) error {
	path := d.path
	old, err := os.ReadFile(d.Path(ConfigFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if entries, e := os.ReadDir(path); e == nil && len(entries) > 0 {
			return fmt.Errorf("%s: it holds other files and no run; an empty or new directory is accepted", path)
		}
		if err := check(); err != nil {
			return err
		}
		for _, sub := range append([]string{"checkpoints"}, subs...) {
			if err := os.MkdirAll(d.Path(sub), 0o755); err != nil {
				return fmt.Errorf("%s: could not make the run directory: %w", path, err)
			}
		}
		if err := atomicfile.WriteBytes(d.Path(ConfigFile), config); err != nil {
			return err
		}
	case err != nil:
		return err
	case string(old) != string(config):
		return fmt.Errorf("%s: it holds a run with other settings (%s differs); choose another directory with --out, or remove it", path, ConfigFile)
	}
	d.times, err = readTimings(d.Path(TimingsFile))
	return err
}

// String returns the path of the directory.
func (d *Dir) String() string { return d.path }

// Path returns the path of something in the directory.
func (d *Dir) Path(parts ...string) string {
	return filepath.Join(append([]string{d.path}, parts...)...)
}

// Checkpoint returns the path of a checkpoint.
func (d *Dir) Checkpoint(name string) string { return d.Path("checkpoints", name+".ckpt") }

// Complete tells whether all stages are finished.
func (d *Dir) Complete() bool { return Exists(d.Path(MetricsFile)) && Exists(d.Path(ReportFile)) }

// Do runs the stages that are not finished, on the given number of threads. When ctx
// ends it saves a checkpoint and returns ctx's error, wrapped.
func (d *Dir) Do(ctx context.Context, threads int, stages []Stage) error {
	unlock, err := lock(d.Path(".lock"))
	if err != nil {
		return fmt.Errorf("%s: another process works in this run directory: %w", d.path, err)
	}
	defer unlock()
	if d.log, err = openLog(d.Path(LogFile)); err != nil {
		return err
	}
	defer d.log.close()
	for i, s := range stages {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before stage %q: %w", s.Name, err)
		}
		d.StageStart(s.Name, i+1, len(stages))
		d.log.event("start", s.Name, nil)
		start := time.Now()
		note, err := s.Run(ctx)
		d.times.add(s.Name, time.Since(start))
		if e := d.WriteTimings(threads); e != nil && err == nil {
			err = e
		}
		if err != nil {
			d.log.event("stopped", s.Name, map[string]any{"error": err.Error()})
			return err
		}
		d.log.event("end", s.Name, map[string]any{"note": note})
		d.StageEnd(s.Name, d.times.of(s.Name), note)
	}
	return nil
}

// Exists tells whether there is a file.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
