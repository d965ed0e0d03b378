package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"etalon/internal/progress"
	"etalon/version"
)

// Exit statuses.
const (
	statusOK          = 0
	statusFailed      = 1
	statusUsage       = 2
	statusInterrupted = 130 // as shells report a command that SIGINT ended
)

// usageError is an error in what was typed, not in what it led to.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// interruptedError ends a command that was asked to stop.
type interruptedError struct{ text string }

func (e interruptedError) Error() string { return "interrupted; " + e.text }

// app is what all verbs share.
type app struct {
	args     []string // as typed
	out, err io.Writer
	show     *progress.Display
}

// execute runs the command line and returns its exit status.
func execute(args []string, out, errw io.Writer) int {
	a := &app{args: args, out: out, err: errw, show: progress.For(errw)}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.Execute()
	a.show.Clear()
	if err == nil {
		return statusOK
	}
	fmt.Fprintf(errw, "etalon: %s\n", oneLine(err.Error()))
	// Cobra words its own complaint about an unknown command of a command.
	if errors.As(err, new(usageError)) || strings.HasPrefix(err.Error(), "unknown command") {
		return statusUsage
	}
	if errors.As(err, new(interruptedError)) {
		return statusInterrupted
	}
	return statusFailed
}

// oneLine joins the lines of a text.
func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "; ")
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "etalon",
		Short: "Refine generative models against truth data",
		Long: `Etalon refines generative models against truth data.

It learns how a generator's density differs from the truth, turns that into
weights (DCTR), and the weights into a better, unweighted generator (LaSeR).`,
		Example: `  etalon run gaussians                    the whole protocol on a built-in density
  etalon refine --truth truth.npy --generator g.onnx --out refined
  etalon run my.toml --out runs/mine      the same with settings of your own
  etalon sample runs/mine -n 1e6 --out points.npy
  etalon score --truth truth.npy --sample points.npy`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q; see etalon --help", args[0])
			}
			return nil
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version.String(),
	}
	root.SetVersionTemplate("etalon {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; see %s --help", err, cmd.CommandPath())
	})
	for _, verb := range []func() *cobra.Command{a.runCmd, a.refineCmd, a.dataCmd, a.reweightCmd, a.importCmd, a.observablesCmd, a.unfoldCmd, a.sampleCmd, a.exportCmd, a.scoreCmd, a.reportCmd, a.benchCmd, a.versionCmd} {
		root.AddCommand(verb())
	}
	root.SetHelpCommand(helpCmd(root))
	strictCompletion(root)
	manual(root)
	return root
}

// exactArgs demands as many arguments as there are names.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch n := len(names); {
		case len(args) < n:
			return usage("%s is missing; see %s --help", names[len(args)], cmd.CommandPath())
		case len(args) > n:
			return usage("unexpected argument %q; see %s --help", args[n], cmd.CommandPath())
		}
		return nil
	}
}
