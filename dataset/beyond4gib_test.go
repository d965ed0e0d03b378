package dataset

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"testing"
)

// virtual is a file of zeros but for some pieces, of any size.
type virtual struct {
	size   int64
	pieces []piece
}

type piece struct {
	at   int64
	data []byte
}

func (v virtual) ReadAt(p []byte, off int64) (int, error) {
	if off >= v.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), v.size-off))
	clear(p[:n])
	for _, s := range v.pieces {
		if lo, hi := max(s.at, off), min(s.at+int64(len(s.data)), off+int64(n)); lo < hi {
			copy(p[lo-off:hi-off], s.data[lo-s.at:hi-s.at])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func floats(v ...float32) (b []byte) {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// An array of more than 4 GiB is read at its end as at its beginning, in either order, and
// what it needs is counted without overflow.
func TestNPYBeyond4GiB(t *testing.T) {
	const rows, cols = 3_000_000_000, 2 // 24 GB
	head := npyPreamble("<f4", rows, cols)
	begin := int64(len(head))
	v := virtual{size: begin + rows*cols*4, pieces: []piece{{0, head}, {begin, floats(1, 2)}, {begin + (rows-1)*cols*4, floats(3, 4)}}}
	if _, _, err := openNPY(v, v.size, ReadOptions{}); err == nil {
		t.Error("24 GB were accepted in memory")
	}
	src, p, err := openNPY(v, v.size, ReadOptions{blocks: true})
	if err != nil {
		t.Fatal(err)
	}
	if p.rows != rows || p.cols != cols {
		t.Fatalf("%d × %d", p.rows, p.cols)
	}
	for lo, want := range map[uint64][]float64{0: {1, 2, 0, 0}, rows / 2: {0, 0, 0, 0}, rows - 2: {0, 0, 3, 4}} {
		got := make([]float64, 4)
		if err := src.read(lo, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("rows from %d on: %v, %v", lo, got, err)
		}
	}
	if _, _, err := openNPY(v, v.size-1, ReadOptions{blocks: true}); err == nil {
		t.Error("a byte less was accepted")
	}
}

// zip64 writes an archive as NumPy and Python's zipfile do where sizes may exceed 4 GiB: sizes
// and offsets stand in extra fields, those of 32 bits are all ones.
type zip64 struct {
	virtual
	directory []byte
	entries   uint64
}

func (z *zip64) add(name string, size uint64, crc uint32, pieces ...piece) {
	const ones = math.MaxUint32
	le := binary.LittleEndian
	offset := uint64(z.size)
	var local []byte
	local = le.AppendUint32(local, 0x04034b50)
	for _, v := range []uint16{45, 0, 0, 0, 0} { // version, flags, stored, time, date
		local = le.AppendUint16(local, v)
	}
	for _, v := range []uint32{crc, ones, ones} {
		local = le.AppendUint32(local, v)
	}
	local = le.AppendUint16(le.AppendUint16(local, uint16(len(name))), 20)
	local = append(local, name...)
	local = le.AppendUint16(le.AppendUint16(local, 1), 16)
	local = le.AppendUint64(le.AppendUint64(local, size), size)
	z.pieces = append(z.pieces, piece{z.size, local})
	z.size += int64(len(local))
	for _, p := range pieces {
		z.pieces = append(z.pieces, piece{z.size + p.at, p.data})
	}
	z.size += int64(size)

	d := le.AppendUint32(z.directory, 0x02014b50)
	for _, v := range []uint16{45, 45, 0, 0, 0, 0} {
		d = le.AppendUint16(d, v)
	}
	for _, v := range []uint32{crc, ones, ones} {
		d = le.AppendUint32(d, v)
	}
	for _, v := range []uint16{uint16(len(name)), 28, 0, 0, 0} {
		d = le.AppendUint16(d, v)
	}
	d = le.AppendUint32(le.AppendUint32(d, 0), ones)
	d = append(d, name...)
	d = le.AppendUint16(le.AppendUint16(d, 1), 24)
	for _, v := range []uint64{size, size, offset} {
		d = le.AppendUint64(d, v)
	}
	z.directory = d
	z.entries++
}

func (z *zip64) close() {
	le := binary.LittleEndian
	start, size := uint64(z.size), uint64(len(z.directory))
	end := le.AppendUint32(z.directory, 0x06064b50)
	end = le.AppendUint64(end, 44)
	end = le.AppendUint16(le.AppendUint16(end, 45), 45)
	end = le.AppendUint32(le.AppendUint32(end, 0), 0)
	for _, v := range []uint64{z.entries, z.entries, size, start} {
		end = le.AppendUint64(end, v)
	}
	end = le.AppendUint32(end, 0x07064b50)
	end = le.AppendUint32(end, 0)
	end = le.AppendUint64(end, start+size)
	end = le.AppendUint32(end, 1)
	end = le.AppendUint32(end, 0x06054b50)
	for range 4 {
		end = le.AppendUint16(end, math.MaxUint16)
	}
	end = le.AppendUint32(le.AppendUint32(end, math.MaxUint32), math.MaxUint32)
	end = le.AppendUint16(end, 0)
	z.pieces = append(z.pieces, piece{z.size, end})
	z.size += int64(len(end))
}

// An array of more than 4 GiB in an archive, and one behind it, are found by the 64-bit sizes and
// offsets; a size that the file cannot hold is refused.
func TestNPZBeyond4GiB(t *testing.T) {
	const rows, cols = 700_000_000, 2 // 5.6 GB
	head, second := npyPreamble("<f4", rows, cols), append(npyPreamble("<f4", 2, 2), floats(5, 6, 7, 8)...)
	var z zip64
	z.add("x.npy", uint64(len(head))+rows*cols*4, 0, piece{0, head}, piece{int64(len(head)), floats(1, 2)})
	z.add("t.npy", uint64(len(second)), crc32.ChecksumIEEE(second), piece{0, second})
	z.add("lie.npy", 1<<30, 0)
	z.size -= 1 << 30
	z.close()
	for key, want := range map[string]struct {
		rows  uint64
		first []float64
	}{"x": {rows, []float64{1, 2, 0, 0}}, "t": {2, []float64{5, 6, 7, 8}}} {
		src, p, err := openNPZ(z.virtual, z.size, key, ReadOptions{blocks: true})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, 4)
		if err := src.read(0, got); err != nil || p.rows != want.rows || p.cols != 2 || !slices.Equal(got, want.first) {
			t.Errorf("%s: %d × %d, %v, %v", key, p.rows, p.cols, got, err)
		}
		src.close()
	}
	if _, _, err := openNPZ(z.virtual, z.size, "x", ReadOptions{MaxBytes: 5 << 30}); err == nil {
		t.Error("5.6 GB were accepted in memory of 5 GiB")
	}
	if _, _, err := openNPZ(z.virtual, z.size, "lie", ReadOptions{}); err == nil {
		t.Error("an array of 1 GiB without bytes was accepted")
	}
	var huge zip64
	huge.add("x.npy", 1<<50, 0)
	huge.size -= 1 << 50
	huge.close()
	if _, _, err := openNPZ(huge.virtual, huge.size, "x", ReadOptions{}); err == nil {
		t.Error("an array of 2⁵⁰ bytes in a small file was accepted")
	}
}
