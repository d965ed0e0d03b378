package mcmc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// stateMagic opens the bytes of a State; its last byte is the version.
var stateMagic = []byte("etalonmcmc\x02")

func (s *State) ints() []*int64 {
	return []*int64{&s.Dim, &s.Proposal, &s.Leapfrogs, &s.Recorded}
}

func (s *State) floats() []*[]float64 {
	return []*[]float64{&s.Config, &s.Q, &s.LogQ, &s.Grad, &s.InvMass, &s.Dual, &s.Window, &s.Alpha, &s.Energy}
}

func (s *State) counters() []*[]int64 {
	return []*[]int64{&s.Counts, &s.Accepted, &s.Divergent, &s.NonFinite, &s.GlobalMove}
}

// MarshalBinary encodes the state, little-endian, with a trailing CRC-32. It
// never fails.
func (s *State) MarshalBinary() ([]byte, error) {
	b := append([]byte(nil), stateMagic...)
	le := binary.LittleEndian
	for _, v := range s.Stream {
		b = le.AppendUint32(b, v)
	}
	for _, p := range s.ints() {
		b = le.AppendUint64(b, uint64(*p))
	}
	for _, p := range s.floats() {
		b = le.AppendUint64(b, uint64(len(*p)))
		for _, v := range *p {
			b = le.AppendUint64(b, math.Float64bits(v))
		}
	}
	for _, p := range s.counters() {
		b = le.AppendUint64(b, uint64(len(*p)))
		for _, v := range *p {
			b = le.AppendUint64(b, uint64(v))
		}
	}
	b = le.AppendUint64(b, uint64(len(s.Draws)))
	for _, v := range s.Draws {
		b = le.AppendUint32(b, math.Float32bits(v))
	}
	return le.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

// UnmarshalBinary decodes what MarshalBinary wrote. Memory is bounded by the
// length of b, whatever b says. Restore checks the contents.
func (s *State) UnmarshalBinary(b []byte) error {
	if len(b) < len(stateMagic)+4 || string(b[:len(stateMagic)-1]) != string(stateMagic[:len(stateMagic)-1]) {
		return errors.New("mcmc: not a sampler state")
	}
	if v, want := b[len(stateMagic)-1], stateMagic[len(stateMagic)-1]; v != want {
		return fmt.Errorf("mcmc: sampler state of version %d; this program reads version %d", v, want)
	}
	body := b[:len(b)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(b[len(b)-4:]) {
		return errors.New("mcmc: sampler state is damaged or truncated (checksum differs)")
	}
	r := stateReader{b: body[len(stateMagic):]}
	var out State
	for i := range out.Stream {
		out.Stream[i] = uint32(r.word(4))
	}
	for _, p := range out.ints() {
		*p = int64(r.word(8))
	}
	for _, p := range out.floats() {
		*p = make([]float64, r.length(8))
		for i := range *p {
			(*p)[i] = math.Float64frombits(r.word(8))
		}
	}
	for _, p := range out.counters() {
		*p = make([]int64, r.length(8))
		for i := range *p {
			(*p)[i] = int64(r.word(8))
		}
	}
	out.Draws = make([]float32, r.length(4))
	for i := range out.Draws {
		out.Draws[i] = math.Float32frombits(uint32(r.word(4)))
	}
	if r.short || len(r.b) != 0 {
		return errors.New("mcmc: sampler state has lengths that do not fit its size")
	}
	*s = out
	return nil
}

// stateReader takes little-endian words off b; once b is too short it returns
// zeros and remembers.
type stateReader struct {
	b     []byte
	short bool
}

func (r *stateReader) word(size int) uint64 {
	if len(r.b) < size {
		r.short, r.b = true, nil
		return 0
	}
	w := r.b[:size]
	r.b = r.b[size:]
	if size == 4 {
		return uint64(binary.LittleEndian.Uint32(w))
	}
	return binary.LittleEndian.Uint64(w)
}

// length reads a count of elements and refuses one that the rest cannot hold.
func (r *stateReader) length(size int) int {
	n := r.word(8)
	if n > uint64(len(r.b)/size) {
		r.short, r.b = true, nil
		return 0
	}
	return int(n)
}
