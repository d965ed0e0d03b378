package rundir_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"etalon/rundir"
)

// printer is told how a run goes on.
type printer struct{}

func (printer) StageStart(name string, i, n int)       { fmt.Printf("%d/%d %s: ", i, n, name) }
func (printer) Progress(done, total int, info string)  {}
func (printer) StageEnd(_ string, _ float64, n string) { fmt.Println(n) }

// A computation of two stages. A stage that leaves a file is not done again.
func Example() {
	tmp, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)

	d := rundir.At(filepath.Join(tmp, "run"), printer{})
	if err := d.Prepare([]byte("n = 3\n"), func() error { return nil }); err != nil {
		log.Fatal(err)
	}
	sum := d.Path("sum.json")
	stages := []rundir.Stage{
		{Name: "sum", Run: func(context.Context) (string, error) {
			if rundir.Exists(sum) {
				return "there already", nil
			}
			return "1 + 2 + 3", rundir.WriteJSON(sum, 1+2+3)
		}},
		{Name: "read", Run: func(context.Context) (string, error) {
			var v int
			err := rundir.ReadJSON(sum, &v)
			return fmt.Sprint(v), err
		}},
	}
	for range 2 {
		if err := d.Do(context.Background(), 1, stages); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 1/2 sum: 1 + 2 + 3
	// 2/2 read: 6
	// 1/2 sum: there already
	// 2/2 read: 6
}
