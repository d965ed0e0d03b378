package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Numbers of filters, as registered with The HDF Group.
const (
	filterDeflate  = 1
	filterShuffle  = 2
	filterFletcher = 3
	filterLZF      = 32000
)

var filterNames = map[uint16]string{4: "szip", 5: "n-bit", 6: "scale-offset", 305: "LZO", 307: "bzip2", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP", 32015: "Zstandard", 32026: "Blosc2"}

const maxFilters = 32 // the bits of a filter mask

// expansion bounds how far stored bytes can expand: 1032 to 1 for deflate (zlib's
// documentation), less for LZF.
const expansion = 1032

type filter struct {
	id    uint16
	width int // bytes of a value, for shuffle
}

func parseFilters(c *cursor) ([]filter, error) {
	version, n := c.u8(), int(c.u8())
	switch version {
	case 1:
		c.skip(6)
	case 2:
	default:
		return nil, fmt.Errorf("filters of version %d; 1 and 2 are accepted", version)
	}
	if n > maxFilters {
		return nil, fmt.Errorf("%d filters; up to %d are accepted", n, maxFilters)
	}
	var list []filter
	for range n {
		f := filter{id: c.u16()}
		named := version == 1 || f.id >= 256
		length := uint64(0)
		if named {
			length = uint64(c.u16())
		}
		c.skip(2)
		values := int(c.u16())
		if version == 1 {
			length = (length + 7) &^ 7
		}
		name := c.text(length)
		for i := range values {
			if v := c.u32(); i == 0 && f.id == filterShuffle {
				f.width = int(v)
			}
		}
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		if err := c.err(); err != nil {
			return nil, err
		}
		switch f.id {
		case filterDeflate, filterShuffle, filterFletcher, filterLZF:
		default:
			if known := filterNames[f.id]; known != "" {
				name = known
			}
			return nil, fmt.Errorf("the data are stored with filter %d (%.40q); deflate (gzip), shuffle, Fletcher-32 and LZF are accepted", f.id, name)
		}
		list = append(list, f)
	}
	return list, nil
}

// unfilter undoes the filters on a stored chunk of size bytes; those of the mask were
// left out when it was written.
func unfilter(filters []filter, mask uint32, b []byte, size uint64) ([]byte, error) {
	if len(filters) > 0 && size/expansion > uint64(len(b)) {
		return nil, fmt.Errorf("a chunk of %d bytes cannot have been stored in %d", size, len(b))
	}
	most := size + 4*uint64(len(filters)) // with checksums
	var err error
	for i := len(filters) - 1; i >= 0 && err == nil; i-- {
		if mask>>i&1 != 0 {
			continue
		}
		switch filters[i].id {
		case filterDeflate:
			b, err = inflate(b, size, most)
		case filterLZF:
			b, err = unLZF(b, most)
		case filterShuffle:
			b = unshuffle(b, filters[i].width)
		case filterFletcher:
			if len(b) < 4 {
				return nil, errors.New("a chunk without its checksum")
			}
			end := len(b) - 4
			sum, got := binary.LittleEndian.Uint32(b[end:]), fletcher32(b[:end])
			// Old versions of the library swapped the bytes of each half.
			if swapped := got>>8&0x00ff00ff | got&0x00ff00ff<<8; sum != got && sum != swapped {
				return nil, errors.New("wrong checksum; the file is damaged")
			}
			b = b[:end]
		}
	}
	if err == nil && uint64(len(b)) != size {
		err = fmt.Errorf("%d bytes, where a chunk has %d", len(b), size)
	}
	return b, err
}

func inflate(b []byte, size, most uint64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("cannot inflate: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := io.Copy(out, io.LimitReader(z, int64(most)+1)); err != nil {
		return nil, fmt.Errorf("cannot inflate: %w", err)
	}
	if uint64(out.Len()) > most {
		return nil, errors.New("it inflates to more than a chunk")
	}
	return out.Bytes(), nil
}

// unshuffle brings the bytes of a value together again: the filter writes the first
// bytes of all values, then the second ones, …; what is no whole value stays at the end.
func unshuffle(b []byte, width int) []byte {
	if width <= 1 || len(b) < width {
		return b
	}
	n := len(b) / width
	out := make([]byte, len(b))
	for k := range width {
		for i, v := range b[k*n : (k+1)*n] {
			out[i*width+k] = v
		}
	}
	copy(out[n*width:], b[n*width:])
	return out
}

// unLZF undoes Marc Lehmann's LZF: literal runs (first byte below 32: their length
// minus one) and copies of what came before (three bits of length, 13 of distance).
func unLZF(b []byte, most uint64) ([]byte, error) {
	damaged := errors.New("LZF data are damaged")
	var out []byte
	for i := 0; i < len(b); {
		c := int(b[i])
		i++
		if c < 32 {
			if i+c+1 > len(b) {
				return nil, damaged
			}
			out = append(out, b[i:i+c+1]...)
			i += c + 1
		} else {
			n := c >> 5
			if n == 7 {
				if i == len(b) {
					return nil, damaged
				}
				n += int(b[i])
				i++
			}
			if i == len(b) {
				return nil, damaged
			}
			from := len(out) - (c&31<<8 | int(b[i])) - 1
			i++
			if from < 0 {
				return nil, damaged
			}
			for j := range n + 2 { // may overlap what it writes
				out = append(out, out[from+j])
			}
		}
		if uint64(len(out)) > most {
			return nil, damaged
		}
	}
	return out, nil
}
