package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"etalon/report"
)

func (a *app) reportCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Draw the figures and the report of a run again",
		Long: `Draws the figures of a run directory again, as PNG and PDF, and writes its
report.html. DIR is the directory of a run, which must have its scores
(metrics.json); nothing is computed again.`,
		Example: "  etalon report runs/gaussians-quick",
		Args:    exactArgs("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := report.Build(args[0]); err != nil {
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
