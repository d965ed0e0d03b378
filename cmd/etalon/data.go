package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/rng"
)

// written is what data and sample say about their file.
type written struct {
	Out  string `json:"out"`
	Rows int    `json:"rows"`
	Cols int    `json:"cols"`
	Seed uint64 `json:"seed"`
}

func (a *app) dataCmd() *cobra.Command {
	var (
		n            count
		out          string
		seed         uint64
		list, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "data NAME -n N --out FILE",
		Short: "Draw points from a built-in truth density",
		Long: `Draws points from a built-in truth density and writes them as a table of
float32 (.npy, .npz[:key], .h5[:/path], .csv or .csv.gz). Point i depends on the seed
and on i alone: a longer file begins with the same points.

Densities: ` + strings.Join(dataset.Names(), ", ") + ".",
		Example: `  etalon data gaussians -n 1e6 --out truth.npy
  etalon data --list`,
		ValidArgs: dataset.Names(),
		Args: func(cmd *cobra.Command, args []string) error {
			if list {
				return exactArgs()(cmd, args)
			}
			return exactArgs("NAME")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return a.listDensities(asJSON)
			}
			d, err := dataset.Lookup(args[0])
			if err != nil {
				return usageError{err}
			}
			if err := need(cmd, "n", "out"); err != nil {
				return err
			}
			if err := checkOut(out); err != nil {
				return err
			}
			if err := a.drawDensity(d, int(n), out, seed); err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(written{out, int(n), d.Dim(), seed})
			}
			_, err = fmt.Fprintf(a.out, "%s: %d points of %s, seed %d\n", out, int(n), d.Name(), seed)
			return err
		},
	}
	cmd.Flags().VarP(&n, "n", "n", "number of points")
	outFlag(cmd, &out)
	seedFlag(cmd, &seed)
	cmd.Flags().BoolVar(&list, "list", false, "list the densities")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) listDensities(asJSON bool) error {
	type density struct {
		Name  string    `json:"name"`
		Dim   int       `json:"dim"`
		Range []float64 `json:"range"` // low and high of each coordinate
		Betti [2]int    `json:"betti"`
	}
	var list []density
	for _, name := range dataset.Names() {
		d, err := dataset.Lookup(name)
		if err != nil {
			return err
		}
		e := density{Name: name, Dim: d.Dim()}
		x0, x1, y0, y1 := d.Range()
		if e.Range = []float64{x0, x1}; d.Dim() > 1 {
			e.Range = append(e.Range, y0, y1)
		}
		e.Betti[0], e.Betti[1] = d.Betti()
		list = append(list, e)
	}
	if asJSON {
		return a.printJSON(list)
	}
	for _, d := range list {
		dimensions := "dimensions"
		axes := fmt.Sprintf("[%g, %g]", d.Range[0], d.Range[1])
		if d.Dim == 1 {
			dimensions = "dimension"
		} else {
			axes += fmt.Sprintf(" x [%g, %g]", d.Range[2], d.Range[3])
		}
		if _, err := fmt.Fprintf(a.out, "%-14s %d %s, Betti numbers %d and %d, scored on %s\n", d.Name, d.Dim, dimensions, d.Betti[0], d.Betti[1], axes); err != nil {
			return err
		}
	}
	return nil
}

// drawDensity streams n points to a file, a chunk at a time.
func (a *app) drawDensity(d dataset.Density, n int, out string, seed uint64) error {
	const unit = 1 << 14 // points that a worker draws at a time
	e := cpu.New(0)
	defer e.Close()
	stream, dim := rng.New(seed, "data"), d.Dim()
	return a.stream("data", 0, n, []sink{{out, dim}}, func(row0 int, rows [][]float32) error {
		x := rows[0]
		units := (len(x)/dim + unit - 1) / unit
		e.Do(units, func(_, u int) {
			dataset.Sample(d, x[u*unit*dim:min((u+1)*unit*dim, len(x))], stream, uint64(row0+u*unit))
		})
		return nil
	})
}
