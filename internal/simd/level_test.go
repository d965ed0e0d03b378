package simd

import (
	"slices"
	"strings"
	"testing"
)

func TestLevels(t *testing.T) {
	levels := Supported()
	if levels[0] != Generic || !slices.IsSorted(levels) {
		t.Errorf("Supported() = %v", levels)
	}
	if !slices.Contains(levels, Active()) {
		t.Errorf("Active() = %v is not among %v", Active(), levels)
	}
	restore := SetLevel(Generic)
	if Active() != Generic {
		t.Errorf("Active() = %v after SetLevel(Generic)", Active())
	}
	restore()
	if !panics(func() { SetLevel(7) }) {
		t.Error("SetLevel(7): no panic")
	}
}

func TestChooseLevel(t *testing.T) {
	defer SetLevel(Active())()
	for _, l := range Supported() {
		if err := chooseLevel(l.String()); err != nil || Active() != l {
			t.Errorf("%v: level %v, error %v", l, Active(), err)
		}
	}
	levels := Supported()
	best := levels[len(levels)-1]
	if err := chooseLevel(""); err != nil || Active() != best {
		t.Errorf("empty: level %v, error %v", Active(), err)
	}
	err := chooseLevel("sse9")
	if err == nil || Active() != best {
		t.Fatalf("sse9: level %v, error %v", Active(), err)
	}
	if msg := err.Error(); !strings.Contains(msg, "sse9") || !strings.Contains(msg, "generic") || strings.Contains(msg, "\n") {
		t.Errorf("unclear: %s", msg)
	}
}
