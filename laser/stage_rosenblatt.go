package laser

import (
	"fmt"

	"etalon/generator"
	"etalon/metric"
)

// tabulateRefiner makes Φ of the weights on a grid of one or two latents.
func (r *Run) tabulateRefiner(rd *round, dir string) (string, error) {
	if err := r.cfg.Refiner.check(rd.g.latentDim(), rd.g.prior()); err != nil {
		return "", fmt.Errorf("config: refiner.%w", err)
	}
	dim := rd.g.latentDim()
	cfg := generator.RosenblattConfig{Dim: dim, Cells: r.cfg.Refiner.Rosenblatt.Cells, Prior: rd.g.prior()}
	z, err := generator.RosenblattGrid(cfg)
	if err != nil {
		return "", err
	}
	space, err := r.space(rd)
	if err != nil {
		return "", err
	}
	target := space.Target.(*Target)
	n := len(z) / dim
	logw, logp := make([]float64, n), make([]float64, n)
	const block = 1 << 16
	for lo := 0; lo < n; lo += block {
		hi := min(lo+block, n)
		rows := z[lo*dim : hi*dim]
		if err := target.LogDensity(rows, logw[lo:hi]); err != nil {
			return "", err
		}
		if err := target.LogPrior(rows, logp[lo:hi]); err != nil {
			return "", err
		}
		r.d.Progress(hi, n, "cells")
	}
	for i := range logw {
		logw[i] -= logp[i]
	}
	phi, err := generator.NewRosenblatt(cfg, logw)
	if err != nil {
		return "", err
	}
	rd.phi = phi
	return fmt.Sprintf("%d cells, worth %.0f", n, metric.KishESS(logw)), phi.Save(dir)
}
