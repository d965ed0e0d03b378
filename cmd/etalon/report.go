package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"etalon/engine/cpu"
	"etalon/report"
	"etalon/showers"
)

func (a *app) reportCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Draw the figures and the report of a run again",
		Long: `Draws the figures of a run directory again, as PNG and PDF, and writes its
report.html. DIR is the directory of a run, which must have its scores
(metrics.json); nothing is computed again. Of a study of showers the scores are, from
the showers in the directory and in the truth's file.`,
		Example: "  etalon report runs/gaussians-quick",
		Args:    exactArgs("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.report(args[0]); err != nil {
				return err
			}
			path := filepath.Join(args[0], reportName)
			if asJSON {
				return a.printJSON(map[string]string{"report": path})
			}
			_, err := fmt.Fprintln(a.out, path)
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// report writes the report of a run of any kind.
func (a *app) report(dir string) error {
	path := filepath.Join(dir, "run.toml")
	if !exists(path) {
		return report.Build(dir)
	}
	shower, err := isShowers(path)
	if err != nil {
		return err
	}
	if !shower {
		return report.Build(dir)
	}
	cfg, err := showers.ReadConfigAs(path, "")
	if err != nil {
		return err
	}
	e := cpu.New(0)
	defer e.Close()
	r, err := showers.Open(dir, cfg, e, a.show)
	if err != nil {
		return err
	}
	if !r.Complete() {
		return fmt.Errorf("%s: the run is not complete; etalon run continues it", dir)
	}
	return a.do(r, dir)
}
