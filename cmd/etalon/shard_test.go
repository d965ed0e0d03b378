package main

import "testing"

// The shards of any number follow each other without a gap, and none has more than
// one row more than another.
func TestShardsCoverEveryRow(t *testing.T) {
	for _, total := range []int{1, 7, 1000, maxPoints} {
		for _, n := range []int{1, 2, 3, 1000, maxShards} {
			next := 0
			for i := range n {
				lo, hi := shard{i, n}.rows(total)
				if lo != next || hi-lo < total/n || hi-lo > total/n+1 {
					t.Fatalf("shard %d/%d of %d points has the rows %d to %d; the one before ends at %d", i, n, total, lo, hi, next)
				}
				next = hi
			}
			if next != total {
				t.Errorf("%d shards of %d points end at %d", n, total, next)
			}
		}
	}
}

func TestShardFlag(t *testing.T) {
	var s shard
	if lo, hi := s.rows(10); lo != 0 || hi != 10 || s.String() != "" {
		t.Errorf("no shard is %q, the rows %d to %d", s.String(), lo, hi)
	}
	if err := s.Set("2/5"); err != nil || s != (shard{2, 5}) || s.String() != "2/5" {
		t.Errorf("2/5 is read as %v, %v", s, err)
	}
	for _, bad := range []string{"", "1", "/", "1/", "/2", "5/5", "-1/5", "0/0", "1/-2", "a/b", "1/2/3", "1.0/2", "0/2000000", " 1/2", "99999999999999999999/2"} {
		if err := s.Set(bad); err == nil {
			t.Errorf("%q is read as %v", bad, s)
		}
	}
}
