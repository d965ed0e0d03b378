package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/omnifold"
	"etalon/optim"
	"etalon/train"
)

type unfoldOptions struct {
	mcTruth, mcReco, data  string
	mcWeights, dataWeights string
	out, model, loss       string
	iterations, epochs     int
	warm, log, json        bool
	seed                   uint64
	threads                int
	tables                 tableOptions // of what is seen
	truthColumns           columnList   // of what happened
}

func (a *app) unfoldCmd() *cobra.Command {
	var o unfoldOptions
	cmd := &cobra.Command{
		Use:   "unfold --mc-truth FILE --mc-reco FILE --data FILE --out FILE",
		Short: "Weights of what happened that explain what was seen (OmniFold)",
		Long: `Unfolds data by OmniFold (arXiv:1911.09107): finds weights of simulated events, a
function of what happened in them, under which what a detector would have seen of
them follows the data. The weights are factors on those that the events have
already (--mc-weights), and keep their total.

The same pulls the weights of a generator with hidden latents back to the latents
that are known: give the latents as --mc-truth, the generator's points as --mc-reco
and the truth as --data; the model that --model saves is ln w(z).

FILE is .npy, .npz[:key], .h5[:/path], .csv or .csv.gz.
` + tablesHelp + `
Row i of --mc-truth and of --mc-reco is the same event; --mc-reco and --data have the
same columns. Printed are N_eff, the largest weight and, for each iteration, how much
the log-weights changed in it and the AUC of data against simulation before it, which
should level off at 1/2.`,
		Example: `  etalon unfold --mc-truth z.npy --mc-reco x.npy --data data.npy --out nu.npy
  etalon unfold --mc-truth z.npy --mc-reco x.npy --data d.npy --out nu.npy --iterations 8 --model nu`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "mc-truth", "mc-reco", "data", "out"); err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			return a.unfold(o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.mcTruth, "mc-truth", "", "`FILE` of what happened in the simulated events")
	f.StringVar(&o.mcReco, "mc-reco", "", "`FILE` of what is seen of the same events")
	f.StringVar(&o.data, "data", "", "`FILE` of what was seen")
	f.StringVar(&o.mcWeights, "mc-weights", "", "`FILE` of weights of the simulated events, one column")
	f.StringVar(&o.dataWeights, "data-weights", "", "`FILE` of weights of the data")
	outFlag(cmd, &o.out)
	f.BoolVar(&o.log, "log", false, "write natural logarithms of the weights")
	f.StringVar(&o.model, "model", "", "`DIR`ectory to save ln w(z) in, as a model")
	f.IntVar(&o.iterations, "iterations", 5, "iterations; more follow the data more closely, and its noise too")
	f.IntVar(&o.epochs, "epochs", 16, "passes over the events in each of an iteration's two trainings")
	f.BoolVar(&o.warm, "warm", false, "start each training with the network of the iteration before")
	f.StringVar(&o.loss, "loss", string(dctr.BCE), "loss of the classifiers: bce, mse or mlc")
	complete(cmd, "loss", lossNames())
	tableFlags(cmd, &o.tables)
	f.Lookup("columns").Usage = "columns of --mc-reco and --data, by name or number (default: all but that of the weights)"
	f.Var(&o.truthColumns, "truth-columns", "columns of --mc-truth, by name or number")
	seedFlag(cmd, &o.seed)
	threadsFlag(cmd, &o.threads)
	jsonFlag(cmd, &o.json)
	return cmd
}

func (o *unfoldOptions) check() error {
	if err := checkThreads(o.threads); err != nil {
		return err
	}
	if err := dctr.Loss(o.loss).Check(); err != nil || o.loss == "" {
		return usage("--loss %q; bce, mse and mlc are accepted", o.loss)
	}
	if o.iterations < 1 || o.iterations > 1000 {
		return usage("--iterations %d; 1 to 1000 are accepted", o.iterations)
	}
	if o.epochs < 1 {
		return usage("--epochs %d; 1 or more are accepted", o.epochs)
	}
	if err := checkOut(o.out, o.mcTruth, o.mcReco, o.data, o.mcWeights, o.dataWeights); err != nil {
		return err
	}
	if o.model == "" {
		return nil
	}
	return checkModelDir(o.model)
}

