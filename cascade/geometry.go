package cascade

import (
	"fmt"
	"math"
)

// Slab is one plane of matter; slabs follow each other along the beam.
type Slab struct {
	Material  string  `toml:"material" json:"material"`
	Thickness float64 `toml:"thickness" json:"thickness"` // mm
	Sensor    bool    `toml:"sensor" json:"sensor"`       // the next layer of the showers
}

// SiliconTungsten is a stack of 30 layers in pairs about their absorbers, 2.1 mm of
// tungsten in front of the first twenty and 4.2 mm behind: the electromagnetic
// calorimeter of the ILD, roughly.
func SiliconTungsten() []Slab {
	slabs := []Slab{{"carbon", 1.155, false}}
	for l := 0; l < 30; l += 2 {
		absorber := 2.1
		if l >= 20 {
			absorber = 4.2
		}
		slabs = append(slabs,
			Slab{"tungsten", absorber, false}, Slab{"board", 3.3325, false}, Slab{"silicon", 0.45, true}, Slab{"carbon", 0.2725, false},
			Slab{"tungsten", absorber, false}, Slab{"carbon", 0.2725, false}, Slab{"silicon", 0.45, true}, Slab{"board", 3.3325, false})
	}
	return slabs
}

// layersOf counts the sensors.
func layersOf(slabs []Slab) int {
	n := 0
	for _, s := range slabs {
		if s.Sensor {
			n++
		}
	}
	return n
}

func checkSlabs(slabs []Slab) error {
	if len(slabs) < 1 || len(slabs) > 10000 {
		return fmt.Errorf("cascade: %d slabs; 1 to 10000 are accepted", len(slabs))
	}
	for i, s := range slabs {
		if _, err := material(s.Material); err != nil {
			return fmt.Errorf("slab %d: %w", i, err)
		}
		if !(s.Thickness >= 1e-3 && s.Thickness <= 1e3) {
			return fmt.Errorf("cascade: slab %d is %v mm thick; 0.001 to 1000 mm is accepted", i, s.Thickness)
		}
	}
	return nil
}

// stack is the geometry with its tables.
type stack struct {
	edge   []float64 // of the slabs, one more than those, mm
	matter []*matter
	layer  []int // of each slab: that of the showers, or -1
}

func (p *Parameters) stack() (*stack, error) {
	s := &stack{edge: []float64{0}}
	type key struct {
		name   string
		sensor bool
	}
	tables := map[key]*matter{}
	layer := 0
	for _, slab := range p.Slabs {
		m, err := material(slab.Material)
		if err != nil {
			return nil, err
		}
		k := key{slab.Material, slab.Sensor}
		if tables[k] == nil {
			density := 1.0
			if m.heavy() {
				density = p.Density
			}
			tables[k] = newMatter(m, density, p.Scattering, slab.Sensor)
		}
		s.matter = append(s.matter, tables[k])
		s.edge = append(s.edge, s.edge[len(s.edge)-1]+slab.Thickness)
		if slab.Sensor {
			s.layer = append(s.layer, layer)
			layer++
		} else {
			s.layer = append(s.layer, -1)
		}
	}
	return s, nil
}

// crossing returns how far the next edge is in a direction whose cosine with the beam is
// w, and the slab behind it.
func (s *stack) crossing(slab int, z, w float64) (float64, int) {
	switch {
	case w > 1e-9:
		return (s.edge[slab+1] - z) / w, slab + 1
	case w < -1e-9:
		return (s.edge[slab] - z) / w, slab - 1
	}
	return math.Inf(1), slab
}
