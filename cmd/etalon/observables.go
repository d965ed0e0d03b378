package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"etalon/dataset"
)

// observed is what observables says about its file.
type observed struct {
	Out      string   `json:"out"`
	Rows     int      `json:"rows"`
	Cols     int      `json:"cols"`
	Names    []string `json:"names"`
	Seconds  float64  `json:"seconds"`
	RowsPerS float64  `json:"rows_per_s"`
}

func (a *app) observablesCmd() *cobra.Command {
	var (
		s       showerOptions
		out     string
		threads int
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "observables SHOWERS.h5 --out FILE",
		Short: "Compute observables of calorimeter showers",
		Long: `Computes observables of the showers of an HDF5 file and writes them as a table of
float32, one row for each shower: .npy, or .csv with a line of names. The showers
are streamed, some blocks at a time. Two layouts are known, 30x30/layers (shower,
layer, x, y) and showers (CaloChallenge; flat, with --shape); others are told by --showers.

Observables, for --observables as a list with commas:
` + observablesHelp,
		Example: `  etalon observables showers.h5 --out high_level.npy
  etalon observables showers.h5 --observables total_energy,x2_moment_12,layer_difference_0_29 --out obs.csv
  etalon observables challenge.hdf5 --shape 45x16x9 --cut 0 --out obs.npy`,
		Args: exactArgs("SHOWERS.h5"),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := need(cmd, "out")
			if err == nil {
				err = s.parse(cmd)
			}
			if err == nil {
				err = checkThreads(threads)
			}
			if err == nil {
				err = checkOut(out, args[0])
			}
			if err != nil {
				return err
			}
			if ext := strings.ToLower(filepath.Ext(args[0])); ext != ".h5" && ext != ".hdf5" {
				return usage("%s: .h5 files of showers are accepted", args[0])
			}
			r, err := a.observe(args[0], &s, out, threads)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(r)
			}
			_, err = fmt.Fprintf(a.out, "%s: %d showers, %d observables\n%.2f s, %.3g showers/s\n", out, r.Rows, r.Cols, r.Seconds, r.RowsPerS)
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "`FILE` to write: .npy, .npz[:key], .h5[:/path], .csv or .csv.gz")
	showerFlags(cmd, &s)
	threadsFlag(cmd, &threads)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// observe streams the observables of all showers to a file.
func (a *app) observe(path string, s *showerOptions, out string, threads int) (*observed, error) {
	start := time.Now()
	src, err := openShowers(path, 0, s, nil, threads)
	if err != nil {
		return nil, err
	}
	defer src.close()
	w, err := dataset.Create(out, src.rows, src.cols, dataset.WriteOptions{Names: src.names})
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	ctx, stop := interruptible()
	defer stop()
	a.show.StageStart("showers", 0, 0)
	defer a.show.Clear()
	x := make([]float32, min(src.block, src.rows)*src.cols)
	for done := 0; ; {
		if ctx.Err() != nil {
			return nil, interruptedError{"nothing was written"}
		}
		n, err := src.read(x)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := w.Write(x[:n*src.cols]); err != nil {
			return nil, err
		}
		done += n
		a.show.Progress(done, src.rows, "")
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	seconds := time.Since(start).Seconds()
	return &observed{out, src.rows, src.cols, src.names, seconds, float64(src.rows) / seconds}, nil
}
