package hdf5

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// cacheBytes bounds the decoded chunks that are kept for the next call.
const cacheBytes = 64 << 20

// chunkCache keeps the decoded chunks of one row of the grid, so that blocks of rows
// that cut through chunks do not decode them anew.
type chunkCache struct {
	band  uint64
	bytes uint64
	at    map[uint64][]byte
}

// ReadRows reads rows lo to hi-1 into dst, row-major, (hi-lo)·RowSize values, converted
// from any numeric type; numbers beyond float32 become infinities. Memory beside dst is
// that of a chunk, and up to 64 MiB of chunks that are kept for the next call: reading
// blocks in order decodes every chunk once.
func (d *Dataset) ReadRows(lo, hi uint64, dst []float32) error { return readRows(d, lo, hi, dst) }

// ReadRows64 is ReadRows in double precision.
func (d *Dataset) ReadRows64(lo, hi uint64, dst []float64) error { return readRows(d, lo, hi, dst) }

func readRows[T float32 | float64](d *Dataset, lo, hi uint64, dst []T) error {
	if err := d.checkRead(lo, hi, uint64(len(dst))); err != nil {
		return d.file.wrap(d.Path, err)
	}
	if len(dst) == 0 {
		return nil
	}
	var err error
	switch d.layout.kind {
	case compact:
		at := lo * d.rowElements() * d.element
		decode(d, dst, d.layout.data[at:])
	case contiguous:
		err = readContiguous(d, lo, hi, dst)
	default:
		err = readChunks(d, lo, hi, dst)
	}
	if err != nil {
		return d.file.wrap(d.Path, err)
	}
	return nil
}

func (d *Dataset) checkRead(lo, hi, n uint64) error {
	switch {
	case d.Type.Class == Compound:
		return fmt.Errorf("a compound; add a field to the path: %s", fieldList(&d.Type))
	case !d.Type.Numeric():
		return fmt.Errorf("values are %s; numbers are accepted", d.Type.String())
	case lo > hi || hi > d.Rows():
		return fmt.Errorf("rows %d to %d of %d", lo, hi, d.Rows())
	case n != (hi-lo)*d.RowSize():
		return fmt.Errorf("%d rows of %d values into %d places", hi-lo, d.RowSize(), n)
	}
	return nil
}

// ReadStrings reads all texts of fixed length of a data set of one dimension, up to most
// bytes.
func (d *Dataset) ReadStrings(most uint64) ([]string, error) {
	n := d.Rows()
	var err error
	switch {
	case d.Type.Class != String || len(d.Shape) != 1:
		err = fmt.Errorf("values are %s of %d dimensions; a list of texts of fixed length is accepted", d.Type.String(), len(d.Shape))
	case n > most/d.element || n > d.StoredAtMost():
		err = fmt.Errorf("%d texts of %d bytes; up to %d bytes are accepted", n, d.element, most)
	}
	if err != nil {
		return nil, d.file.wrap(d.Path, err)
	}
	// The bytes are read as if they were numbers.
	raw := *d
	raw.Type = Type{Class: Integer, Size: 1, Dims: []uint64{d.element}, order: binary.LittleEndian}
	raw.Shape = []uint64{n, d.element}
	bytes := make([]float32, n*d.element)
	if err := raw.ReadRows(0, n, bytes); err != nil {
		return nil, err
	}
	list := make([]string, n)
	text := make([]byte, d.element)
	for i := range list {
		for k := range text {
			text[k] = byte(bytes[uint64(i)*d.element+uint64(k)])
		}
		list[i] = fixedString(text, d.Type.padding)
	}
	return list, nil
}

// decode converts the elements at the beginning of b.
func decode[T float32 | float64](d *Dataset, dst []T, b []byte) {
	if len(dst) > 0 {
		convert(&d.Type, dst, b[d.offset:], int(d.Type.perElement()), int(d.element))
	}
}

// fillRun sets values to the fill value.
func fillRun[T float32 | float64](d *Dataset, dst []T) {
	if d.fill == nil {
		clear(dst)
		return
	}
	per := int(d.Type.perElement())
	decode(d, dst[:per], d.fill)
	for i := per; i < len(dst); i++ {
		dst[i] = dst[i-per]
	}
}

func readContiguous[T float32 | float64](d *Dataset, lo, hi uint64, dst []T) error {
	if d.layout.addr == undefined {
		fillRun(d, dst)
		return nil
	}
	per := d.Type.perElement()
	block := max(1, (1<<20)/d.element) // elements
	at := lo * d.rowElements()
	for len(dst) > 0 {
		n := min(block, uint64(len(dst))/per)
		b, err := d.file.src.read(d.layout.addr+at*d.element, n*d.element)
		if err != nil {
			return err
		}
		decode(d, dst[:n*per], b)
		dst, at = dst[n*per:], at+n
	}
	return nil
}

