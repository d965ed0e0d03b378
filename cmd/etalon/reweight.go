package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/internal/modeldir"
)

type reweightOptions struct {
	truth, sample, out, model string
	log, json                 bool
	seed                      uint64
	threads, epochs           int
}

func (a *app) reweightCmd() *cobra.Command {
	var o reweightOptions
	cmd := &cobra.Command{
		Use:   "reweight --truth FILE --sample FILE --out FILE.npy",
		Short: "Weights that make any sample follow the truth (DCTR)",
		Long: `Trains a classifier to tell a sample from truth points and writes the weight of
each point of the sample, its density ratio truth/sample, as one column of
float64 with mean 1. The sample may come from any generator or simulation.

FILE is .npy, .npz[:key] or .csv; both tables have the same columns. Network and
training are those of the quick preset of etalon run, with smaller batches for
tables of few rows.`,
		Example: `  etalon reweight --truth truth.npy --sample generated.npy --out weights.npy
  etalon reweight --truth t.csv --sample g.csv --out logw.npy --log --model classifier
  etalon score --truth truth.npy --sample generated.npy --weights weights.npy`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "truth", "sample", "out"); err != nil {
				return err
			}
			if cmd.Flags().Changed("epochs") && o.epochs < 1 {
				return usage("--epochs %d; 1 or more are accepted", o.epochs)
			}
			if err := o.check(); err != nil {
				return err
			}
			return a.reweight(o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.truth, "truth", "", "`FILE` of truth points")
	f.StringVar(&o.sample, "sample", "", "`FILE` of the points to weight")
	outFlag(cmd, &o.out)
	f.BoolVar(&o.log, "log", false, "write natural logarithms of the weights")
	f.StringVar(&o.model, "model", "", "`DIR`ectory to save the classifier in, as a model")
	f.IntVar(&o.epochs, "epochs", 0, "passes over the truth points (default: that of the quick preset)")
	seedFlag(cmd, &o.seed)
	threadsFlag(cmd, &o.threads)
	jsonFlag(cmd, &o.json)
	return cmd
}

func (o *reweightOptions) check() error {
	if err := checkThreads(o.threads); err != nil {
		return err
	}
	if err := checkOut(o.out, o.truth, o.sample); err != nil {
		return err
	}
	if o.model == "" {
		return nil
	}
	return checkModelDir(o.model)
}

// checkModelDir tells early what saving the model would find.
func checkModelDir(dir string) error {
	if info, err := os.Stat(filepath.Dir(dir)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: cannot write: the directory does not exist", dir)
	}
	return modeldir.Replaceable(dir)
}

// reweighted is what reweight says about its weights.
type reweighted struct {
	Out          string   `json:"out"`
	N            int      `json:"n"`
	NEff         float64  `json:"n_eff"`
	NEffFraction float64  `json:"n_eff_fraction"`
	Max          float64  `json:"max"` // largest weight; their mean is 1
	MaxShare     float64  `json:"max_share"`
	Train        *float64 `json:"train,omitempty"` // losses of the last epoch, nats
	Valid        *float64 `json:"valid,omitempty"`
	Model        string   `json:"model,omitempty"`
	Seed         uint64   `json:"seed"`
}

func (a *app) reweight(o reweightOptions) error {
	truth, err := dataset.Read(o.truth, dataset.ReadOptions{})
	if err != nil {
		return err
	}
	sample, err := dataset.Read(o.sample, dataset.ReadOptions{Cols: truth.Cols})
	if err != nil {
		return err
	}
	e := cpu.New(o.threads)
	defer e.Close()
	r, logw, f, err := a.trainWeights(e, o, truth, sample)
	if err != nil {
		return err
	}
	if o.model != "" {
		if err := f.Save(o.model); err != nil {
			return err
		}
		r.Model = o.model
	}
	if !o.log {
		for i, l := range logw {
			logw[i] = math.Exp(l)
		}
	}
	if err := dataset.WriteNPYFloat64(o.out, logw); err != nil {
		return err
	}
	if o.json {
		return a.printJSON(r)
	}
	kind := "weights of mean 1"
	if o.log {
		kind = "log-weights, mean weight 1"
	}
	fmt.Fprintf(a.out, "%s: %d %s\nN_eff %.1f (%.2f %%), largest weight %.4g\n", o.out, r.N, kind, r.NEff, 100*r.NEffFraction, r.Max)
	if r.Valid != nil {
		verdict := "below it: the classifier tells truth and sample apart"
		if *r.Valid >= math.Ln2 {
			verdict = "not below it: the weights are no better than none; try fewer --epochs or more points"
		}
		_, err = fmt.Fprintf(a.out, "validation loss %.5f, ln 2 = %.5f; %s\n", *r.Valid, math.Ln2, verdict)
	}
	return err
}
