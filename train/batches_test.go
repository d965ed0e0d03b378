package train_test

import (
	"slices"
	"testing"

	"etalon/rng"
	"etalon/train"
)

func TestBatches(t *testing.T) {
	groups := []train.Group{{Lo: 0, Hi: 103, Share: 10}, {Lo: 200, Hi: 230, Share: 7}, {Lo: 500, Hi: 503, Share: 9}}
	b := train.NewBatches(rng.New(1, "b"), groups...)
	if b.Rows() != 10+7+3 || b.StepsPerPass() != 10 {
		t.Fatalf("%d rows a step, %d steps a pass", b.Rows(), b.StepsPerPass())
	}
	const steps = 65
	var all [steps][]uint32
	seen := make([]map[uint32]bool, len(groups))
	for step := range steps {
		index := slices.Clone(b.At(step))
		all[step] = index
		for i, g := range groups {
			share := min(g.Share, g.Hi-g.Lo)
			if step%((g.Hi-g.Lo)/share) == 0 { // a new pass over this group
				seen[i] = map[uint32]bool{}
			}
			for _, r := range index[:share] {
				if int(r) < g.Lo || int(r) >= g.Hi {
					t.Fatalf("step %d: row %d is not of group %d", step, r, i)
				}
				if seen[i][r] {
					t.Fatalf("step %d: row %d comes twice in a pass", step, r)
				}
				seen[i][r] = true
			}
			index = index[share:]
		}
	}
	if slices.Equal(all[0], all[10]) {
		t.Error("two passes have the same order")
	}
	// A function of the step alone: asked in any order, by anybody.
	again := train.NewBatches(rng.New(1, "b"), groups...)
	for k := range steps {
		step := k * 37 % steps
		if !slices.Equal(again.At(step), all[step]) {
			t.Fatalf("step %d depends on what was asked before", step)
		}
	}
	if slices.Equal(train.NewBatches(rng.New(2, "b"), groups...).At(0), all[0]) {
		t.Error("another seed gives the same rows")
	}
	// Groups of one size are shuffled differently.
	two := train.NewBatches(rng.New(1, "b"), train.Group{Lo: 0, Hi: 50, Share: 25}, train.Group{Lo: 0, Hi: 50, Share: 25}).At(0)
	if slices.Equal(two[:25], two[25:]) {
		t.Error("two groups have the same order")
	}
}

// Every row of a group is used up when the share divides its size.
func TestBatchesUseAllRows(t *testing.T) {
	b := train.NewBatches(rng.New(1, "b"), train.Group{Lo: 5, Hi: 65, Share: 12})
	count := map[uint32]int{}
	for step := range 3 * b.StepsPerPass() {
		for _, r := range b.At(step) {
			count[r]++
		}
	}
	for r := uint32(5); r < 65; r++ {
		if count[r] != 3 {
			t.Errorf("row %d was used %d times in three passes", r, count[r])
		}
	}
}

func TestBatchesWithoutRows(t *testing.T) {
	for _, groups := range [][]train.Group{nil, {{Lo: 3, Hi: 3, Share: 5}}, {{Lo: 0, Hi: 9, Share: 0}}, {{Lo: 9, Hi: 3, Share: 1}}, {{Lo: 0, Hi: 9, Share: -1}}} {
		b := train.NewBatches(rng.New(1, "b"), groups...)
		if b.StepsPerPass() != 0 || b.Rows() != 0 || len(b.At(0)) != 0 {
			t.Errorf("%v: %d steps of %d rows", groups, b.StepsPerPass(), b.Rows())
		}
	}
	b := train.NewBatches(rng.New(1, "b"), train.Group{Lo: 3, Hi: 3, Share: 5}, train.Group{Lo: 0, Hi: 9, Share: 3})
	if b.StepsPerPass() != 3 || b.Rows() != 3 {
		t.Errorf("an empty group beside another: %d steps of %d rows", b.StepsPerPass(), b.Rows())
	}
}
