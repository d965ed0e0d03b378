package laser

import (
	"fmt"

	"etalon/dctr"
	"etalon/generator"
	"etalon/mcmc"
	"etalon/metric"
	"etalon/rng"
)

// round is one refinement of a generator. The first has the primary generator, a later
// one the refined model of the round before.
type round struct {
	number  int // from 1
	g       *primary
	f       dctr.Weigher // weights of features
	nu      dctr.Weigher // of latents, by OmniFold; nil where g is a network
	phi     generator.Generator
	refined *generator.Composed
}

// name marks what belongs to a later round: "laser2".
func (rd *round) name(s string) string {
	if rd.number == 1 {
		return s
	}
	return fmt.Sprintf("%s%d", s, rd.number)
}

// stage is name for people.
func (rd *round) stage(s string) string {
	if rd.number == 1 {
		return s
	}
	return fmt.Sprintf("%s %d", s, rd.number)
}

// seed of all random numbers of the round.
func (r *Run) seed(rd *round) uint64 {
	if rd.number == 1 {
		return r.cfg.Seed
	}
	return rng.New(r.cfg.Seed, rd.name("round")).Source(0).Uint64()
}

// latentWeights gives the weights that the samplers of the latent space follow.
func (rd *round) latentWeights() dctr.Weigher {
	if rd.g.direct() {
		return rd.f
	}
	return rd.nu
}

func (r *Run) space(rd *round) (mcmc.Space, error) {
	return rd.g.space(r.e, rd.latentWeights())
}

// latents draws n latents of a stream with their log-weights, of mean weight 1.
func (r *Run) latents(rd *round, stream string, n int) (z []float32, logw []float64, err error) {
	var logits []float64
	if rd.g.direct() {
		s, err := rd.g.draw(r.e, r.seed(rd), stream, n)
		if err != nil {
			return nil, nil, err
		}
		z = s.z
		logits, err = rd.f.Logits(r.e, s.x)
		if err != nil {
			return nil, nil, err
		}
	} else {
		p := &primary{net: rd.g.base(), given: rd.g.given, conditions: rd.g.conditions}
		p.sim, err = generator.NewSimulator(r.e, p.net)
		if err != nil {
			return nil, nil, err
		}
		s, err := p.draw(r.e, r.seed(rd), stream, n)
		if err != nil {
			return nil, nil, err
		}
		z = s.z
		if logits, err = rd.nu.Logits(r.e, z); err != nil {
			return nil, nil, err
		}
	}
	logw, err = metric.NormaliseLogWeights(logits)
	return z, logw, err
}
