package mcmc

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"strings"
	"testing"

	"etalon/rng"
)

func smallState(t testing.TB) (HMCConfig, State) {
	t.Helper()
	cfg := HMCConfig{Chains: 3, BurnIn: 4, Samples: 30}
	h, err := NewHMC(cfg, standardNormal(2), make([]float32, 6), rng.New(1, "run"))
	if err != nil {
		t.Fatal(err)
	}
	for range 7 {
		if err := h.Step(); err != nil {
			t.Fatal(err)
		}
	}
	return cfg, h.State()
}

// TestRestoreRefuses: another run's state, and damage of every field.
func TestRestoreRefuses(t *testing.T) {
	cfg, _ := smallState(t)
	for name, damage := range map[string]func(*State){
		"Q has":       func(s *State) { s.Q = s.Q[1:] },
		"Draws has":   func(s *State) { s.Draws = nil },
		"Window has":  func(s *State) { s.Window = nil },
		"Dual has":    func(s *State) { s.Dual = append(s.Dual, 1) },
		"non-finite":  func(s *State) { s.LogQ[1] = math.NaN() },
		"positive":    func(s *State) { s.InvMass[1] = -1 },
		"draws after": func(s *State) { s.Recorded++ },
		"4 settings":  func(s *State) { s.Config = s.Config[:4] },
		"only 10":     func(s *State) { s.Recorded = 11 },
		"dimension":   func(s *State) { s.Dim = 3 },
		"StepSize":    func(s *State) { s.Config[1] = 0.2 },
		"stream":      func(s *State) { s.Stream[0]++ },
		"damaged":     func(s *State) { s.Proposal = -5; s.Recorded = 0 },
	} {
		_, st := smallState(t)
		damage(&st)
		_, err := Restore(cfg, standardNormal(2), rng.New(1, "run"), st)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, st := smallState(t)
	if _, err := Restore(cfg, standardNormal(2), rng.New(2, "run"), st); err == nil {
		t.Error("another seed was accepted")
	}
	cfg.Thin = 2
	if _, err := Restore(cfg, standardNormal(2), rng.New(1, "run"), st); err == nil || !strings.Contains(err.Error(), "Thin") {
		t.Errorf("Thin: %v", err)
	}
}

// TestStateBytes: every truncation and every changed byte is noticed; a length
// that lies behind a correct checksum takes no memory.
func TestStateBytes(t *testing.T) {
	_, st := smallState(t)
	b, _ := st.MarshalBinary()
	var back State
	for n := range b {
		if back.UnmarshalBinary(b[:n]) == nil {
			t.Fatalf("truncation at %d was accepted", n)
		}
		c := bytes.Clone(b)
		c[n] ^= 1
		if back.UnmarshalBinary(c) == nil {
			t.Fatalf("byte %d changed without notice", n)
		}
	}
	if err := back.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	again, _ := back.MarshalBinary()
	if !bytes.Equal(b, again) {
		t.Error("decoding and encoding changed the bytes")
	}
	for at := len(stateMagic); at+12 < len(b); at++ {
		c := bytes.Clone(b[:len(b)-4])
		binary.LittleEndian.PutUint64(c[at:], 1<<62)
		c = binary.LittleEndian.AppendUint32(c, crc32.ChecksumIEEE(c))
		_ = back.UnmarshalBinary(c) // an error or another state, never a panic
	}
}

func FuzzState(f *testing.F) {
	cfg, st := smallState(f)
	b, _ := st.MarshalBinary()
	f.Add(b[:len(b)-4])
	f.Fuzz(func(t *testing.T, body []byte) {
		b := binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.ChecksumIEEE(body))
		var s State
		if s.UnmarshalBinary(b) != nil {
			return
		}
		h, err := Restore(cfg, standardNormal(2), rng.New(1, "run"), s)
		if err != nil || h.Done() {
			return
		}
		if err := h.Step(); err != nil {
			t.Fatal(err)
		}
	})
}
