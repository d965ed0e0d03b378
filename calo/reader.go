package calo

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"etalon/internal/hdf5"
)

// DefaultCut is the threshold of a cell in MeV: the deposit of a minimum ionising
// particle (arXiv:2009.03796, section III).
const DefaultCut = 0.1

// maxCells bounds the cells of a shower.
const maxCells = 1 << 24

// Config says where the showers of a file stand and what their shape is. The zero value
// finds the known layouts.
type Config struct {
	// Showers is the data set of the cells; "" takes 30x30/layers or showers.
	Showers string `toml:"showers" json:"showers"`
	// Energies is the data set of the energies of the incident particles, one a shower;
	// "" takes 30x30/energy or incident_energies, where there is one. Its unit is the
	// file's: GeV in getting_high, MeV in the CaloChallenge.
	Energies string `toml:"energies" json:"energies"`
	// Layers, X and Y are the cells of a shower. All zero takes the shape of a data set
	// of four dimensions; one of two dimensions, with flat showers, needs them.
	Layers int `toml:"layers" json:"layers"`
	X      int `toml:"x" json:"x"`
	Y      int `toml:"y" json:"y"`
	// Cut is the threshold in MeV: cells below it are set to zero. 0 means DefaultCut, a
	// negative number keeps all cells as they are.
	Cut float64 `toml:"cut" json:"cut"`
}

var layouts = []Config{
	{Showers: "30x30/layers", Energies: "30x30/energy"},
	{Showers: "showers", Energies: "incident_energies"},
}

// Reader reads the showers of a file. It is not safe for concurrent use.
type Reader struct {
	Shape Shape
	Cut   float64 // MeV; not above zero where all cells are kept

	file     *hdf5.File
	showers  *hdf5.Dataset
	energies *hdf5.Dataset // nil where there are none
}

// Shape is the number of cells of a shower in each direction.
type Shape struct{ Layers, X, Y int }

// Cells returns the number of cells of a shower.
func (s Shape) Cells() int { return s.Layers * s.X * s.Y }

func (s Shape) check() error {
	if s.Layers < 1 || s.X < 1 || s.Y < 1 || s.Layers > maxCells || s.X > maxCells/s.Layers || s.Y > maxCells/s.Layers/s.X {
		return fmt.Errorf("showers of %d layers of %d by %d cells; 1 to %d cells are accepted", s.Layers, s.X, s.Y, maxCells)
	}
	return nil
}

