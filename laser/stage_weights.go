package laser

import (
	"context"
	"fmt"

	"etalon/dataset"
	"etalon/generator"
	"etalon/metric"
	"etalon/rundir"
)

// sample is a table of points of one method with their latents.
type sample struct{ z, x []float32 }

func (r *Run) samplePath(name string) string { return r.path("samples", name+".npy") }

func (r *Run) writeRows(name string, data []float32, dim int) error {
	return dataset.WriteNPY(r.samplePath(name), len(data)/dim, dim, data)
}

// writeSample writes the latents of a method's points and then the points, which tell
// that the method is finished.
func (r *Run) writeSample(rd *round, name string, s sample) error {
	if err := r.writeRows(name+"_latent", s.z, rd.g.latentDim()); err != nil {
		return err
	}
	return r.writeRows(name, s.x, r.truth.dim)
}

func (r *Run) readRows(name string, dim int) ([]float32, error) {
	t, err := dataset.Read(r.samplePath(name), dataset.ReadOptions{Cols: dim})
	if err != nil {
		return nil, err
	}
	return t.Data, nil
}

// weigh is LaSeR's step 3: the generator's points, their latents and weights.
func (r *Run) weigh(_ context.Context, rd *round) (string, error) {
	path := r.samplePath(rd.name("log_weights"))
	if rundir.Exists(path) {
		return "", nil
	}
	if rd.number == 1 {
		if w := r.truth.scoreW; w != nil {
			if err := dataset.WriteNPYFloat64(r.samplePath("truth_weights"), w); err != nil {
				return "", err
			}
		}
		if err := r.writeRows("truth", r.truth.score, r.truth.dim); err != nil {
			return "", err
		}
	}
	n := r.cfg.Score.Points
	if p := rd.g.pairs; p != nil {
		n = p.Rows()
	}
	b, err := rd.g.draw(r.e, r.seed(rd), "baseline/z", n)
	if err != nil {
		return "", err
	}
	logw, err := r.weightsOf(rd, b.x)
	if err != nil {
		return "", err
	}
	if err := r.writeSample(rd, rd.name("baseline"), b); err != nil {
		return "", err
	}
	if density, ok := rd.g.net.(generator.LogDensity); ok && r.density != nil && rd.number == 1 {
		exact, err := r.exactLogWeights(density, b.x)
		if err != nil {
			return "", err
		}
		if err := dataset.WriteNPYFloat64(r.samplePath("exact_log_weights"), exact); err != nil {
			return "", err
		}
	}
	if err := dataset.WriteNPYFloat64(path, logw); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d points, N_eff %.2f %%", len(logw), 100*metric.KishESS(logw)/float64(len(logw))), nil
}

// weightsOf returns the log-weights of points, of mean weight 1: for pairs those of the
// networks that did not see them.
func (r *Run) weightsOf(rd *round, x []float32) ([]float64, error) {
	if rd.g.pairs != nil {
		return dataset.ReadFloat64(r.samplePath(rd.name("log_weights_of_pairs")))
	}
	logits, err := rd.f.Logits(r.e, x)
	if err != nil {
		return nil, err
	}
	logw, err := metric.NormaliseLogWeights(logits)
	if err != nil {
		return nil, fmt.Errorf("the classifier's weights: %w", err)
	}
	return logw, nil
}

// exactLogWeights returns ln p_T(x)/p_G(x) from the truth's formula and the generator's
// own density.
func (r *Run) exactLogWeights(g generator.LogDensity, x []float32) ([]float64, error) {
	logw, err := generator.LogProb(r.e, g, x)
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
