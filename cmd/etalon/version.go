package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"etalon/internal/simd"
	"etalon/version"
)

type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	SIMD     string `json:"simd"`
	Threads  int    `json:"threads"`
}

func (a *app) versionCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Tell which version this is and what it runs on",
		Long: `Tells the version, the Go that built it, the platform, and the instructions and
threads that it computes with. The environment variable ETALON_SIMD (generic, avx2,
avx512 or amx) chooses lesser instructions than the processor has.`,
		Example: "  etalon version --json",
		Args:    exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			v := versionInfo{
				Version: version.String(), Revision: version.Revision(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
				SIMD: simd.Active().String(), Threads: runtime.GOMAXPROCS(0),
			}
			if err := simd.EnvError(); err != nil {
				fmt.Fprintf(a.err, "etalon: warning: %s\n", oneLine(err.Error()))
			}
			if asJSON {
				return a.printJSON(v)
			}
			revision := ""
			if v.Revision != "" {
				revision = " (" + v.Revision + ")"
			}
			_, err := fmt.Fprintf(a.out, "etalon %s%s\n%s %s/%s, SIMD %s, %d threads\n", v.Version, revision, v.Go, v.OS, v.Arch, v.SIMD, v.Threads)
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