// Open opens a file of showers. Errors are one line that begins with the path.
func Open(path string, cfg Config) (*Reader, error) {
	if cfg.Cut-cfg.Cut != 0 {
		return nil, fmt.Errorf("calo: cut = %v; a number of MeV is accepted", cfg.Cut)
	}
	f, err := hdf5.Open(path)
	if err != nil {
		return nil, err
	}
	r := &Reader{file: f, Cut: cfg.Cut}
	if cfg.Cut == 0 {
		r.Cut = DefaultCut
	}
	if err := r.open(cfg, path); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

func (r *Reader) open(cfg Config, path string) error {
	var err error
	if cfg.Showers != "" {
		r.showers, err = r.file.Dataset(cfg.Showers)
	} else {
		for _, l := range layouts {
			if r.showers, err = r.file.Dataset(l.Showers); !errors.Is(err, hdf5.ErrNotFound) {
				break
			}
		}
		if errors.Is(err, hdf5.ErrNotFound) {
			err = fmt.Errorf("%s: neither %s nor %s is there; the name of the data set of showers is needed", path, layouts[0].Showers, layouts[1].Showers)
		}
	}
	if err != nil {
		return err
	}
	if !r.showers.Type.Numeric() {
		return r.showers.ReadRows(0, 0, nil) // the error says what is expected
	}
	if r.Shape, err = shapeOf(r.showers.Shape, cfg); err != nil {
		return fmt.Errorf("%s: %s: %w", path, r.showers.Path, err)
	}
	// The real size of the file bounds what it can hold, whatever it says.
	if n := r.showers.Rows(); n > r.showers.StoredAtMost()/uint64(r.Shape.Cells()) {
		return fmt.Errorf("%s: %s: the data set says that it has %d showers; the file cannot hold that", path, r.showers.Path, n)
	}
	name := cfg.Energies
	if name == "" {
		for _, l := range layouts {
			if strings.Trim(r.showers.Path, "/") == l.Showers {
				name = l.Energies
			}
		}
	}
	if name == "" {
		return nil
	}
	d, err := r.file.Dataset(name)
	if err != nil {
		if cfg.Energies == "" && errors.Is(err, hdf5.ErrNotFound) {
			return nil // they are no part of the images
		}
		return err
	}
	if len(d.Shape) == 0 || d.Rows() != r.showers.Rows() || d.RowSize() != 1 {
		return fmt.Errorf("%s: %s: shape %d; one value for each of the %d showers is expected", path, name, d.Shape, r.showers.Rows())
	}
	r.energies = d
	return nil
}

// shapeOf reconciles the shape of a data set with a configuration.
func shapeOf(dims []uint64, cfg Config) (Shape, error) {
	s := Shape{cfg.Layers, cfg.X, cfg.Y}
	given := s != Shape{}
	if !given {
		if len(dims) != 4 {
			return s, fmt.Errorf("shape %d; four dimensions are expected (showers, layers, x, y), or layers, x and y in the configuration", dims)
		}
		for _, d := range dims[1:] {
			if d > maxCells {
				return s, fmt.Errorf("shape %d; up to %d cells of a shower are accepted", dims, maxCells)
			}
		}
		s = Shape{int(dims[1]), int(dims[2]), int(dims[3])}
	}
	if err := s.check(); err != nil {
		return s, err
	}
	cells := uint64(1)
	fits := len(dims) > 1
	for _, d := range dims[min(1, len(dims)):] {
		if fits = fits && d > 0 && d <= maxCells && cells <= maxCells; fits {
			cells *= d
		}
	}
	if !fits || cells != uint64(s.Cells()) {
		return s, fmt.Errorf("shape %d; showers of %d layers of %d by %d cells are expected", dims, s.Layers, s.X, s.Y)
	}
	if dims[0] == 0 || dims[0] > 1<<40 {
		return s, fmt.Errorf("%d showers; one at least is expected", dims[0])
	}
	return s, nil
}

// Dataset returns the name of the data set of the showers.
func (r *Reader) Dataset() string { return r.showers.Path }

// Len returns the number of showers.
func (r *Reader) Len() int { return int(r.showers.Rows()) }

// HasEnergies reports whether the file has the energies of the incident particles.
func (r *Reader) HasEnergies() bool { return r.energies != nil }

// Read reads showers lo to hi-1 into dst, (hi-lo)×Layers×X×Y, in MeV, with cells below
// the threshold set to zero. Cells that are no finite numbers are an error.
func (r *Reader) Read(lo, hi int, dst []float32) error {
	if lo < 0 || hi < lo {
		return fmt.Errorf("%s: showers %d to %d of %d", r.showers.Path, lo, hi, r.Len())
	}
	if err := r.showers.ReadRows(uint64(lo), uint64(hi), dst); err != nil {
		return err
	}
	cut := float32(r.Cut)
	for i, v := range dst {
		if v-v != 0 {
			return fmt.Errorf("%s: shower %d, cell %d is %v; finite numbers are accepted", r.showers.Path, lo+i/r.Shape.Cells(), i%r.Shape.Cells(), v)
		}
		if cut > 0 && v < cut {
			dst[i] = 0
		}
	}
	return nil
}

// ReadEnergies reads the energies of the incident particles of showers lo to hi-1, in
// the file's unit.
func (r *Reader) ReadEnergies(lo, hi int, dst []float32) error {
	if r.energies == nil {
		return fmt.Errorf("%s: the file has no energies of the incident particles", r.showers.Path)
	}
	if lo < 0 || hi < lo {
		return fmt.Errorf("%s: showers %d to %d of %d", r.energies.Path, lo, hi, r.Len())
	}
	return r.energies.ReadRows(uint64(lo), uint64(hi), dst)
}

// Block is consecutive showers.
type Block struct {
	First    int       // number of the first one
	N        int       // showers
	Cells    []float32 // N×Layers×X×Y, MeV
	Energies []float32 // N, of the incident particles; nil where the file has none
}

// Hottest returns the cell, in x and y, that has the largest energy summed over showers
// and layers: the one that the particles hit.
func (b Block) Hottest(shape Shape) (x, y int) {
	sum := make([]float64, shape.X*shape.Y)
	best := 0
	for i, e := range b.Cells {
		sum[i%len(sum)] += float64(e)
	}
	for i, e := range sum {
		if e > sum[best] {
			best = i
		}
	}
	return best / shape.Y, best % shape.Y
}

// Blocks iterates over all showers, size at a time; the last block may be shorter. The
// slices of a block are used again for the next one. An error ends the iteration.
func (r *Reader) Blocks(size int) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		n := r.Len()
		size := min(max(size, 1), n)
		cells := make([]float32, size*r.Shape.Cells())
		var energies []float32
		if r.energies != nil {
			energies = make([]float32, size)
		}
		for lo := 0; lo < n; lo += size {
			hi := min(lo+size, n)
			b := Block{First: lo, N: hi - lo, Cells: cells[:(hi-lo)*r.Shape.Cells()]}
			err := r.Read(lo, hi, b.Cells)
			if err == nil && energies != nil {
				b.Energies = energies[:hi-lo]
				err = r.ReadEnergies(lo, hi, b.Energies)
			}
			if err != nil {
				yield(Block{}, err)
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Holds reports whether the file at path is an HDF5 file with showers in a known layout.
// It is no error if there is no such file.
func Holds(path string) bool {
	f, err := hdf5.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, l := range layouts {
		if _, err := f.Dataset(l.Showers); !errors.Is(err, hdf5.ErrNotFound) {
			return true // also where it cannot be read: Open says why
		}
	}
	return false
}