// unfolded is what unfold says about its weights.
type unfolded struct {
	Out string `json:"out"`
	*dctr.Diagnostics
	Loss       string               `json:"loss"`
	Iterations []omnifold.Iteration `json:"iterations"`
	Model      string               `json:"model,omitempty"`
	Seed       uint64               `json:"seed"`
}

func (a *app) unfold(o unfoldOptions) error {
	happened := o.tables
	happened.columns = o.truthColumns
	z, err := a.readSample(o.mcTruth, o.mcWeights, 0, minReweightRows, &happened, nil, nil, 0)
	if err != nil {
		return err
	}
	x, err := a.readSample(o.mcReco, "", 0, 0, &o.tables, nil, nil, 0)
	if err != nil {
		return err
	}
	if nz, nx := len(z.X)/z.cols, len(x.X)/x.cols; nz != nx {
		return fmt.Errorf("%s: %d rows; %s has %d, and the rows of both are the same events", o.mcReco, nx, o.mcTruth, nz)
	}
	switch {
	case z.W == nil:
		z.W = x.W
	case x.W != nil && !slices.Equal(z.W, x.W):
		return fmt.Errorf("%s: column %s has other weights of the events than those of %s", o.mcReco, o.tables.weight, o.mcTruth)
	}
	data, err := a.readSample(o.data, o.dataWeights, x.cols, minReweightRows, &o.tables, x.names, nil, 0)
	if err == nil {
		err = needWeights(z, x, data)
	}
	if err != nil {
		return err
	}
	e := cpu.New(o.threads)
	defer e.Close()
	ctx, stop := interruptible()
	defer stop()
	r, err := a.runOmnifold(ctx, e, o, omnifold.Simulation{Z: z.X, X: x.X, W: z.W, ZDim: z.cols, XDim: x.cols}, data.Sample)
	if err != nil {
		return err
	}
	d, err := dctr.Diagnose(z.W, r.LogNu)
	if err != nil {
		return err
	}
	if o.model != "" {
		if err := r.Nu.Save(o.model); err != nil {
			return err
		}
	}
	out := r.LogNu
	if !o.log {
		out = make([]float64, len(r.LogNu))
		for i, l := range r.LogNu {
			out[i] = math.Exp(l)
		}
	}
	if err := dataset.WriteFloat64(o.out, weightName(o.log), out); err != nil {
		return err
	}
	if o.json {
		return a.printJSON(unfolded{o.out, d, o.loss, r.Iterations, o.model, o.seed})
	}
	return a.printUnfolding(o, d, r.Iterations)
}

// runOmnifold unfolds with networks that are a little larger than those of OmniFold's
// own examples (3 × 50).
func (a *app) runOmnifold(ctx context.Context, e *cpu.Engine, o unfoldOptions, sim omnifold.Simulation, data omnifold.Data) (*omnifold.Result, error) {
	net := dctr.Config{Hidden: 3, Units: 64, Slope: 0.1}
	cfg := train.Config{Epochs: o.epochs, Batch: 1000, Validation: 0.1,
		Adam: optim.Adam{Alpha: 2e-3}, Schedule: optim.Schedule{Kind: "cosine", Final: 0.001}}
	adjust(&cfg, min(len(sim.X), len(data.X))/sim.XDim)
	return omnifold.Unfold(ctx, e, sim, data, omnifold.Config{
		Detector: net, Particle: net, Training: cfg, Loss: dctr.Loss(o.loss), Iterations: o.iterations, WarmStart: o.warm,
		Seed: o.seed, Train: a.trainer(cfg),
	})
}

func (a *app) printUnfolding(o unfoldOptions, d *dctr.Diagnostics, iterations []omnifold.Iteration) error {
	var b strings.Builder
	kind := "weights"
	if o.log {
		kind = "log-weights"
	}
	fmt.Fprintf(&b, "%s: %d %s after %d iterations\n", o.out, d.N, kind, len(iterations))
	fmt.Fprintf(&b, "N_eff %.1f (%.2f %%), largest weight %.4g, tail index %.2f +- %.2f\n", d.NEff, 100*d.Fraction, d.Max, d.Tail.K, d.Tail.Error)
	for i, it := range iterations {
		fmt.Fprintf(&b, "iteration %d: mean change of a log-weight %.4f, AUC of data against simulation before it %.4f +- %.4f\n", i+1, it.MeanChange, it.AUC, it.AUCError)
	}
	_, err := a.out.Write([]byte(b.String()))
	return err
}
