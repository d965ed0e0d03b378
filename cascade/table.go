package cascade

import "math"

// Energies of tables are 32 to an octave, from 2^-7 to 2^17 MeV: those whose leading
// mantissa bits are alike share an entry.
const (
	tableBits = 5
	tableLow  = -7
	tableHigh = 17
	entries   = (tableHigh - tableLow) << tableBits
)

const tableBase = (1023 + tableLow) << tableBits

// entry returns the number of the table's entry of an energy.
func entry(e float64) int {
	return min(max(int(math.Float64bits(e)>>(52-tableBits))-tableBase, 0), entries-1)
}

// energyOf returns the energy in the middle of an entry.
func energyOf(i int) float64 {
	return math.Float64frombits(uint64(i+tableBase)<<(52-tableBits) | 1<<(51-tableBits))
}

// electronEntry is what an electron of one energy meets in a slab's matter.
type electronEntry struct {
	loss    float64 // MeV/mm, by collisions below the threshold of deltas
	brems   float64 // 1/mm
	tip     float64 // how much the spectrum's end falls short of complete screening
	deltas  float64 // 1/mm
	scatter float64 // squared width of the angle in a projection, per mm
	longest float64 // mm, of a step
	reach   float64 // mm, of its whole path
	spread  float64 // variance of the loss, MeV²/mm
}

// photonEntry is what a photon meets.
type photonEntry struct {
	total float64 // 1/mm
	pair  float64 // probability that it is a pair …
	free  float64 // … or a pair or Compton scattering
}

// matter is a material with its tables.
type matter struct {
	electron   [entries]electronEntry
	photon     [entries]photonEntry
	delta      float64 // least energy of deltas, MeV
	least      float64 // of electrons: those below stop where they are, MeV
	heavy      bool    // an absorber, whose density is fitted
	bremsLeast float64 // least energy of photons, MeV
}

// Thresholds, MeV. In a sensor all electrons that matter to its energy's fluctuations
// are produced.
const (
	sensorDelta = 0.015
	otherDelta  = 0.5
	sensorLeast = 0.05
	otherLeast  = 0.2
	lightLeast  = 0.1
	leastBrems  = 0.1
	leastPhoton = 0.02
	// mostAngle is the width of the scattering angle in a step, at most.
	mostAngle   = 2
	sensorAngle = 0.25
	// mostLoss is the share of its energy that an electron loses in a step, at most.
	mostLoss = 0.6
	// softness is 1 / ∫ y (1 - y + 3/4 y²) / ∫ (1 - y + 3/4 y²): how the end of a
	// spectrum falls with the energy that it has.
	softness = 0.75 / 0.354167
	// scatterEnergy is the constant of multiple scattering in a projection, MeV (Rossi and
	// Greisen 1941: 21/√2).
	scatterEnergy = 15
)

// newMatter makes the tables of a material whose density is scaled, and whose scattering
// is as wide as says scattering.
func newMatter(m *Material, density, scattering float64, sensor bool) *matter {
	t := &matter{delta: otherDelta, least: otherLeast, bremsLeast: leastBrems, heavy: m.heavy()}
	rho := m.Density * density / 10 // g/cm² per mm
	switch {
	case sensor:
		t.delta, t.least = sensorDelta, sensorLeast
	case !t.heavy:
		t.least = lightLeast
	}
	x0 := m.RadiationLength / rho // mm
	for i := range t.electron {
		e := energyOf(i)
		tau := e / electronMass
		beta2 := tau * (tau + 2) / ((tau + 1) * (tau + 1))
		s := &t.electron[i]
		xi := bohr * m.ZA * rho / beta2
		s.loss = m.stopping(e) * rho
		// The binding of electrons adds to the spread (Blunck and Leisegang 1950).
		s.spread = xi*min(t.delta, e/2)*(1-beta2/2) + 2e-5*math.Pow(m.Excitation/10, 4./3)*s.loss
		if e > 2*t.delta {
			s.deltas = xi * (1/t.delta - 2/e)
			s.loss -= xi * math.Log(e/2/t.delta)
		}
		s.loss = max(s.loss, 0.1*m.stopping(e)*rho)
		if y := t.bremsLeast / e; y < 1 {
			// ∫ dy/y (1 - y + 3/4 y²)(1 - ay)
			a := min((1-knots(radiated, e))*softness, 1)
			s.tip = a
			s.brems = 4. / 3 / x0 * (-math.Log(y) - (1+a)*(1-y) + (0.75+a)*(1-y*y)/2 - 0.25*a*(1-y*y*y))
		}
		pbeta := e * (e + 2*electronMass) / (e + electronMass) // p²/E
		theta := scattering * scatterEnergy / pbeta
		s.scatter = theta * theta / x0
		angle := float64(mostAngle)
		if sensor {
			angle = sensorAngle
		}
		s.longest = min(angle*angle/s.scatter, mostLoss*e/s.loss)
		s.reach = e / s.loss
		if i > 0 {
			s.reach = t.electron[i-1].reach + (e-energyOf(i-1))/s.loss
		}
		p := &t.photon[i]
		pair := knots(pairs, e) / x0
		free := m.compton(e) * rho
		p.total = pair + free + m.photo(e)*rho
		p.pair = pair / p.total
		p.free = (pair + free) / p.total
	}
	return t
}
