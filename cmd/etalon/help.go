package main

import (
	"strings"

	"github.com/spf13/cobra"

	"etalon/dctr"
)

// helpCmd is cobra's help command with an error for a command that is not there.
func helpCmd(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Explain a command",
		Example: "  etalon help run",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no command %q; see etalon --help", strings.Join(args, " "))
			}
			return cmd.Help()
		},
	}
}

// strictCompletion makes cobra's completion command refuse shells that it does not
// know.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return usage("there is no shell %q; see %s --help", args[0], cmd.CommandPath())
				}
				return nil
			}
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// filesHelp says what each verb writes.
var filesHelp = map[string]string{
	"run": `DIR has report.html, figures/ (PNG, PDF), metrics.json, timings.json, samples/, models/,
checkpoints/, run.toml (all settings) and log.jsonl. A directory of another
configuration is refused.`,
	"refine": `DIR, a run directory: see etalon run --help. In it refined.onnx or latents.onnx, the
refined model for other programs, and samples/laser.npy, its points.`,
	"data":        "FILE, whole or not at all; one that is there is replaced.",
	"sample":      "FILE and that of --latents, whole or not at all; ones that are there are replaced.",
	"export":      "FILE, whole or not at all; one that is there is replaced.",
	"score":       "None: scores go to standard output.",
	"reweight":    "FILE with the weights and FILE.json (w.npy: w.json), both or none of them; those of\n--errors and --model.",
	"import":      "DIR with model.json and weights.safetensors, or the ONNX file. A directory that is\nno model is never replaced.",
	"observables": "FILE, whole or not at all; one that is there is replaced.",
	"unfold":      "FILE with a weight for each row of --mc-truth; the directory of --model.",
	"report":      "DIR/report.html and DIR/figures/*.png and *.pdf.",
	"bench":       "None: times go to standard output.",
	"version":     "None.",
	"completion":  "None: scripts go to standard output.",
}

// manual makes the help of every command end with the files that it writes and its
// exit statuses.
func manual(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		if text, ok := filesHelp[cmd.Name()]; ok {
			cmd.Annotations = map[string]string{"files": "  " + strings.ReplaceAll(text, "\n", "\n  ")}
		}
	}
	root.SetUsageTemplate(root.UsageTemplate() + `{{with .Annotations.files}}
Files written:
{{.}}
{{end}}{{if .Runnable}}
Exit status:
  0 done, 1 failed, 2 wrong command line (both said in one line on standard error),
  130 interrupted.
{{end}}`)
}

// lossNames are the losses that complete --loss.
func lossNames() []string {
	var names []string
	for _, l := range dctr.Losses() {
		names = append(names, string(l))
	}
	return names
}
