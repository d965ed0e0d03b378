package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/laser"
	"etalon/mcmc"
	"etalon/showers"
)

type sampleOptions struct {
	model, out, latents, method string
	conditionFile               string
	condition                   valueList
	n                           count
	seed                        uint64
	shard                       shard
	threads                     int
	json                        bool
}

func (a *app) sampleCmd() *cobra.Command {
	var o sampleOptions
	cmd := &cobra.Command{
		Use:   "sample MODEL -n N --out FILE",
		Short: "Draw points from a model or from a run",
		Long: `Draws points from a model and writes them as a table of float32.

FILE is .npy, .npz[:key], .h5[:/path], .csv or .csv.gz. MODEL is a model directory
(a flow, a GAN or a refined model), a generator's ONNX file or the directory of a
run. Of a run --method chooses what is sampled:

  refiner    the refined model (the default)
  baseline   the generator before its refinement
  auto       the generator's weighted latent space, by the method below that costs
             least, found in a pilot of 20 000 draws
  rejection  … by rejection: independent points
  hmc        … by Hamiltonian Monte Carlo with the settings of the run
  mala, ula, resampling, imh, i-sir, tempering, dgflow, dot
             … by other samplers, for comparison

Points of the weighted latent space are all kept in memory; what makes them suspect,
such as chains that disagree or modes with a wrong share, is said. Where the
generator is a program, it is started.

A model that takes conditions makes points at those of --condition VALUES, one for each
condition, or of the rows of --condition-file; point i has row i, and with -n N beyond the
rows of the file they are taken again from the first. The points have the columns of the
truth, conditions among them. Conditions beyond those of the training are warned of.

Point i depends on the model, the seed and on i alone, so that a sample can be
drawn in shards on several machines: shard i of n has the rows from N*i/n up to
N*(i+1)/n, and all shards in order make the whole. The run itself drew its sample
with its own seed: for independent points choose another one.

Of a study of showers (etalon run calo) FILE is .h5, with 30x30/layers as in the data
of getting_high; --method refiner (refined latents), rejection and baseline are
accepted.`,
		Example: `  etalon sample runs/gaussians-quick -n 1e6 --out refined.npy --seed 2
  etalon sample runs/gaussians-quick -n 1e6 --out flow.npy --method baseline
  etalon sample refined -n 1e5 --condition 50 --out at50.npy
  etalon sample refined --condition-file energies.npy --out refined.npy
  etalon sample mymodel -n 1e9 --shard 3/16 --out part3.npy`,
		Args: exactArgs("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.model = args[0]
			needed := []string{"n", "out"}
			if o.conditionFile != "" {
				needed = needed[1:]
			}
			if err := need(cmd, needed...); err != nil {
				return err
			}
			return a.sample(o)
		},
	}
	f := cmd.Flags()
	f.VarP(&o.n, "n", "n", "number of points, of all shards together")
	outFlag(cmd, &o.out)
	f.StringVar(&o.latents, "latents", "", "`FILE` for the latents of the points (of a refined model: those of its generator)")
	f.Var(&o.condition, "condition", "`VALUES` of the conditions, one each, of all points")
	f.StringVar(&o.conditionFile, "condition-file", "", "`FILE` of conditions, a row for each point")
	f.Var(&o.shard, "shard", "draw only this part of the points, from 0/n to (n-1)/n")
	f.StringVar(&o.method, "method", "", "of a run: "+strings.Join(sampleMethods, ", "))
	seedFlag(cmd, &o.seed)
	threadsFlag(cmd, &o.threads)
	jsonFlag(cmd, &o.json)
	complete(cmd, "method", sampleMethods)
	return cmd
}

// sampleMethods are what can be sampled of a run: models, and draws of the weighted
// latent space.
var sampleMethods = func() []string {
	list := []string{"refiner", "baseline", laser.Auto}
	for _, m := range mcmc.Methods() {
		list = append(list, string(m))
	}
	return list
}()

// latentDraws tells that a method draws all points of a run's weighted latent space at
// once.
func latentDraws(method string) bool {
	return method != "" && method != "refiner" && method != "baseline"
}

