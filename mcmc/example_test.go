package mcmc_test

import (
	"fmt"
	"log"

	"etalon/mcmc"
	"etalon/rng"
)

// shifted is a normal latent with mean 1 and unit variance: a standard normal
// prior times the weight w(z) = exp(z - 1/2).
type shifted struct{}

func (shifted) Dim() int { return 1 }

func (shifted) LogDensityGrad(z []float32, logq []float64, grad []float32) error {
	for i, v := range z {
		u := float64(v) - 1
		logq[i], grad[i] = -u*u/2, float32(-u)
	}
	return nil
}

func ExampleHMC() {
	stream := rng.New(1, "example")

	// Prior draws with their weights start the chains.
	z := make([]float32, 2000)
	if err := mcmc.NormalPrior(z, 1, stream.Sub("prior"), 0); err != nil {
		log.Fatal(err)
	}
	logw := make([]float64, len(z))
	for i, v := range z {
		logw[i] = float64(v) - 0.5
	}
	start, err := mcmc.Start(z, logw, 100, stream.Sub("start"))
	if err != nil {
		log.Fatal(err)
	}

	cfg := mcmc.AdaptedHMC()
	cfg.Chains, cfg.BurnIn, cfg.Samples = 100, 100, 20000
	h, err := mcmc.NewHMC(cfg, shifted{}, start, stream.Sub("hmc"))
	if err != nil {
		log.Fatal(err)
	}
	for !h.Done() {
		if err := h.Step(); err != nil {
			log.Fatal(err)
		}
	}
	d, err := h.Diagnostics()
	if err != nil {
		log.Fatal(err)
	}
	c := d.Columns[0]
	fmt.Printf("mean %.1f, sd %.1f, converged %v\n", c.Mean, c.SD, c.RHat < 1.01 && c.ESSBulk > 400)
	// Output: mean 1.0, sd 1.0, converged true
}

func ExampleHistogramESS() {
	// Three chains of four draws on two bins.
	counts := []uint32{4, 0, 0, 4, 2, 2}
	h, err := mcmc.HistogramESS(counts, 3, 2, 4)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.0f draws are worth %.0f\n", h.N, h.ESS)
	// Output: 12 draws are worth 3
}
