package mcmc

// samplerCounts accumulates what the sampler did after the burn-in, chain by
// chain, and the rejected-for-cause proposals of the burn-in.
type samplerCounts struct {
	proposals   int
	accepted    []int64
	divergent   []int64
	nonFinite   []int64
	alpha       []float64 // sum of acceptance probabilities
	globals     int
	globalMoves []int64

	burnDivergent int64
	burnNonFinite int64

	// Energies: mean and sum of squares (Welford), previous value, and sum of
	// squared differences.
	energyMean, energyM2, energyLast, energyDiff2 []float64
}

func newSamplerCounts(n int) samplerCounts {
	return samplerCounts{
		accepted: make([]int64, n), divergent: make([]int64, n), nonFinite: make([]int64, n),
		alpha: make([]float64, n), globalMoves: make([]int64, n),
		energyMean: make([]float64, n), energyM2: make([]float64, n),
		energyLast: make([]float64, n), energyDiff2: make([]float64, n),
	}
}

func (s *samplerCounts) add(outcomes []outcome, alpha, energy []float64, burning bool) {
	if burning {
		for _, o := range outcomes {
			switch o {
			case divergent:
				s.burnDivergent++
			case nonFinite:
				s.burnNonFinite++
			}
		}
		return
	}
	s.proposals++
	for c, o := range outcomes {
		switch o {
		case accepted:
			s.accepted[c]++
		case divergent:
			s.divergent[c]++
		case nonFinite:
			s.nonFinite[c]++
		}
		s.alpha[c] += alpha[c]
		e := energy[c]
		if s.proposals > 1 {
			d := e - s.energyLast[c]
			s.energyDiff2[c] += d * d
		}
		s.energyLast[c] = e
		d := e - s.energyMean[c]
		s.energyMean[c] += d / float64(s.proposals)
		s.energyM2[c] += d * (e - s.energyMean[c])
	}
}

func (s *samplerCounts) addGlobal(take []bool) {
	s.globals++
	for c, ok := range take {
		if ok {
			s.globalMoves[c]++
		}
	}
}
