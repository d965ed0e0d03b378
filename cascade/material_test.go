package cascade

import (
	"math"
	"testing"
)

// The energy loss by collisions agrees with the tables of NIST (ESTAR), MeV cm²/g, to 3 %:
// the formulas are the same, the constants rounded.
func TestStopping(t *testing.T) {
	for _, c := range []struct {
		name    string
		e, want float64
	}{
		{"silicon", 0.1, 3.27}, {"silicon", 1, 1.51}, {"silicon", 10, 1.70},
		{"tungsten", 1, 1.02}, {"tungsten", 10, 1.21}, {"carbon", 1, 1.61}, {"lead", 1, 1.00},
	} {
		m, err := material(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.stopping(c.e); math.Abs(got/c.want-1) > 0.03 {
			t.Errorf("%s at %v MeV: %.3f MeV cm²/g; %.3f is tabulated", c.name, c.e, got, c.want)
		}
	}
}

// At low energies the cross section of Compton scattering is Thomson's, 0.6652 barn, and
// at 1 MeV it is 0.2112 barn.
func TestCompton(t *testing.T) {
	m, _ := material("carbon")
	barn := klein * m.ZA
	for _, c := range [][2]float64{{1e-3, 0.6652 * (1 - 2e-3/electronMass)}, {1, 0.2112}, {10, 0.0510}} {
		if got := m.compton(c[0]) / barn; math.Abs(got/c[1]-1) > 2e-3 {
			t.Errorf("%v MeV: %.4f barn an electron; %.4f is right", c[0], got, c[1])
		}
	}
}

// The attenuation of photons in tungsten is that of NIST's tables (XCOM, without coherent
// scattering), cm²/g, to 7 %: that of absorption is a power law.
func TestAttenuation(t *testing.T) {
	m, _ := material("tungsten")
	table := newMatter(m, 1, 1, false)
	for _, c := range [][2]float64{{0.5, 0.123}, {1, 0.0624}, {2, 0.0434}, {3, 0.0405}, {5, 0.0410}, {10, 0.0475}, {20, 0.0589}, {100, 0.081}} {
		got := table.photon[entry(c[0])].total / m.Density * 10
		if math.Abs(got/c[1]-1) > 0.07 {
			t.Errorf("%v MeV: %.4f cm²/g; %.4f is tabulated", c[0], got, c[1])
		}
	}
}

func TestEntries(t *testing.T) {
	for i := range entries {
		if j := entry(energyOf(i)); j != i {
			t.Fatalf("the energy of entry %d has entry %d", i, j)
		}
	}
	if entry(1e-9) != 0 || entry(1e9) != entries-1 || entry(0) != 0 {
		t.Error("energies outside of the table are not at its ends")
	}
	for _, e := range []float64{0.01, 0.5, 3, 1e4} {
		if got := energyOf(entry(e)); math.Abs(got/e-1) > 1./32 {
			t.Errorf("%v MeV stand for %v", e, got)
		}
	}
}
