package dataset

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// deflateRatio bounds how far deflated data can expand (zlib's documentation:
// 1032 to 1).
const deflateRatio = 1032

// readNPZ reads one array of an archive. An empty key takes the only one.
func readNPZ[T float32 | float64](f io.ReaderAt, size int64, key string, opt ReadOptions) (*array[T], error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, errors.New("not a NumPy archive (zip file), or a damaged one")
	}
	member, err := npzMember(z, key)
	if err != nil {
		return nil, err
	}
	a, err := readMember[T](member, size, opt)
	if err != nil && key == "" {
		return nil, fmt.Errorf("array %q: %w", strings.TrimSuffix(member.Name, ".npy"), bare(err))
	}
	return a, err
}

func readMember[T float32 | float64](member *zip.File, size int64, opt ReadOptions) (*array[T], error) {
	if member.Flags&1 != 0 {
		return nil, errors.New("the array is encrypted")
	}
	// The real size of the file bounds what it can hold, whatever it says.
	unpacked := member.UncompressedSize64
	if unpacked > uint64(size)*deflateRatio {
		return nil, fmt.Errorf("the archive says that the array has %d bytes; the file cannot hold that", unpacked)
	}
	r, err := member.Open()
	if err != nil {
		return nil, fmt.Errorf("cannot unpack: %w", err)
	}
	defer r.Close()
	a, err := readNPY[T](r, int64(unpacked), opt)
	if err != nil {
		return nil, err
	}
	// The checksum is verified at the end.
	switch n, err := r.Read(make([]byte, 1)); {
	case n > 0:
		return nil, errors.New("bytes after the last value; the array should end there")
	case err != io.EOF:
		return nil, fmt.Errorf("the array is damaged: %w", err)
	}
	return a, nil
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
