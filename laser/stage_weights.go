package laser

import (
	"context"
	"fmt"
	"math"

	"etalon/dataset"
	"etalon/generator"
	"etalon/metric"
)

// sample is a table of points of one method with their latents.
type sample struct{ z, x []float32 }

func (r *Run) samplePath(name string) string { return r.path("samples", name+".npy") }

func (r *Run) writeRows(name string, data []float32, dim int) error {
	return dataset.WriteNPY(r.samplePath(name), len(data)/dim, dim, data)
}

func (r *Run) readRows(name string, dim int) ([]float32, error) {
	t, err := dataset.Read(r.samplePath(name), dataset.ReadOptions{Cols: dim})
	if err != nil {
		return nil, err
	}
	return t.Data, nil
}

// weigh is LaSeR's step 3: the generator's points, their latents and weights. One
// file of weights serves both, since g is deterministic (w(z) = w(g(z))).
func (r *Run) weigh(context.Context) (string, error) {
	if exists(r.samplePath("log_weights")) {
		return "", nil
	}
	if err := r.writeRows("truth", r.truth.score, r.truth.dim); err != nil {
		return "", err
	}
	s, err := generator.NewSampler(r.e, r.flow, r.cfg.Seed, "baseline/z")
	if err != nil {
		return "", err
	}
	b := sample{z: make([]float32, r.cfg.Score.Points*r.flow.LatentDim()), x: make([]float32, r.cfg.Score.Points*r.truth.dim)}
	if err := s.Draw(0, b.z, b.x); err != nil {
		return "", err
	}
	logits, err := r.classifier.Logits(r.e, b.x)
	if err != nil {
		return "", err
	}
	logw, err := metric.NormaliseLogWeights(logits)
	if err != nil {
		return "", fmt.Errorf("the classifier's weights: %w", err)
	}
	if err := r.writeRows("baseline", b.x, r.truth.dim); err != nil {
		return "", err
	}
	if err := r.writeRows("baseline_latent", b.z, r.flow.LatentDim()); err != nil {
		return "", err
	}
	if r.density != nil {
		exact, err := r.exactLogWeights(b.x)
		if err != nil {
			return "", err
		}
		if err := dataset.WriteNPYFloat64(r.samplePath("exact_log_weights"), exact); err != nil {
			return "", err
		}
	}
	if err := dataset.WriteNPYFloat64(r.samplePath("log_weights"), logw); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d points, N_eff %.2f %%", len(logw), 100*metric.KishESS(logw)/float64(len(logw))), nil
}

// exactLogWeights returns ln p_T(x)/p_G(x) from the truth's formula and the flow's
// own density.
func (r *Run) exactLogWeights(x []float32) ([]float64, error) {
	logw, err := generator.LogProb(r.e, r.flow, x)
	if err != nil {
		return nil, err
	}
	const unit = 1 << 14
	dim := r.truth.dim
	n := len(logw)
	r.e.Do((n+unit-1)/unit, func(_, u int) {
		point := make([]float64, dim)
		for i := u * unit; i < min((u+1)*unit, n); i++ {
			for j := range point {
				point[j] = float64(x[i*dim+j])
			}
			logw[i] = r.density.LogProb(point) - logw[i]
		}
	})
	return logw, nil
}

// weightedLatents draws n latents from the prior with their weights, mean 1.
func (r *Run) weightedLatents(n int) (z, w []float32, err error) {
	s, err := generator.NewSampler(r.e, r.flow, r.cfg.Seed, "refiner/z")
	if err != nil {
		return nil, nil, err
	}
	z, logw, err := r.latents(s, n)
	if err != nil {
		return nil, nil, err
	}
	w = make([]float32, n)
	for i, l := range logw {
		w[i] = float32(math.Exp(l))
	}
	return z, w, nil
}

// latents draws n latents with their log-weights, normalised to mean weight 1.
func (r *Run) latents(s *generator.Sampler, n int) (z []float32, logw []float64, err error) {
	z = make([]float32, n*r.flow.LatentDim())
	x := make([]float32, n*r.truth.dim)
	if err := s.Draw(0, z, x); err != nil {
		return nil, nil, err
	}
	logits, err := r.classifier.Logits(r.e, x)
	if err != nil {
		return nil, nil, err
	}
	logw, err = metric.NormaliseLogWeights(logits)
	return z, logw, err
}

// sampleRefined draws from g∘Φ: unweighted points and their refined latents.
func (r *Run) sampleRefined(context.Context) (string, error) {
	if exists(r.samplePath("laser")) {
		return "", nil
	}
	gen, err := generator.NewRefinedSampler(r.e, r.refined, r.cfg.Seed, "sample")
	if err != nil {
		return "", err
	}
	s := sample{z: make([]float32, r.cfg.Score.Points*r.flow.LatentDim()), x: make([]float32, r.cfg.Score.Points*r.truth.dim)}
	if err := gen.Draw(0, nil, s.z, s.x); err != nil {
		return "", err
	}
	if r.refined.Accept != nil { // the map itself, to show what the acceptance adds
		raw, err := generator.NewRefinedSampler(r.e, &generator.Composed{G: r.flow, Phi: r.refiner}, r.cfg.Seed, "sample")
		if err != nil {
			return "", err
		}
		x := make([]float32, len(s.x))
		if err := raw.Draw(0, nil, nil, x); err != nil {
			return "", err
		}
		if err := r.writeRows("refiner", x, r.truth.dim); err != nil {
			return "", err
		}
	}
	if err := r.writeRows("laser_latent", s.z, r.flow.LatentDim()); err != nil {
		return "", err
	}
	if err := r.writeRows("laser", s.x, r.truth.dim); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d points of g∘Φ", r.cfg.Score.Points), nil
}
