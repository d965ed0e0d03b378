package laser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"etalon/internal/atomicfile"
	"etalon/mcmc"
	"etalon/rundir"
)

// samplersRecord is samplers.json: what the samplers of the first round's weighted
// latent space cost in evaluations, and what their draws are worth. Their seconds stand
// in timings.json.
type samplersRecord struct {
	Choice  *mcmc.Choice    `json:"choice"` // what would be the cheapest
	Reports []samplerReport `json:"reports"`
}

// samplerReport is mcmc.Report without the parts that other files have.
type samplerReport struct {
	*mcmc.Report
	// HistogramESS is the number of independent points that the scored histogram is
	// worth.
	HistogramESS float64 `json:"histogram_ess"`
}

func (r *Run) readSamplers() (*samplersRecord, error) {
	rec := &samplersRecord{}
	err := rundir.ReadJSON(r.path(samplersFile), rec)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return rec, err
}

// report of a method, or nil.
func (s *samplersRecord) report(m mcmc.Method) *samplerReport {
	for i := range s.Reports {
		if s.Reports[i].Method == m {
			return &s.Reports[i]
		}
	}
	return nil
}

// assess adds the report of a finished sampler to samplers.json. histogramESS 0 means
// what the sampler itself knows of its size.
func (r *Run) assess(rd *round, space mcmc.Space, s mcmc.Sampler, seconds, histogramESS float64) error {
	if rd.number > 1 {
		return nil
	}
	ref, err := r.modeReference(space)
	if err != nil {
		return err
	}
	report, err := mcmc.Assess(s, ref, 0)
	if err != nil {
		return err
	}
	rec, err := r.readSamplers()
	if err != nil {
		return err
	}
	if histogramESS == 0 {
		histogramESS = report.Size
	}
	r.d.SetSampler(string(report.Method), seconds)
	one := samplerReport{report, histogramESS}
	if old := rec.report(report.Method); old != nil {
		*old = one
	} else {
		rec.Reports = append(rec.Reports, one)
	}
	return rundir.WriteJSON(r.path(samplersFile), rec)
}

const referenceCells = 24

// modeReference is the weights' own estimate of where the first round's weighted latent
// space has its mass, made once.
func (r *Run) modeReference(space mcmc.Space) (ref *mcmc.Reference, err error) {
	if r.reference == nil {
		r.reference, err = mcmc.NewReference(space, r.cfg.Samplers.Reference, referenceCells, r.stream("samplers/reference"))
	}
	return r.reference, err
}

// chooseSampler measures which sampler is the cheapest.
func (r *Run) chooseSampler(_ context.Context, rd *round) (string, error) {
	rec, err := r.readSamplers()
	if err != nil || rec.Choice != nil {
		return "", err
	}
	space, err := r.space(rd)
	if err != nil {
		return "", err
	}
	if rec.Choice, err = mcmc.Choose(space, r.cfg.Score.Points, 0, r.stream("samplers/choose")); err != nil {
		return "", err
	}
	p := rec.Choice.Pilot
	return fmt.Sprintf("%s is the cheapest; %d mode(s) of the latent space", rec.Choice.Config.Method, p.Modes), rundir.WriteJSON(r.path(samplersFile), rec)
}

// runSampler draws with one more method.
func (r *Run) runSampler(ctx context.Context, rd *round, method mcmc.Method) (string, error) {
	name := string(method)
	if rundir.Exists(r.samplePath(name)) {
		return "", nil
	}
	space, err := r.space(rd)
	if err != nil {
		return "", err
	}
	cfg := mcmc.Config{Method: method, Samples: r.cfg.Samplers.Samples}
	s, seconds, err := r.drawSampler(ctx, rd, cfg, space, name)
	if err != nil {
		return "", err
	}
	z := s.Samples()
	x, err := rd.g.push(r.seed(rd), name+"/x", z)
	if err != nil {
		return "", err
	}
	size := s.Stats().Size
	if size == 0 { // chains
		h, err := r.histogramSize(x, s.Draws().Chains)
		if err != nil {
			return "", err
		}
		size = h.ESS
	}
	if err := r.assess(rd, space, s, seconds, size); err != nil {
		return "", err
	}
	if err := r.writeSample(rd, name, sample{z, x}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d points, accepted %.3f, N_eff of the histogram %.0f", len(x)/r.truth.dim, s.Stats().Accept, size), nil
}

// samplerCheckpoint is what an interrupted sampler leaves.
type samplerCheckpoint struct {
	Seconds float64
	State   []byte
}

// drawSampler runs a sampler to its end, and returns the seconds of all sessions. When
// ctx ends it leaves a checkpoint if the method has one.
func (r *Run) drawSampler(ctx context.Context, rd *round, cfg mcmc.Config, space mcmc.Space, name string) (mcmc.Sampler, float64, error) {
	stream := r.stream(rd.name(name))
	path := r.d.Checkpoint(rd.name(name))
	var before samplerCheckpoint
	var s mcmc.Sampler
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err = json.Unmarshal(text, &before); err == nil {
			s, err = mcmc.Resume(cfg, space, stream, before.State)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: the checkpoint %s cannot be used: %w; remove it to start the stage anew", name, path, err)
		}
	case errors.Is(err, fs.ErrNotExist):
		if s, err = mcmc.New(cfg, space, nil, stream); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", name, err)
		}
	default:
		return nil, 0, err
	}
	start := time.Now()
	saved := start
	save := func() error {
		state, err := mcmc.Checkpoint(s)
		if err == nil {
			text, err = json.Marshal(samplerCheckpoint{before.Seconds + time.Since(start).Seconds(), state})
		}
		if err == nil {
			err = atomicfile.WriteBytes(path, text)
		}
		saved = time.Now()
		return err
	}
	for !s.Done() {
		if err := ctx.Err(); err != nil {
			return nil, 0, errors.Join(fmt.Errorf("%s: %w", name, err), save())
		}
		if time.Since(saved) > 10*time.Second {
			if err := save(); err != nil {
				return nil, 0, err
			}
		}
		if err := s.Step(); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", name, err)
		}
		done, total := s.Progress()
		r.d.Progress(done, total, fmt.Sprintf("accepted %.3f", s.Stats().Accept))
	}
	os.Remove(path)
	return s, before.Seconds + time.Since(start).Seconds(), nil
}
