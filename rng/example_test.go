package rng_test

import (
	"fmt"
	"math/rand/v2"

	"etalon/rng"
)

func ExampleNew() {
	s := rng.New(1, "latent")
	whole := make([]float32, 4*2) // four rows, two columns, feature-major
	s.NormalRows(whole, 4, 0, 0, 4, 2)
	part := make([]float32, 2*2) // rows 2 and 3 alone
	s.NormalRows(part, 2, 0, 2, 2, 2)
	fmt.Println(whole[2] == part[0], whole[4+3] == part[2+1])
	fmt.Println(s == rng.New(1, "latent"), s == s.Sub("child"))
	// Output:
	// true true
	// true false
}

func ExampleStream_Source() {
	s := rng.New(1, "walk")
	a, b := rand.New(s.Source(0)), rand.New(s.Source(0))
	fmt.Println(a.NormFloat64() == b.NormFloat64())
	// Output: true
}