func readChunks[T float32 | float64](d *Dataset, lo, hi uint64, dst []T) error {
	if !d.chunks.indexed {
		var err error
		if d.chunks.index, err = d.chunkIndex(); err != nil {
			return err
		}
		d.chunks.indexed = true
	}
	g := d.grid
	band := uint64(1) // chunks that hold the same rows
	for _, n := range g.counts[1:] {
		band *= n
	}
	at := make([]uint64, len(g.counts))
	for b := lo / g.chunk[0]; b*g.chunk[0] < hi; b++ {
		d.chunks.cache.enter(b)
		for i := range band {
			number := b*band + i
			n := number
			for k := len(at) - 1; k >= 0; k-- {
				at[k] = n % g.counts[k]
				n /= g.counts[k]
			}
			raw, err := d.chunk(number, at)
			if err != nil {
				return fmt.Errorf("chunk %d: %w", at, err)
			}
			copyChunk(d, at, raw, lo, hi, dst)
		}
	}
	return nil
}

// enter forgets chunks of other bands.
func (c *chunkCache) enter(band uint64) {
	if c.at == nil || c.band != band {
		*c = chunkCache{band: band, at: map[uint64][]byte{}}
	}
}

// chunk returns the values of a chunk, nil where it is not stored.
func (d *Dataset) chunk(number uint64, at []uint64) ([]byte, error) {
	if b := d.chunks.cache.at[number]; b != nil {
		return b, nil
	}
	i, ok := slices.BinarySearchFunc(d.chunks.index, number, func(c storedChunk, n uint64) int { return cmp.Compare(c.number, n) })
	if !ok {
		return nil, nil
	}
	c, size := d.chunks.index[i], d.grid.bytes
	filters := d.filters
	if d.layout.plainEdges && d.partial(at) {
		filters = nil
	}
	// Filters make incompressible data a little longer.
	if c.size > size+size/64+1024 {
		return nil, fmt.Errorf("stored in %d bytes, more than the %d of its values", c.size, size)
	}
	b, err := d.file.src.read(c.addr, c.size)
	if err != nil {
		return nil, err
	}
	if len(filters) == 0 && c.size != size {
		return nil, errors.New("its size is not that of its values")
	}
	if b, err = unfilter(filters, c.mask, b, size); err != nil {
		return nil, err
	}
	if d.chunks.cache.bytes+size <= cacheBytes {
		d.chunks.cache.at[number] = b
		d.chunks.cache.bytes += size
	}
	return b, nil
}

// partial reports whether a chunk extends beyond the data set.
func (d *Dataset) partial(at []uint64) bool {
	for k, a := range at {
		if (a+1)*d.grid.chunk[k] > d.dims[k] {
			return true
		}
	}
	return false
}

// copyChunk converts the values of a chunk that belong to rows lo to hi-1.
func copyChunk[T float32 | float64](d *Dataset, at []uint64, raw []byte, lo, hi uint64, dst []T) {
	chunk, rank := d.grid.chunk, len(at)
	// The part of the chunk that is wanted: from, to in the data set's coordinates.
	from, to := make([]uint64, rank), make([]uint64, rank)
	for k := range rank {
		from[k] = at[k] * chunk[k]
		to[k] = min(from[k]+chunk[k], d.dims[k])
	}
	from[0], to[0] = max(from[0], lo), min(to[0], hi)
	// Trailing dimensions that the chunk covers whole make one run.
	last := rank - 1
	for last > 0 && chunk[last] == d.dims[last] {
		last--
	}
	run := to[last] - from[last]
	for k := last + 1; k < rank; k++ {
		run *= chunk[k]
	}
	per := d.Type.perElement()
	pos := slices.Clone(from)
	for {
		src, out := uint64(0), uint64(0) // in elements
		for k := range rank {
			src = src*chunk[k] + pos[k] - at[k]*chunk[k]
			x := pos[k]
			if k == 0 {
				x -= lo
			}
			out = out*d.dims[k] + x
		}
		part := dst[out*per : (out+run)*per]
		if raw == nil {
			fillRun(d, part)
		} else {
			decode(d, part, raw[src*d.element:])
		}
		// The next run.
		k := last - 1
		for ; k >= 0; k-- {
			if pos[k]++; pos[k] < to[k] {
				break
			}
			pos[k] = from[k]
		}
		if k < 0 {
			return
		}
	}
}
