package modeldir

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCheckSize(t *testing.T) {
	for _, ok := range [][4]int{{12, 3, 48, 2}, {20, 3, 60, 2}, {1, 8, 96, 33}, {1, 1, 1, 1}, {1, 4, 4096, 100}} {
		if err := CheckSize(ok[0], ok[1], ok[2], ok[3]); err != nil {
			t.Errorf("CheckSize(%v): %v", ok, err)
		}
	}
	// Many units, many layers, many blocks, many features.
	for _, bad := range [][4]int{{1, 1, 1 << 16, 2}, {1, 1 << 21, 1, 2}, {1 << 16, 1 << 16, 1, 2}, {1, 1, 1 << 12, 1 << 18}, {1 << 16, 1 << 16, 1 << 16, 1 << 20}} {
		if err := CheckSize(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("CheckSize(%v) is accepted", bad)
		}
	}
}

// A network that is much larger than its stored weights is refused.
func TestCheckStored(t *testing.T) {
	dir := t.TempDir()
	if err := CheckStored(dir, 1, 2, 3); err == nil {
		t.Error("there are no weights")
	}
	if err := os.WriteFile(filepath.Join(dir, weightsName), make([]byte, 2<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		blocks, hidden, units int
		ok                    bool
	}{{1, 2, 8, true}, {1, 2, 700, true}, {1, 2, 800, false}, {1, 1 << 20, 1, false}, {1 << 20, 1, 1, false}, {-1, 1 << 30, 1 << 30, true}} {
		if err := CheckStored(dir, c.blocks, c.hidden, c.units); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