func (o *sampleOptions) check() error {
	if o.method != "" && !slices.Contains(sampleMethods, o.method) {
		return usage("--method %q; %s are accepted", o.method, strings.Join(sampleMethods, ", "))
	}
	if err := checkThreads(o.threads); err != nil {
		return err
	}
	if o.conditionFile != "" && o.condition != nil {
		return usage("--condition and --condition-file do not go together: all points have the same conditions, or each its own")
	}
	if lo, hi := o.shard.rows(int(o.n)); lo == hi {
		return usage("shard %s of %d points holds none", o.shard.String(), int(o.n))
	}
	if latentDraws(o.method) && o.shard.n > 0 {
		return usage("--shard cannot be used with --method %s, which draws all points at once", o.method)
	}
	if err := checkOut(o.out); err != nil {
		return err
	}
	if o.latents == "" {
		return nil
	}
	if filepath.Clean(dataset.File(o.latents)) == filepath.Clean(dataset.File(o.out)) {
		return usage("--out and --latents name the same file")
	}
	return checkOut(o.latents)
}

func (a *app) sample(o sampleOptions) error {
	given, err := o.conditions()
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	isModel, isRun := exists(o.model, "model.json") || generator.IsONNX(o.model), exists(o.model, "run.toml")
	switch {
	case isModel && o.method != "":
		return usage("--method %s: %s is a model directory; --method is for runs", o.method, o.model)
	case !isModel && !isRun:
		return fmt.Errorf("%s: there is neither a model.json nor a run.toml; a model directory or the directory of a run is accepted", o.model)
	}
	e := cpu.New(o.threads)
	defer e.Close()
	lo, hi := o.shard.rows(int(o.n))
	var cols int
	from := o.model
	if isRun && !isModel {
		if shower, err := isShowers(filepath.Join(o.model, "run.toml")); err != nil {
			return err
		} else if shower && given.set() {
			return usage("--condition and --condition-file are for models that take conditions; a study of showers has none")
		} else if shower {
			return a.sampleShowers(e, o)
		}
	}
	switch {
	case isModel:
		cols, err = a.sampleModel(e, o.model, o, given, lo, hi)
	case latentDraws(o.method):
		if given.set() {
			return usage("--method %s knows of no conditions; refiner and baseline do", o.method)
		}
		cols, err = a.sampleLatent(e, o)
	default:
		cols, from, err = a.sampleRun(e, o, given, lo, hi)
	}
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(written{o.out, hi - lo, cols, o.seed})
	}
	_, err = fmt.Fprintf(a.out, "%s: %d points of %s, seed %d\n", o.out, hi-lo, from, o.seed)
	return err
}

// sampleShowers writes showers of a study of showers.
func (a *app) sampleShowers(e *cpu.Engine, o sampleOptions) error {
	if o.shard.n > 0 {
		return usage("--shard cannot be used with showers")
	}
	if !strings.EqualFold(filepath.Ext(o.out), ".h5") && !strings.EqualFold(filepath.Ext(o.out), ".hdf5") {
		return usage("--out %s: showers are written as .h5", o.out)
	}
	ctx, stop := interruptible()
	defer stop()
	a.show.StageStart("showers", 0, 0)
	if err := showers.Draw(ctx, e, o.model, o.method, o.seed, int(o.n), o.out, o.latents, a.show); err != nil {
		return err
	}
	if o.json {
		return a.printJSON(written{o.out, int(o.n), 0, o.seed})
	}
	_, err := fmt.Fprintf(a.out, "%s: %d showers of %s, seed %d\n", o.out, int(o.n), o.model, o.seed)
	return err
}

