package showers

import (
	"context"
	"fmt"
	"slices"

	"etalon/calo"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/rundir"
)

// drawRefined is what etalon sample calls a refined model.
const drawRefined = "refiner"

// DrawMethods are what can be drawn of a run: showers of refined latents (the default),
// accepted showers, and the generator's own.
func DrawMethods() []string { return []string{drawRefined, methodAccepted, "baseline"} }

// Draw makes n showers with the models of the run in dir and writes them to an HDF5 file,
// and their latents to a table unless that path is "". With the seed of the run they are
// those of the run. Errors: no run with what the method needs.
func Draw(ctx context.Context, e *cpu.Engine, dir, method string, seed uint64, n int, path, latents string, obs rundir.Observer) error {
	if method == "" {
		method = drawRefined
	}
	if !slices.Contains(DrawMethods(), method) {
		return fmt.Errorf("method %q; of showers %v are accepted", method, DrawMethods())
	}
	if n < 1 || n > maxShowers {
		return fmt.Errorf("%d showers; 1 to %d are accepted", n, maxShowers)
	}
	r := &Run{d: rundir.At(dir, obs), e: e}
	cfg, err := ReadConfigAs(r.d.Path(rundir.ConfigFile), "")
	if err != nil {
		return err
	}
	var m Metrics
	if err := rundir.ReadJSON(r.d.Path(rundir.MetricsFile), &m); err != nil {
		return err
	}
	if cfg.Generator.Kind == KindFile {
		return fmt.Errorf("%s: its generator is a file of showers, which makes no new ones", dir)
	}
	cfg.Seed = seed
	r.cfg = cfg
	r.shape = calo.Shape{Layers: m.Cells[0], X: m.Cells[1], Y: m.Cells[2]}
	if err := r.loadGenerator(); err != nil {
		return err
	}
	defer r.close()
	var fill filler
	switch method {
	case drawRefined:
		if r.nu, err = dctr.LoadWeigher(r.d.Path("models", "pullback")); err == nil {
			fill, _, err = r.fromRefined(ctx, n)
		}
	case methodAccepted:
		fill, err = r.fromAccepted()
	default:
		fill = r.plain(methodGenerator)
	}
	if err != nil {
		return err
	}
	return r.writeShowers(ctx, path, latents, n, fill)
}

// fromAccepted accepts showers with the classifier and the cap of the run.
func (r *Run) fromAccepted() (filler, error) {
	var rec rejectionRecord
	if err := rundir.ReadJSON(r.d.Path(rejectionFile), &rec); err != nil {
		return nil, err
	}
	var err error
	if r.f, err = dctr.LoadWeigher(r.d.Path("models", "high_level")); err != nil {
		return nil, err
	}
	if rec.Latents {
		if r.nu, err = dctr.LoadWeigher(r.d.Path("models", "pullback")); err != nil {
			return nil, err
		}
	}
	p, err := r.newProposer(rec)
	if err != nil {
		return nil, err
	}
	return p.fill, nil
}
