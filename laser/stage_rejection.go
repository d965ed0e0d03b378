package laser

import (
	"context"
	"errors"
	"fmt"

	"etalon/mcmc"
	"etalon/rundir"
)

const rejectionBlock = 1 << 15 // prior draws of a step

// sampleRejection takes draws from the prior with probability w/M: independent points of
// the weighted latent space, as precise as the weights. Points above the cap M, found in
// a pilot, are taken w/M times on average.
func (r *Run) sampleRejection(ctx context.Context, rd *round) (string, error) {
	name := rd.name("rejection")
	if rundir.Exists(r.samplePath(name)) {
		return "", nil
	}
	space, err := r.space(rd)
	if err != nil {
		return "", err
	}
	n := r.cfg.Score.Points
	if r.cfg.Samplers.Rejection > 0 {
		n = r.cfg.Samplers.Rejection
	}
	s, seconds, err := r.drawSampler(ctx, rd, r.cfg.Samplers.rejection(n), space, "rejection")
	if uneven := (*mcmc.UnevenError)(nil); errors.As(err, &uneven) && r.cfg.Refines() {
		return "left out: " + uneven.Error(), nil
	}
	if err != nil {
		return "", err
	}
	if err := r.assess(rd, space, s, seconds, 0); err != nil {
		return "", err
	}
	z := s.Samples()
	x, err := rd.g.push(r.seed(rd), "rejection/x", z)
	if err != nil {
		return "", err
	}
	if err := r.writeSample(rd, name, sample{z, x}); err != nil {
		return "", err
	}
	st := s.Stats()
	return fmt.Sprintf("%d points, %.1f %% of the prior draws taken, %.3f %% of the weight beyond the cap, worth %.0f independent ones",
		len(x)/r.truth.dim, 100*st.Accept, 100*st.Rejection.OverweightShare, st.Size), nil
}
