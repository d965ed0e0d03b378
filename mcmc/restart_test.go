package mcmc

import (
	"bytes"
	"slices"
	"testing"

	"etalon/rng"
)

// TestRestart stops a run after every proposal and continues it from bytes.
func TestRestart(t *testing.T) {
	cfg := HMCConfig{Chains: 7, BurnIn: 60, Samples: 140, Thin: 2, Adapt: true, Mass: MassDiagonal, GlobalEvery: 3}
	target := normalPrior{banana(1, 0.5)}
	stream := rng.New(3, "run")
	start := priorPoints(t, 7, 2, 5)
	h, err := NewHMC(cfg, target, start, stream)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewHMC(cfg, target, start, stream)
	if err != nil {
		t.Fatal(err)
	}
	for !h.Done() {
		if err := h.Step(); err != nil {
			t.Fatal(err)
		}
		st := r.State()
		b, _ := st.MarshalBinary()
		var back State
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if r, err = Restore(cfg, normalPrior{banana(1, 0.5)}, stream, back); err != nil {
			t.Fatal(err)
		}
		if err := r.Step(); err != nil {
			t.Fatal(err)
		}
		x, y := h.State(), r.State()
		bx, _ := x.MarshalBinary()
		by, _ := y.MarshalBinary()
		if !bytes.Equal(bx, by) {
			t.Fatalf("states differ after proposal %d", x.Proposal)
		}
	}
	done, total := h.Proposals()
	if done != total || done != 60+2*20 || h.Draws().N != 20 || len(h.Samples()) != 280 {
		t.Errorf("proposals %d of %d, draws %d, samples %d", done, total, h.Draws().N, len(h.Samples()))
	}
	if err := h.Step(); err == nil {
		t.Error("a finished run made a step")
	}

	// More samples continue a finished run, with the first ones unchanged.
	st := h.State()
	cfg.Samples = 210
	more, err := Restore(cfg, target, stream, st)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, more)
	if !slices.Equal(more.Samples()[:280], h.Samples()) || more.Draws().N != 30 {
		t.Error("a continued run changed its first samples")
	}
}

// TestChainsAreSeparate: a chain's path depends on its number, not on how many
// others run, when nothing is adapted.
func TestChainsAreSeparate(t *testing.T) {
	start := priorPoints(t, 50, 2, 5)
	cfg := HMCConfig{Chains: 50, BurnIn: None, Samples: 500}
	many := mustHMC(t, cfg, banana(1, 0.5), start, 2)
	cfg.Chains, cfg.Samples = 3, 30
	few := mustHMC(t, cfg, banana(1, 0.5), start[:6], 2)
	finish(t, many)
	finish(t, few)
	for c := range 3 {
		for i := range 10 {
			if few.Draws().At(c, i, 1) != many.Draws().At(c, i, 1) {
				t.Fatalf("chain %d differs at draw %d", c, i)
			}
		}
	}
}
