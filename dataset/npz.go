package dataset

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// deflateRatio bounds how far deflated data can expand (zlib's documentation:
// 1032 to 1).
const deflateRatio = 1032

// openNPZ opens one array of an archive. An empty key takes the only one, or all where
// they are columns of equal lengths.
func openNPZ(f io.ReaderAt, size int64, key string, opt ReadOptions) (source, *plan, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, nil, errors.New("not a NumPy archive (zip file), or a damaged one")
	}
	var broken error // of an array, where several are no columns
	if key == "" {
		src, p, ok, err := openColumns(z, size, opt)
		if ok {
			return src, p, err
		}
		broken = err
	}
	member, err := npzMember(z, key)
	if err != nil {
		if broken != nil {
			err = fmt.Errorf("%w; they are no columns of one table: %w", err, broken)
		}
		return nil, nil, err
	}
	s := &npzSource{file: member}
	if key == "" {
		s.name = fmt.Sprintf("array %q: ", strings.TrimSuffix(member.Name, ".npy"))
	}
	p, err := s.open(size, opt)
	if err != nil {
		s.close()
		return nil, nil, s.wrap(err)
	}
	return s, p, nil
}

// npzSource unpacks an array from its beginning to its end.
type npzSource struct {
	file   *zip.File
	name   string // begins errors
	h      *npyHeader
	plan   *plan
	r      io.ReadCloser
	next   uint64 // row
	raw    []byte
	spool  *os.File   // of an array in Fortran order
	random *npySource // reads it
}

func (s *npzSource) wrap(err error) error { return fmt.Errorf("%s%w", s.name, bare(err)) }

func (s *npzSource) place(row uint64, col int) string { return s.name + arrayPlace(row, col) }

func (s *npzSource) open(size int64, opt ReadOptions) (*plan, error) {
	if s.file.Flags&1 != 0 {
		return nil, errors.New("the array is encrypted")
	}
	// The real size of the file bounds what it can hold, whatever it says.
	unpacked := s.file.UncompressedSize64
	if unpacked > uint64(size)*deflateRatio {
		return nil, fmt.Errorf("the archive says that the array has %d bytes; the file cannot hold that", unpacked)
	}
	if err := s.rewind(); err != nil {
		return nil, err
	}
	p, err := s.h.plan(int64(unpacked), opt)
	if err != nil {
		return nil, err
	}
	s.plan = p
	if s.h.fortran && p.cols > 1 {
		return p, s.unpack(int64(unpacked))
	}
	return p, nil
}

// rewind goes to the first row.
func (s *npzSource) rewind() error {
	if s.r != nil {
		s.r.Close()
	}
	var err error
	if s.r, err = s.file.Open(); err != nil {
		return fmt.Errorf("cannot unpack: %w", err)
	}
	s.next = 0
	s.h, err = readNPYHeader(s.r, int64(s.file.UncompressedSize64))
	return err
}

// unpack copies the values to a temporary file, because their order is that of the
// columns.
func (s *npzSource) unpack(size int64) error {
	var err error
	if s.spool, err = os.CreateTemp("", "etalon-*.npy"); err != nil {
		return fmt.Errorf("an array in Fortran order must be unpacked first: %w", err)
	}
	n, err := io.CopyN(s.spool, s.r, size-s.h.length)
	if err != nil {
		return fmt.Errorf("after %d bytes: %w", n, bare(err))
	}
	if err := s.atEnd(); err != nil {
		return err
	}
	h := *s.h
	h.length = 0
	s.random = &npySource{r: s.spool, h: &h, plan: s.plan}
	return nil
}

// atEnd finds the end of the array, where its checksum is verified.
func (s *npzSource) atEnd() error {
	switch n, err := s.r.Read(make([]byte, 1)); {
	case n > 0:
		return errors.New("bytes after the last value; the array should end there")
	case err != io.EOF:
		return fmt.Errorf("the array is damaged: %w", err)
	}
	return nil
}

func (s *npzSource) read(lo uint64, dst []float64) error {
	if s.random != nil {
		if err := s.random.read(lo, dst); err != nil {
			return s.wrap(err)
		}
		return nil
	}
	if err := s.stream(lo, dst); err != nil {
		return s.wrap(err)
	}
	return nil
}

func (s *npzSource) stream(lo uint64, dst []float64) error {
	if lo < s.next {
		if err := s.rewind(); err != nil {
			return err
		}
	}
	row := int64(s.plan.cols) * int64(s.h.size) // bytes
	if lo > s.next {
		if _, err := io.CopyN(io.Discard, s.r, int64(lo-s.next)*row); err != nil {
			return err
		}
	}
	s.next = lo
	rows := uint64(len(dst)) / s.plan.cols
	if s.raw == nil {
		s.raw = make([]byte, 1<<15)
	}
	for len(dst) > 0 {
		n := min(len(dst), len(s.raw)/s.h.size)
		if _, err := io.ReadFull(s.r, s.raw[:n*s.h.size]); err != nil {
			return err
		}
		s.h.decode(dst[:n], s.raw)
		dst = dst[n:]
	}
	if s.next += rows; s.next == s.plan.rows {
		return s.atEnd()
	}
	return nil
}

func (s *npzSource) close() error {
	if s.r != nil {
		s.r.Close()
	}
	if s.spool != nil {
		s.spool.Close()
		return os.Remove(s.spool.Name())
	}
	return nil
}

// npzMember finds the array of a key.
func npzMember(z *zip.Reader, key string) (*zip.File, error) {
	var arrays []*zip.File
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		if name == key && key != "" {
			return f, nil
		}
		arrays = append(arrays, f)
	}
	switch {
	case len(arrays) == 0:
		return nil, errors.New("the archive holds no arrays")
	case key == "" && len(arrays) == 1:
		return arrays[0], nil
	}
	var names []string
	for _, f := range arrays {
		names = append(names, strings.TrimSuffix(f.Name, ".npy"))
	}
	list := quoteSome(names)
	if key == "" {
		return nil, fmt.Errorf("the archive holds %d arrays; add :key, one of %s", len(arrays), list)
	}
	return nil, fmt.Errorf("the archive holds no array %q; it has %s", key, list)
}
