package laser

import (
	"context"
	"fmt"
	"math"

	"etalon/mcmc"
	"etalon/rng"
	"etalon/rundir"
)

// sampleDirect is what a generator with hidden latents gives without OmniFold: latents
// taken by the weights of one of their points each, and mapped to features anew.
func (r *Run) sampleDirect(ctx context.Context, rd *round) (string, error) {
	name := rd.name("direct")
	if rundir.Exists(r.samplePath(name)) {
		return "", nil
	}
	take, err := newTaker(r, rd, name)
	if err != nil {
		return "", err
	}
	z, err := take.latents(ctx, r.cfg.Score.Points)
	if err != nil {
		return "", err
	}
	x, err := rd.g.push(r.seed(rd), name+"/x", z)
	if err != nil {
		return "", err
	}
	if err := r.writeSample(rd, name, sample{z, x}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d points, %.1f %% of the draws taken", len(x)/r.truth.dim, 100*float64(len(z))/float64(take.drawn*rd.g.latentDim())), nil
}

// taker draws points and takes their latents with probability w(x)/M.
type taker struct {
	r      *Run
	rd     *round
	stream string
	accept rng.Stream
	cap    float64
	drawn  int
}

func newTaker(r *Run, rd *round, stream string) (*taker, error) {
	t := &taker{r: r, rd: rd, stream: stream, accept: r.stream(stream + "/accept")}
	s, err := rd.g.draw(r.e, r.seed(rd), stream+"/pilot", r.cfg.Samplers.Pilot)
	if err != nil {
		return nil, err
	}
	logw, err := rd.f.Logits(r.e, s.x)
	if err != nil {
		return nil, err
	}
	t.cap, _, _, err = mcmc.WeightCap(logw, r.cfg.Samplers.CapQuantile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stream, err)
	}
	return t, nil
}

// latents takes n latents.
func (t *taker) latents(ctx context.Context, n int) ([]float32, error) {
	l := t.rd.g.latentDim()
	var z []float32
	for block := 0; len(z) < n*l; block++ {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", t.stream, err)
		}
		s, err := t.rd.g.draw(t.r.e, t.r.seed(t.rd), fmt.Sprintf("%s/%d", t.stream, block), rejectionBlock)
		if err != nil {
			return nil, err
		}
		logw, err := t.rd.f.Logits(t.r.e, s.x)
		if err != nil {
			return nil, err
		}
		for i, v := range logw {
			if t.accept.Uniform(uint64(block), uint64(i), 0) < math.Exp(v-t.cap) {
				z = append(z, s.z[i*l:(i+1)*l]...)
			}
		}
		t.drawn += rejectionBlock
		t.r.d.Progress(min(len(z)/l, n), n, "points")
		if t.drawn > maxDrawsPerPoint*n {
			return nil, fmt.Errorf("%s: %d of %d points after %d draws: the weights are too uneven", t.stream, len(z)/l, n, t.drawn)
		}
	}
	return z[:n*l], nil
}

const maxDrawsPerPoint = 10_000
