package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/internal/atomicfile"
	"etalon/laser"
	"etalon/preprocess"
)

type refineOptions struct {
	truth                     string
	columns, condition        columnList
	conditionInput            string
	preprocess                string
	weightColumn              string
	generator, program        string
	latents, sample           string
	prior, classifier, preset string
	latent, hidden            int
	hiddenNoise               bool
	points                    count
	out                       string
	seed                      uint64
	threads                   int
	json                      bool
	memory                    memory
}

func (a *app) refineCmd() *cobra.Command {
	o := refineOptions{points: 200_000}
	cmd := &cobra.Command{
		Use:   "refine --truth FILE --generator MODEL --out DIR",
		Short: "Refine a generator that is there already, in one go",
		Long: `Refines a generator with a table of truth: trains a classifier between truth and
generated points, makes weights of it and a refined model of the weights, scores all
of them and exports the refined model as ONNX. Nothing has to be set.

The generator is one of

  --generator FILE.onnx|DIR             a network from elsewhere, or a model directory
  --program "CMD ARG…" --latent N       a program that turns latents into features (its
                                        protocol: etalon run, kind = process). It is
                                        started without a shell: take only what you trust
  --latents Z.npy --sample X.npy        what a generator made, row by row

With --condition COLUMNS the generator makes x given c, the named columns of the truth:
an ONNX file with c as a second input (or, with --condition-input first or last, as those
columns of its only one), a program that takes c behind the latents, or a sample whose
file has c in the columns of the truth, at conditions that are distributed like the
truth's. Refined is the density of the other columns given c; what c there are stays as it
is. etalon sample DIR --condition VALUES, or --condition-file FILE, draws at any c.

The numbers of latents and features of an ONNX file are its own, its first axis is the
batch. Its latents are taken for normal, N(0, 1), unless --prior uniform says U(-1, 1). With --hidden K the last K
latents are drawn anew for every point and not refined; --hidden-noise says that
features are no function of the latents alone. --classifier takes a classifier or
discriminator of truth against generator that exists, as an ONNX file or a model
directory, instead of training one. It must tell probabilities or log-odds; the critic of a
Wasserstein GAN does not.

DIR is the directory of a run like any other, with report.html, samples/laser.npy (the
refined points) and run.toml, which shows all settings: etalon run takes them, changed or
not. DIR/refined.onnx maps latents z to refined features (of a program, or of pairs:
DIR/latents.onnx maps latents to refined latents). One and two latents are refined by a
table, and z has the same number and the same prior. More are refined by a network whose
points are sifted: z has latents for several attempts, side by side, of which the file takes
the first that is accepted.

The first Ctrl-C saves a checkpoint; the same command continues.`,
		Example: `  etalon refine --truth truth.npy --generator g.onnx --out refined
  etalon refine --truth showers.csv --condition energy --generator g.onnx --out refined
  etalon refine --truth truth.csv --columns x,y --generator gan.onnx --prior uniform --out refined
  etalon refine --truth simulation.csv --weight-column w --generator gan.onnx --out refined
  etalon refine --truth truth.npy --program "python3 gen.py" --latent 3 --hidden-noise --out refined
  etalon refine --truth truth.npy --latents z.npy --sample x.npy --out refined
  etalon sample refined -n 1e6 --seed 2 --out more.npy`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "truth", "out"); err != nil {
				return err
			}
			return a.refine(o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.truth, "truth", "", "`FILE` of truth points: .npy, .npz[:key], .h5[:/path], .csv or .csv.gz")
	f.Var(&o.columns, "columns", "columns of the truth that are the features, by name or number from 0 (default all)")
	f.StringVar(&o.weightColumn, "weight-column", "", "`NAME` or number of the column of the truth that holds the weights of its points, from 0 on (default: all count the same)")
	f.Var(&o.condition, "condition", "columns of the truth that are conditions of the generator, by name or number")
	f.StringVar(&o.conditionInput, "condition-input", "", "`INPUT` of the ONNX file for the conditions: its name, or first or last of the only one")
	f.StringVar(&o.preprocess, "preprocess", "", "what is done to columns first, a `LIST` of COLUMN:KIND: log, log(OFFSET), logit(LO,HI), none or standardise, the default")
	f.StringVar(&o.generator, "generator", "", "`MODEL` to refine: an ONNX file or a model directory")
	f.StringVar(&o.program, "program", "", "`COMMAND` that generates, its arguments separated by spaces")
	f.IntVar(&o.latent, "latent", 0, "number of latents of the program")
	f.StringVar(&o.latents, "latents", "", "`FILE` of latents, where the generator is a sample")
	f.StringVar(&o.sample, "sample", "", "`FILE` of the features that were made of them")
	f.StringVar(&o.prior, "prior", "", "of the latents: normal or uniform (default what the file says, or normal)")
	f.IntVar(&o.hidden, "hidden", 0, "number of latents, the last ones, that cannot be chosen")
	f.BoolVar(&o.hiddenNoise, "hidden-noise", false, "the program, or what made the sample, has randomness of its own")
	f.StringVar(&o.classifier, "classifier", "", "`MODEL` that stands in for the classifier: an ONNX file or a model directory")
	f.VarP(&o.points, "samples", "n", "number of refined points in DIR/samples/laser.npy")
	f.StringVarP(&o.out, "out", "o", "", "`DIR`ectory of the run")
	f.StringVar(&o.preset, "preset", "quick", "quick, or paper for four times the training")
	seedFlag(cmd, &o.seed)
	threadsFlag(cmd, &o.threads)
	memoryFlag(cmd, &o.memory)
	jsonFlag(cmd, &o.json)
	complete(cmd, "preset", laser.Presets())
	complete(cmd, "prior", []string{string(generator.Normal), string(generator.Uniform)})
	return cmd
}

