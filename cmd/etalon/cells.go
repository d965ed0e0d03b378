package main

import (
	"fmt"
	"io"

	"etalon/calo"
	"etalon/dctr"
)

// cellBlock is the bytes of showers that are weighted together.
const cellBlock = 8 << 20

// openCells opens a file of showers for a network of volumes: a row is the cells of a
// shower. names are the observables that the range of the training is of; nil where it is
// not known.
func openCells(path string, s *showerOptions, v *dctr.Volume, names []string) (*source, error) {
	if !s.are(path) {
		return nil, fmt.Errorf("%s: it is no HDF5 file of showers; the model weights cells of showers", path)
	}
	if s.names != nil {
		return nil, usage("--observables: the model weights the cells themselves")
	}
	r, err := calo.Open(path, s.cfg)
	if err != nil {
		return nil, err
	}
	shape := [3]int{r.Shape.Layers, r.Shape.X, r.Shape.Y}
	if shape != v.Positions {
		r.Close()
		return nil, fmt.Errorf("%s: showers of %v layers and cells; those of the model have %v", path, shape, v.Positions)
	}
	cells, few := r.Shape.Cells(), 16 // showers are often stored in such numbers
	src := &source{path: path, rows: r.Len(), cols: cells, block: max(cellBlock/4/cells/few*few, 1), close: r.Close,
		showers: &dctr.Showers{Dataset: r.Dataset(), Shape: shape, Cut: max(r.Cut, 0)}}
	next := 0
	src.read = func(dst []float32) (int, error) {
		n := min(len(dst)/cells, src.rows-next)
		if n == 0 {
			return 0, io.EOF
		}
		if err := r.Read(next, next+n, dst[:n*cells]); err != nil {
			return 0, err
		}
		next += n
		return n, nil
	}
	if names == nil {
		return src, nil
	}
	o, err := calo.NewObservables(r.Shape, names...)
	if err == nil && o.Len() != len(names) {
		err = fmt.Errorf("calo: %d names stand for %d observables; one each is accepted", len(names), o.Len())
	}
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	row := make([]float64, o.Len())
	var seen []float32
	src.look = func(x []float32) []float32 {
		seen = seen[:0]
		for ; len(x) > 0; x = x[cells:] {
			o.Compute(row, x[:cells])
			for _, v := range row {
				seen = append(seen, float32(v))
			}
		}
		return seen
	}
	return src, nil
}
