package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/laser"
	"etalon/rundir"
	"etalon/showers"
)

const (
	metricsName = "metrics.json"
	reportName  = "report.html"
)

type runOptions struct {
	target, preset, out string
	truth               string // file of truth, instead of that of the settings
	weightColumn        string // of it
	generator           string // of showers
	seed                uint64
	seedGiven           bool
	threads             int
	json                bool
	memory              memory
}

func (a *app) runCmd() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run NAME|CONFIG.toml",
		Short: "Run the whole protocol: train, weight, refine, score, report",
		Long: `Runs the whole protocol in a directory: trains a generator and a classifier,
weights the generator's points, tests the weights, samples the weighted latent
space by rejection, by Hamiltonian Monte Carlo and by a trained refiner, scores
all methods against the truth and writes report.html. The mixtures of DCTRGAN
(bimodal, circle8, grid25) have a GAN, its weights and rejection.

NAME is a built-in truth density (` + strings.Join(dataset.Names(), ", ") + `), or calo.
A .toml file has settings of your own: it names a density or a truth file, and its
preset supplies whatever it does not set. --preset, --seed, --truth and --weight-column go
before the file's. With weight_column = "w" (--weight-column w) points of a truth file count
by the weights in that column, from 0 on: in the training of generator and classifier, in
the closure test, in histograms, scores and their floors. Negative ones are refused.

[generator] kind in the file says what is refined: flow, gan or vae, which are
trained on the truth, model (a model directory or an ONNX file), process (an
external program, which is started: run only files that you trust) or pairs (files
of latents and features). [preprocess] takes logarithms of positive columns and
logits of bounded ones before any network sees them: E = "log",
theta = "logit(0,3.15)". run.toml in a run directory shows every setting.

calo is the study of calorimeter showers (DCTRGAN), and protocol = "showers" in a
file: a parametrised simulation is fitted to true showers (--truth FILE.h5; those of
` + showers.ShippedTruth + ` otherwise), weighted by a classifier of observables,
and refined; every observable is scored, with the figures of the paper.

The first Ctrl-C saves a checkpoint; the same command continues the run to the
same result. A second Ctrl-C stops at once.`,
		Example: `  etalon run gaussians
  etalon run rings --preset paper --out runs/rings --threads 2
  etalon run examples/blackbox.toml
  etalon run my.toml --seed 7
  etalon run my.toml --truth events.h5:/data --weight-column w
  etalon run calo --truth showers.h5`,
		Args: exactArgs("NAME or CONFIG.toml"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(dataset.Names(), calorimeter), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target = args[0]
			o.seedGiven = cmd.Flags().Changed("seed")
			return a.run(o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", "", strings.Join(laser.Presets(), " or ")+" (default quick)")
	f.StringVar(&o.truth, "truth", "", "`FILE` of true showers, for calo, or of truth points instead of those that CONFIG.toml names")
	f.StringVar(&o.weightColumn, "weight-column", "", "`NAME` or number of the column of the truth file that holds the weights of its points")
	f.StringVar(&o.generator, "generator", "", "`KIND` of generator, for calo: "+strings.Join(showers.GeneratorsMade(), ", ")+" (default "+showers.KindFastsim+")")
	f.StringVarP(&o.out, "out", "o", "", "`DIR`ectory of the run (default runs/NAME-PRESET or runs/CONFIG)")
	seedFlag(cmd, &o.seed)
	threadsFlag(cmd, &o.threads)
	memoryFlag(cmd, &o.memory)
	jsonFlag(cmd, &o.json)
	complete(cmd, "preset", laser.Presets())
	complete(cmd, "generator", showers.GeneratorsMade())
	return cmd
}

// complete makes the shell complete the values of a flag.
func complete(cmd *cobra.Command, flag string, values []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}

// calorimeter names the study of showers.
const calorimeter = "calo"

// protocol is a run of any kind.
type protocol interface {
	Do(ctx context.Context) error
	Complete() bool
}

// prepare finds out what is to be run, and where.
func (o *runOptions) prepare() (open func(*cpu.Engine, rundir.Observer) (protocol, error), dir string, err error) {
	if shower, err := o.isShowers(); err != nil {
		return nil, "", err
	} else if shower {
		cfg, dir, err := o.showerConfig()
		return func(e *cpu.Engine, obs rundir.Observer) (protocol, error) {
			return showers.Open(dir, cfg, e, obs, showers.MemoryLimit(int64(o.memory)))
		}, dir, err
	}
	if o.generator != "" {
		return nil, "", usage("--generator is for the study of showers; a .toml file names the generator of other data")
	}
	cfg, dir, err := o.config()
	return func(e *cpu.Engine, obs rundir.Observer) (protocol, error) {
		return laser.Open(dir, cfg, e, obs, laser.MemoryLimit(int64(o.memory)))
	}, dir, err
}

// isShowers tells whether the target is a study of showers.
func (o *runOptions) isShowers() (bool, error) {
	if !o.isFile() {
		return o.target == calorimeter, nil
	}
	return isShowers(o.target)
}

// isShowers tells whether a file of settings is one of a study of showers.
func isShowers(path string) (bool, error) {
	var base struct {
		Protocol string `toml:"protocol"`
	}
	if _, err := rundir.ReadTOML(path, &base); err != nil {
		return false, err
	}
	if base.Protocol != "" && base.Protocol != showers.Protocol {
		return false, fmt.Errorf("%s: protocol = %q; %q is accepted, or none for other data", path, base.Protocol, showers.Protocol)
	}
	return base.Protocol == showers.Protocol, nil
}

func (o *runOptions) isFile() bool { return strings.EqualFold(filepath.Ext(o.target), ".toml") }

// showerConfig returns the settings of a study of showers and its directory.
func (o *runOptions) showerConfig() (cfg showers.Config, dir string, err error) {
	if o.weightColumn != "" {
		return cfg, "", usage("--weight-column is for tables; true showers have equal weights")
	}
	if o.isFile() {
		if cfg, err = showers.ReadConfigAs(o.target, o.preset); err != nil {
			return cfg, "", err
		}
		dir = rundir.ConfigName(o.target)
	} else {
		preset := o.preset
		if preset == "" {
			preset = showers.Presets()[0]
		}
		if cfg, err = showers.Preset(preset); err != nil {
			return cfg, "", err
		}
		dir = o.target + "-" + preset
	}
	if o.generator != "" {
		if !slices.Contains(showers.GeneratorsMade(), o.generator) {
			return cfg, "", usage("--generator %q; %s are accepted", o.generator, strings.Join(showers.GeneratorsMade(), ", "))
		}
		cfg.SetGenerator(o.generator)
		if !o.isFile() {
			dir += "-" + o.generator
		}
	}
	if o.truth != "" {
		cfg.Truth.File = o.truth
	} else if _, err := os.Stat(cfg.Truth.File); err != nil && !o.isFile() {
		return cfg, "", fmt.Errorf("%s is not here; --truth FILE takes an HDF5 file of true showers", showers.ShippedTruth)
	}
	if o.seedGiven {
		cfg.Seed = o.seed
	}
	return cfg, o.directory(dir), nil
}

// directory is where the run works, by default one of a name.
func (o *runOptions) directory(name string) string {
	if o.out != "" {
		return o.out
	}
	return filepath.Join("runs", name)
}

// config returns the settings of the run and its directory.
func (o *runOptions) config() (cfg laser.Config, dir string, err error) {
	if o.preset != "" && !slices.Contains(laser.Presets(), o.preset) {
		return cfg, "", usage("--preset %q; %s are accepted", o.preset, strings.Join(laser.Presets(), " and "))
	}
	if o.isFile() {
		if cfg, err = laser.ReadConfigAs(o.target, o.preset); err != nil {
			return cfg, "", err
		}
		if err := o.setTruth(&cfg); err != nil {
			return cfg, "", err
		}
		dir = rundir.ConfigName(o.target)
	} else {
		if o.truth+o.weightColumn != "" {
			return cfg, "", usage("--truth and --weight-column are for the study of showers or a .toml file, which says how a truth file is refined; %s draws its own points", o.target)
		}
		if _, err := dataset.Lookup(o.target); err != nil {
			return cfg, "", usage("%w, or a file that ends in .toml", err)
		}
		preset := o.preset
		if preset == "" {
			preset = laser.Presets()[0]
		}
		if cfg, err = laser.Preset(preset, o.target); err != nil {
			return cfg, "", err
		}
		dir = o.target + "-" + preset
	}
	if o.seedGiven {
		cfg.Seed = o.seed
	}
	return cfg, o.directory(dir), nil
}

// setTruth takes the truth file of the flags instead of that of the settings.
func (o *runOptions) setTruth(cfg *laser.Config) error {
	if o.truth+o.weightColumn == "" {
		return nil
	}
	if cfg.Truth == "" {
		return usage("%s: --truth and --weight-column are for settings of a truth file; these name the density %s", o.target, cfg.Density)
	}
	if o.truth != "" {
		cfg.Truth = o.truth
	}
	if o.weightColumn != "" {
		cfg.WeightColumn = o.weightColumn
	}
	return nil
}

func (a *app) run(o runOptions) error {
	if err := checkThreads(o.threads); err != nil {
		return err
	}
	open, dir, err := o.prepare()
	if err != nil {
		return err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: it is a file; a new directory or that of an earlier run is accepted", dir)
	}
	e := cpu.New(o.threads)
	defer e.Close()
	r, err := open(e, a.show)
	if err != nil {
		return err
	}
	if r.Complete() {
		a.show.Message(fmt.Sprintf("%s: the run is complete", dir))
	} else if err := a.do(r, dir); err != nil {
		return err
	}
	if o.json {
		text, err := os.ReadFile(filepath.Join(dir, metricsName))
		if err == nil {
			_, err = a.out.Write(text)
		}
		return err
	}
	return a.printScores(dir)
}

// do carries the run on until it is complete or interrupted.
func (a *app) do(r protocol, dir string) error {
	ctx, stop := interruptible()
	defer stop()
	// Most stages stop within a step; the others deserve a word.
	quiet := context.AfterFunc(ctx, func() {
		time.Sleep(time.Second)
		a.show.Message("stopping after this stage; another Ctrl-C stops at once, and the stage is done again")
	})
	err := r.Do(ctx)
	quiet()
	if errors.Is(err, context.Canceled) {
		return interruptedError{fmt.Sprintf("%s is saved; the same command continues it: etalon %s", dir, quoted(a.args))}
	}
	return err
}

// quoted writes arguments as a shell reads them.
func quoted(args []string) string {
	list := make([]string, len(args))
	for i, s := range args {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%", r)
		}) {
			s = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
		list[i] = s
	}
	return strings.Join(list, " ")
}