// source returns the generator that the flags name.
func (o *refineOptions) source() (g laser.GeneratorConfig, err error) {
	prior := generator.Prior(o.prior)
	if o.prior != "" && prior != generator.Normal && prior != generator.Uniform {
		return g, usage("--prior %q; normal and uniform are accepted", o.prior)
	}
	pairs := o.latents != "" || o.sample != ""
	given := 0
	for _, is := range []bool{o.generator != "", o.program != "", pairs} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return g, usage("say what is refined: --generator FILE, or --program COMMAND, or --latents FILE with --sample FILE, one of them")
	case pairs && (o.latents == "" || o.sample == ""):
		return g, usage("--latents and --sample go together: two files with the same rows")
	case o.program != "" && o.latent < 1:
		return g, usage("--program needs --latent N, the number of its latents")
	case o.program == "" && o.latent != 0:
		return g, usage("--latent is for a --program; what is in a file tells its latents itself")
	case o.generator != "" && o.hiddenNoise:
		return g, usage("--hidden-noise is for a program or a sample: a network is a function of its latents")
	case o.conditionInput != "" && len(o.condition) == 0:
		return g, usage("--condition-input is for --condition, the columns of the truth that it takes")
	case o.conditionInput != "" && !generator.IsONNX(o.generator):
		return g, usage("--condition-input is for a --generator that is an ONNX file; programs take conditions behind the latents")
	case o.hidden > 0 && len(o.condition) > 0:
		return g, usage("--hidden and --condition do not go together: the last latents are the conditions")
	case o.hidden < 0:
		return g, usage("--hidden %d; 0 and more is accepted", o.hidden)
	case o.classifier != "" && (o.generator == "" || o.hidden > 0):
		return g, usage("--classifier is for a --generator without --hidden; the latents of others are weighted by OmniFold, which trains its own")
	}
	switch {
	case pairs:
		g = laser.NewPairsGenerator(laser.PairsConfig{Latents: o.latents, Sample: o.sample, Prior: prior, Hidden: o.hiddenNoise})
	case o.program != "":
		g = laser.NewProcessGenerator(generator.ProcessConfig{Command: strings.Fields(o.program), Latent: o.latent, Prior: prior, Hidden: o.hiddenNoise})
	default:
		if _, err := os.Stat(o.generator); err != nil {
			return g, fmt.Errorf("%s: there is no such file; an ONNX file or a model directory is accepted", o.generator)
		}
		g = laser.NewModelGenerator(o.generator, prior)
	}
	g.Hidden, g.ConditionInput = o.hidden, o.conditionInput
	return g, nil
}

// settings is the list as a file of settings has it: numbers are numbers.
func (c columnList) settings() (list []any) {
	for _, name := range c {
		if k, err := strconv.ParseInt(name, 10, 32); err == nil {
			list = append(list, k)
		} else {
			list = append(list, name)
		}
	}
	return list
}

func (a *app) refine(o refineOptions) error {
	if err := checkThreads(o.threads); err != nil {
		return err
	}
	if !slices.Contains(laser.Presets(), o.preset) {
		return usage("--preset %q; %s are accepted", o.preset, strings.Join(laser.Presets(), " and "))
	}
	g, err := o.source()
	if err != nil {
		return err
	}
	var columns preprocess.Columns
	if o.preprocess != "" {
		if columns, err = preprocess.Parse(o.preprocess); err != nil {
			return usage("--preprocess: %v", err)
		}
	}
	if info, err := os.Stat(o.out); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: it is a file; a new directory or that of an earlier run is accepted", o.out)
	}
	name := strings.TrimSuffix(filepath.Base(dataset.File(o.truth)), filepath.Ext(dataset.File(o.truth)))
	cfg, err := laser.Refinement{Name: name, Truth: o.truth, Columns: o.columns.settings(), WeightColumn: o.weightColumn, Condition: o.condition.settings(), Preprocess: columns, Generator: g, Classifier: o.classifier,
		Points: int(o.points), Seed: o.seed, Preset: o.preset}.Config(int64(o.memory))
	if err != nil {
		return err
	}
	e := cpu.New(o.threads)
	defer e.Close()
	r, err := laser.Open(o.out, cfg, e, a.show, laser.MemoryLimit(int64(o.memory)))
	if err != nil {
		return err
	}
	if r.Complete() {
		a.show.Message(fmt.Sprintf("%s: the run is complete", o.out))
	} else if err := a.do(r, o.out); err != nil {
		return err
	}
	file, err := writeRefined(o.out, cfg.Network())
	if err != nil {
		return err
	}
	return a.printRefinement(o, cfg, file)
}

// writeRefined writes the refined model of a run as an ONNX file in its directory, and
// returns its path.
func writeRefined(dir string, network bool) (string, error) {
	path := filepath.Join(dir, "refined.onnx")
	if !network { // it ends with refined latents
		path = filepath.Join(dir, "latents.onnx")
	}
	gen, err := generator.Load(filepath.Join(dir, "models", "laser"))
	if err != nil {
		return "", err
	}
	var file []byte
	if c, ok := gen.(*generator.Composed); ok {
		file, err = generator.EncodeSifted(c, generator.Attempts(c), nil)
	} else {
		file, err = generator.EncodeONNX(gen, nil)
	}
	if err != nil {
		return "", err
	}
	return path, atomicfile.WriteBytes(path, file)
}
