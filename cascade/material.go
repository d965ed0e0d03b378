package cascade

import (
	"fmt"
	"math"
)

// Material is matter of a slab.
type Material struct {
	Name            string  `toml:"name" json:"name"`
	Density         float64 `toml:"density" json:"density"`                   // g/cm³
	RadiationLength float64 `toml:"radiation_length" json:"radiation_length"` // g/cm²
	ZA              float64 `toml:"z_over_a" json:"z_over_a"`                 // mol/g
	Excitation      float64 `toml:"excitation" json:"excitation"`             // mean excitation energy, eV
	// Sternheimer are x0, x1, a, m and -C of the density effect (Sternheimer, Berger and
	// Seltzer 1984).
	Sternheimer [5]float64 `toml:"sternheimer" json:"sternheimer"`
	// Photo is the photoelectric coefficient at 0.3 MeV in cm²/g, PhotoPower how it falls
	// with the energy.
	Photo      float64 `toml:"photo" json:"photo"`
	PhotoPower float64 `toml:"photo_power" json:"photo_power"`
}

// Materials are those that slabs may name.
var Materials = []Material{
	{"tungsten", 19.3, 6.76, 0.4025, 727, [5]float64{0.2167, 3.4960, 0.15509, 2.8447, 5.4059}, 0.194, 2.4},
	{"lead", 11.35, 6.37, 0.3958, 823, [5]float64{0.3776, 3.8073, 0.09359, 3.1608, 6.2018}, 0.29, 2.5},
	{"iron", 7.874, 13.84, 0.4656, 286, [5]float64{-0.0012, 3.1531, 0.14680, 2.9632, 4.2911}, 0.0065, 2.9},
	{"copper", 8.96, 12.86, 0.4564, 322, [5]float64{-0.0254, 3.2792, 0.14339, 2.9044, 4.4190}, 0.0095, 2.9},
	{"silicon", 2.33, 21.82, 0.4985, 173, [5]float64{0.2015, 2.8716, 0.14921, 3.2546, 4.4355}, 0.0009, 3.0},
	{"carbon", 1.5, 42.7, 0.4995, 78, [5]float64{0.0480, 2.5387, 0.20762, 2.9532, 3.1550}, 4e-5, 3.1},
	// A printed board with copper, epoxy and air between.
	{"board", 2.23, 18.8, 0.485, 180, [5]float64{0.1, 3.0, 0.17, 2.95, 3.9}, 0.004, 2.9},
}

func material(name string) (*Material, error) {
	for i := range Materials {
		if Materials[i].Name == name {
			return &Materials[i], nil
		}
	}
	return nil, fmt.Errorf("cascade: material %q; tungsten, lead, iron, copper, silicon, carbon and board are accepted", name)
}

// heavy tells that slabs of a material are absorbers.
func (m *Material) heavy() bool { return m.RadiationLength < 15 }

const (
	electronMass = 0.51099895 // MeV
	bohr         = 0.153537   // 2π N_A r_e² mc², MeV cm²/mol
	klein        = 0.602214   // N_A in units of 1/barn
)

// stopping returns the mean energy loss by collisions of an electron of kinetic energy t,
// MeV cm²/g (Berger and Seltzer 1964).
func (m *Material) stopping(t float64) float64 {
	tau := t / electronMass
	beta2 := tau * (tau + 2) / ((tau + 1) * (tau + 1))
	i := m.Excitation * 1e-6 / electronMass
	f := 1 - beta2 + (tau*tau/8-(2*tau+1)*math.Ln2)/((tau+1)*(tau+1))
	return bohr * m.ZA / beta2 * (math.Log(tau*tau*(tau+2)/(2*i*i)) + f - m.densityEffect(tau))
}

func (m *Material) densityEffect(tau float64) float64 {
	s := m.Sternheimer
	x := math.Log10(math.Sqrt(tau * (tau + 2)))
	switch {
	case x < s[0]:
		return 0
	case x < s[1]:
		return max(2*math.Ln10*x-s[4]+s[2]*math.Pow(s[1]-x, s[3]), 0)
	default:
		return 2*math.Ln10*x - s[4]
	}
}

// knots interpolates pairs of an energy and a value in the energy's logarithm.
func knots(table [][2]float64, e float64) float64 {
	if e <= table[0][0] {
		return table[0][1]
	}
	for i := 1; i < len(table); i++ {
		if a, b := table[i-1], table[i]; e < b[0] {
			return a[1] + (b[1]-a[1])*math.Log(e/a[0])/math.Log(b[0]/a[0])
		}
	}
	return table[len(table)-1][1]
}

// pairs is the probability of pair production by a photon in one radiation length.
var pairs = [][2]float64{
	{1.022, 0}, {1.5, 0.0095}, {2, 0.035}, {3, 0.076}, {5, 0.141}, {10, 0.237}, {20, 0.349},
	{50, 0.453}, {100, 0.517}, {1000, 0.66}, {1e4, 0.735}, {1e5, 0.777},
}

// radiated is the energy that electrons radiate over that of complete screening.
var radiated = [][2]float64{{0.1, 0.42}, {0.3, 0.45}, {1, 0.51}, {2, 0.57}, {5, 0.67}, {10, 0.775}, {20, 0.857}, {50, 0.93}, {100, 0.96}, {1000, 1}}

// compton is the cross section of Klein and Nishina in cm²/g.
func (m *Material) compton(e float64) float64 {
	k := e / electronMass
	a, l := 1+2*k, math.Log(1+2*k)
	barn := 2 * math.Pi * 0.0794079 * ((1+k)/(k*k)*(2*(1+k)/a-l/k) + l/(2*k) - (1+3*k)/(a*a))
	return klein * m.ZA * barn
}

// photo is the photoelectric coefficient in cm²/g.
func (m *Material) photo(e float64) float64 { return m.Photo * math.Pow(0.3/e, m.PhotoPower) }
