package calo

import (
	"context"
	"fmt"
)

// maxStored bounds the cells with energy that a Sparse holds: 2 GiB.
const maxStored = 1 << 28

// Sparse is showers in memory, of which only the cells with energy are stored, 8 bytes
// each. Of the 27000 cells of a 50 GeV photon some 740 have energy above 0.1 MeV, so 8000
// showers take 50 MB. It may be read by several goroutines.
type Sparse struct {
	Shape    Shape
	Energies []float32 // of the incident particles, one a shower, in the file's unit; nil where there are none
	// MaxBytes bounds the stored cells, at 8 bytes each; 0 means 2 GiB.
	MaxBytes int64

	first []int     // of each shower in the lists, and the end
	cells []uint32  // places of the cells with energy
	mev   []float32 // their energies
}

// NewSparse returns an empty store of showers of a shape.
func NewSparse(shape Shape) (*Sparse, error) {
	if err := shape.check(); err != nil {
		return nil, fmt.Errorf("calo: %w", err)
	}
	return &Sparse{Shape: shape, first: []int{0}}, nil
}

// ReadSparse reads the first showers of a file, limit of them at most, with the energies of
// the incident particles where the file has them.
func ReadSparse(ctx context.Context, r *Reader, limit int) (*Sparse, error) {
	s, err := NewSparse(r.Shape)
	if err != nil {
		return nil, err
	}
	n := min(limit, r.Len())
	block := max(1, min(n, sparseBlock/r.Shape.Cells()))
	cells, energies := make([]float32, block*r.Shape.Cells()), make([]float32, block)
	for lo := 0; lo < n; lo += block {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(lo+block, n)
		part := cells[:(hi-lo)*r.Shape.Cells()]
		if err := r.Read(lo, hi, part); err != nil {
			return nil, err
		}
		if err := s.Append(part); err != nil {
			return nil, fmt.Errorf("%s: %w", r.showers.Path, err)
		}
		if r.HasEnergies() {
			if err := r.ReadEnergies(lo, hi, energies[:hi-lo]); err != nil {
				return nil, err
			}
			s.Energies = append(s.Energies, energies[:hi-lo]...)
		}
	}
	return s, nil
}

const sparseBlock = 1 << 20 // cells that are read at a time

// Append adds showers, n×Layers×X×Y in MeV; their cells are copied. Energies stays as it is.
// Cells that are no finite numbers are an error; the showers before them are kept.
func (s *Sparse) Append(showers []float32) error {
	size := s.Shape.Cells()
	if len(showers)%size != 0 {
		return fmt.Errorf("calo: %d cells are no showers of %d", len(showers), size)
	}
	for ; len(showers) > 0; showers = showers[size:] {
		for i, v := range showers[:size] {
			if v == 0 {
				continue
			}
			if v-v != 0 {
				s.cells, s.mev = s.cells[:s.first[s.Len()]], s.mev[:s.first[s.Len()]]
				return fmt.Errorf("calo: shower %d, cell %d is %v; finite numbers are accepted", s.Len(), i, v)
			}
			s.cells, s.mev = append(s.cells, uint32(i)), append(s.mev, v)
		}
		if most := s.mostStored(); int64(len(s.cells)) > most {
			return fmt.Errorf("more than %d cells with energy, %d bytes, in the first %d showers; fewer showers, a higher cut, or a larger limit, fit in memory", most, 8*most, s.Len()+1)
		}
		s.first = append(s.first, len(s.cells))
	}
	return nil
}

// mostStored is the number of cells that may be stored.
func (s *Sparse) mostStored() int64 {
	if s.MaxBytes <= 0 {
		return maxStored
	}
	return s.MaxBytes / 8
}

// Dim returns the number of cells of a shower.
func (s *Sparse) Dim() int { return s.Shape.Cells() }

// Len returns the number of showers.
func (s *Sparse) Len() int { return len(s.first) - 1 }

// Shower returns the cells of shower i that have energy, in rising order, and their
// energies in MeV. The slices must not be changed.
func (s *Sparse) Shower(i int) (cells []uint32, mev []float32) {
	lo, hi := s.first[i], s.first[i+1]
	return s.cells[lo:hi:hi], s.mev[lo:hi:hi]
}

// Expand writes the showers of the given numbers to dst, len(index)×Layers×X×Y. It panics
// if dst has another length.
func (s *Sparse) Expand(index []uint32, dst []float32) {
	size := s.Shape.Cells()
	if len(dst) != len(index)*size {
		panic("calo: Expand: the length of dst does not fit the showers")
	}
	clear(dst)
	for k, i := range index {
		cells, mev := s.Shower(int(i))
		row := dst[k*size : (k+1)*size]
		for j, c := range cells {
			row[c] = mev[j]
		}
	}
}
