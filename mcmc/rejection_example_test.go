package mcmc_test

import (
	"fmt"
	"log"

	"etalon/mcmc"
	"etalon/rng"
)

// Rejection from a weighted latent space, p_Z = N(0, 1) with w(z) = exp(z - ½): a draw of
// the prior is kept with a probability proportional to its weight. The draws that are
// kept are independent and follow N(1, 1).
func ExampleNew() {
	s, err := mcmc.New(mcmc.Config{Method: mcmc.Rejection, Samples: 20000}, mcmc.Space{Target: weighted{}}, nil, rng.New(1, "example"))
	if err != nil {
		log.Fatal(err)
	}
	for !s.Done() {
		if err := s.Step(); err != nil {
			log.Fatal(err)
		}
	}
	d, err := mcmc.Diagnose(s.Draws())
	if err != nil {
		log.Fatal(err)
	}
	c := d.Columns[0]
	fmt.Printf("%d draws of %s: mean %.1f, sd %.1f\n", len(s.Samples()), s.Name(), c.Mean, c.SD)
	// Output: 20000 draws of rejection: mean 1.0, sd 1.0
}
