package dataset

import (
	"archive/zip"
	"strings"
)

// npzColumns reads an archive of one-dimensional arrays of equal lengths as a table, a
// column of each.
type npzColumns struct {
	parts []*npzSource
	buf   []float64
}

// maxMembers bounds the arrays that are open at a time.
const maxMembers = 1024

// openColumns opens all arrays of an archive, in their order; ok is false where they are
// no columns of one table, and err then says of an array that cannot be read, or is nil.
func openColumns(z *zip.Reader, size int64, opt ReadOptions) (src source, p *plan, ok bool, err error) {
	s := &npzColumns{}
	defer func() {
		if !ok || err != nil {
			s.close()
		}
	}()
	var names []string
	for _, f := range z.File {
		name, isArray := strings.CutSuffix(f.Name, ".npy")
		if !isArray {
			continue
		}
		part := &npzSource{file: f, name: `array "` + clip(name) + `": `}
		s.parts, names = append(s.parts, part), append(names, name)
		if len(s.parts) > maxMembers {
			return nil, nil, false, nil
		}
		// Any array is opened for its shape; only the table is held against the options.
		if _, err := part.open(size, ReadOptions{blocks: true}); err != nil {
			return nil, nil, false, part.wrap(err)
		}
		if len(part.h.shape) != 1 || part.plan.rows != s.parts[0].plan.rows {
			return nil, nil, false, nil
		}
	}
	if len(s.parts) < 2 {
		return nil, nil, false, nil
	}
	p, err = opt.plan(s.parts[0].plan.rows, uint64(len(s.parts)), names)
	return s, p, true, err
}

func (s *npzColumns) read(lo uint64, dst []float64) error {
	cols := len(s.parts)
	rows := len(dst) / cols
	if cap(s.buf) < rows {
		s.buf = make([]float64, rows)
	}
	for j, part := range s.parts {
		buf := s.buf[:rows]
		if err := part.read(lo, buf); err != nil {
			return err
		}
		for i, v := range buf {
			dst[i*cols+j] = v
		}
	}
	return nil
}

func (s *npzColumns) place(row uint64, col int) string { return s.parts[col].place(row, 0) }

func (s *npzColumns) close() error {
	for _, part := range s.parts {
		part.close()
	}
	return nil
}
