// Package version tells which Etalon this is.
package version

import "runtime/debug"

// number is the release that this source leads to.
const number = "0.1.0"

// String returns the release number. It does not name the commit, so that results
// of equal code have equal provenance wherever it was built; see Revision.
func String() string { return number }

// Revision returns the commit that the binary was built from, with "+dirty" if the
// tree had changes, or "" where the build does not know it.
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	rev, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if rev == "" {
		return ""
	}
	return rev[:min(12, len(rev))] + dirty
}
