package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"time"

	"etalon/internal/atomicfile"
	"etalon/internal/machine"
	"etalon/internal/simd"
	"etalon/train"
)

// timings is timings.json: the wall-clock seconds of each stage, over all
// sessions that worked on it.
type timings struct {
	Stages []stageTime `json:"stages"`
	// Samplers are the seconds of the draws of each sampler, without its pilot of the
	// modes and its diagnostics.
	Samplers []stageTime `json:"samplers,omitempty"`
	Total    float64     `json:"total_seconds"`
	Threads  int         `json:"threads"`
	CPU      string      `json:"cpu"`
	SIMD     string      `json:"simd"`
	Go       string      `json:"go"`
}

type stageTime struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

func readTimings(path string) (*timings, error) {
	t := &timings{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil {
		err = json.Unmarshal(text, t)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func (t *timings) add(name string, d time.Duration) {
	t.Total += d.Seconds()
	for i := range t.Stages {
		if t.Stages[i].Name == name {
			t.Stages[i].Seconds += d.Seconds()
			return
		}
	}
	t.Stages = append(t.Stages, stageTime{name, d.Seconds()})
}

// SetSampler sets the seconds of a sampler's draws, which WriteTimings writes.
func (d *Dir) SetSampler(name string, seconds float64) {
	t := d.times
	for i := range t.Samplers {
		if t.Samplers[i].Name == name {
			t.Samplers[i].Seconds = seconds
			return
		}
	}
	t.Samplers = append(t.Samplers, stageTime{name, seconds})
}

func (t *timings) of(name string) float64 {
	for _, s := range t.Stages {
		if s.Name == name {
			return s.Seconds
		}
	}
	return 0
}

// WriteTimings writes timings.json.
func (d *Dir) WriteTimings(threads int) error {
	t := d.times
	t.Threads, t.SIMD = threads, simd.Active().String()
	t.Go, t.CPU = runtime.Version(), machine.CPU()
	return WriteJSON(d.Path(TimingsFile), t)
}

// WriteJSON writes a file of a run, whole or not at all.
func WriteJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(text, '\n'))
}

// ReadJSON reads a file that the run itself has written.
func ReadJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Series is the history of one training, column by column.
type Series struct {
	X     []int     `json:"x"` // steps
	Epoch []int     `json:"epoch"`
	LR    []float64 `json:"lr"` // factor on the learning rate
	Train []float64 `json:"train,omitempty"`
	Valid []float64 `json:"valid,omitempty"`
	Disc  []float64 `json:"disc,omitempty"`
	Gen   []float64 `json:"gen,omitempty"`
}

// History reads history.json: the trainings so far by name, none without the file.
func (d *Dir) History() (map[string]Series, error) {
	all := map[string]Series{}
	if err := ReadJSON(d.Path(HistoryFile), &all); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return all, nil
}

// AddHistory puts the records of a training into history.json.
func (d *Dir) AddHistory(name string, records []train.Record) error {
	all, err := d.History()
	if err != nil {
		return err
	}
	var s Series
	for _, r := range records {
		s.X, s.Epoch, s.LR = append(s.X, r.Step), append(s.Epoch, r.Epoch), append(s.LR, r.LR)
		for _, c := range []struct {
			name string
			to   *[]float64
		}{{"train", &s.Train}, {"valid", &s.Valid}, {"disc", &s.Disc}, {"gen", &s.Gen}} {
			if v, ok := r.Losses[c.name]; ok && !math.IsNaN(v) {
				*c.to = append(*c.to, v)
			}
		}
	}
	all[name] = s
	return WriteJSON(d.Path(HistoryFile), all)
}

// runLog appends events to log.jsonl, one JSON object a line.
type runLog struct{ f *os.File }

func openLog(path string) (*runLog, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &runLog{f}, nil
}

func (l *runLog) event(kind, stage string, more map[string]any) {
	e := map[string]any{"time": time.Now().UTC().Format(time.RFC3339Nano), "event": kind, "stage": stage}
	for k, v := range more {
		e[k] = v
	}
	if text, err := json.Marshal(e); err == nil {
		l.f.Write(append(text, '\n'))
	}
}

func (l *runLog) close() { l.f.Close() }