// sampleRun streams the refined or the primary model of a run, and returns where it is.
func (a *app) sampleRun(e *cpu.Engine, o sampleOptions, given *givenConditions, lo, hi int) (cols int, from string, err error) {
	cfg, err := laser.ReadConfig(filepath.Join(o.model, "run.toml"))
	if err != nil {
		return 0, "", err
	}
	from = filepath.Join(o.model, "models", "laser")
	switch {
	case o.method == "baseline":
		from = laser.GeneratorDir(o.model, cfg)
	case !cfg.Refines():
		return 0, "", usage("%s: the run has no refiner; --method rejection, auto or baseline draws from it", o.model)
	}
	if from != "" && !exists(from, "model.json") {
		return 0, "", fmt.Errorf("%s: the run has no %s yet; etalon run continues it", o.model, strings.TrimPrefix(from, o.model+string(filepath.Separator)))
	}
	if cfg.Network() {
		cols, err = a.sampleModel(e, from, o, given, lo, hi)
		return cols, from, err
	}
	d, err := laser.OpenDraws(e, o.model, o.seed)
	if err != nil {
		return 0, "", err
	}
	defer d.Close()
	conditions := d.Conditions()
	if err := a.fit(given, conditions, countOf(conditions)); err != nil {
		return 0, "", fmt.Errorf("%s: %w", o.model, err)
	}
	draw := func(row0 uint64, z, x []float32) error {
		return d.Baseline(row0, given.rows(row0, len(x)/d.Dim()), z, x)
	}
	if o.method != "baseline" {
		gen, err := generator.Load(from)
		if err != nil {
			return 0, "", err
		}
		latents, err := newDrawer(e, gen, o.seed)
		if err != nil {
			return 0, "", err
		}
		draw = func(row0 uint64, z, x []float32) error {
			if z == nil {
				z = make([]float32, len(x)/d.Dim()*d.LatentDim())
			}
			if err := latents.draw(row0, given.rows(row0, len(x)/d.Dim()), nil, z); err != nil {
				return err
			}
			return d.Generate(row0, z, x)
		}
	}
	return d.Dim(), o.model, a.streamPoints(o, lo, hi, d.Dim(), d.LatentDim(), draw)
}

// sampleModel streams the rows lo … hi-1 and returns the number of columns.
func (a *app) sampleModel(e *cpu.Engine, dir string, o sampleOptions, given *givenConditions, lo, hi int) (cols int, err error) {
	gen, err := generator.Load(dir)
	if err != nil {
		return 0, err
	}
	d, err := newDrawer(e, gen, o.seed)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	conditions := generator.ConditionsOf(gen)
	if file, ok := gen.(*generator.ONNX); ok {
		conditions = file.Described()
	}
	if err := a.fit(given, conditions, generator.GivenOf(gen)); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	return gen.Dim(), a.streamPoints(o, lo, hi, gen.Dim(), d.latentDim, func(row0 uint64, z, x []float32) error {
		return d.draw(row0, given.rows(row0, len(x)/gen.Dim()), z, x)
	})
}

// streamPoints writes the rows lo … hi-1 that draw makes, with their latents on request.
func (a *app) streamPoints(o sampleOptions, lo, hi, dim, latentDim int, draw func(row0 uint64, z, x []float32) error) error {
	sinks := []sink{{o.out, dim}}
	if o.latents != "" {
		sinks = append(sinks, sink{o.latents, latentDim})
	}
	return a.stream("sample", lo, hi, sinks, func(row0 int, rows [][]float32) error {
		var z []float32
		if len(rows) > 1 {
			z = rows[1]
		}
		return draw(uint64(row0), z, rows[0])
	})
}

// sampleLatent draws all points at once and writes them.
func (a *app) sampleLatent(e *cpu.Engine, o sampleOptions) (cols int, err error) {
	ctx, stop := interruptible()
	defer stop()
	d, err := laser.OpenDraws(e, o.model, o.seed)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	a.show.StageStart(o.method, 0, 0)
	z, x, report, err := d.Draw(ctx, o.method, int(o.n), a.show.Progress)
	if ctx.Err() != nil {
		return 0, interruptedError{"nothing was written"}
	}
	if err != nil {
		return 0, err
	}
	a.show.Clear()
	if report != nil {
		for _, w := range report.Warnings {
			a.show.Message(fmt.Sprintf("%s: %s", report.Method, w))
		}
	}
	if o.latents != "" {
		if err := dataset.Write(o.latents, int(o.n), len(z)/int(o.n), z, dataset.WriteOptions{}); err != nil {
			return 0, err
		}
	}
	cols = len(x) / int(o.n)
	return cols, dataset.Write(o.out, int(o.n), cols, x, dataset.WriteOptions{})
}
