package main

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"etalon/dataset"
	"etalon/metric"
)

const (
	maxModes   = 4096
	shownModes = 32 // lines of the table
)

// modesScore is how a sample fills the modes, beside the truth.
type modesScore struct {
	From    string      `json:"from"`    // name of a density, or a file
	Centres [][]float64 `json:"centres"` // of the modes, in the order of shares
	Sigma   float64     `json:"sigma"`
	Columns []int       `json:"columns"`
	*metric.Modes
	Truth *metric.Modes `json:"truth"`
}

// checkModes checks the flags of the modes.
func (o *scoreOptions) checkModes(sigma, radius bool) error {
	switch named := slices.Contains(dataset.Names(), o.modes); {
	case o.modes == "" && (sigma || radius):
		return usage("--mode-sigma and --mode-radius are of --modes, which is not given")
	case o.modes == "":
		return nil
	case named && sigma:
		return usage("--mode-sigma is of --modes FILE; the modes of %s have a width already", o.modes)
	case named:
		if d, err := dataset.Lookup(o.modes); err != nil || !isMultimodal(d) {
			return usage("--modes %s: that density has no modes; %s have", o.modes, strings.Join(dataset.MultimodalNames(), ", "))
		}
	case filepath.Ext(o.modes) == "":
		return usage("--modes %q; a table of centres (.npy, .npz or .csv) or one of %s is accepted", o.modes, strings.Join(dataset.MultimodalNames(), ", "))
	case !sigma:
		return usage("--modes %s needs the width of the modes: --mode-sigma", o.modes)
	}
	if sigma && (!(o.modeSigma > 0) || math.IsInf(o.modeSigma, 0)) {
		return usage("--mode-sigma %v; a positive width is accepted", o.modeSigma)
	}
	if !(o.modeRadius > 0) || math.IsInf(o.modeRadius, 0) {
		return usage("--mode-radius %v; a positive number of sigmas is accepted", o.modeRadius)
	}
	return nil
}

func isMultimodal(d dataset.Density) bool {
	_, ok := d.(dataset.Multimodal)
	return ok
}

// readModes returns where the modes are, in the columns that are compared.
func (o *scoreOptions) readModes() (metric.ModeOptions, error) {
	m := metric.ModeOptions{Radius: o.modeRadius, Sigma: o.modeSigma}
	dim := len(o.cloudColumns)
	if d, err := dataset.Lookup(o.modes); err == nil {
		m.Centres, m.Sigma = d.(dataset.Multimodal).Modes()
		if d.Dim() != dim {
			return m, fmt.Errorf("--modes %s: its modes have %s, and %d are compared; choose them with --columns", o.modes, plural(d.Dim(), "coordinate"), dim)
		}
		return m, nil
	}
	t, err := dataset.Read(o.modes, dataset.ReadOptions{MaxBytes: int64(o.tables.memory)})
	if err != nil {
		return m, err
	}
	if t.Cols != dim && t.Cols != dim+1 {
		return m, fmt.Errorf("%s: the table has %s; a centre has %d here, and one more may hold its share", o.modes, plural(t.Cols, "column"), dim)
	}
	if t.Rows > maxModes {
		return m, fmt.Errorf("%s: %d modes; at most %d are accepted", o.modes, t.Rows, maxModes)
	}
	for i := range t.Rows {
		row := make([]float64, t.Cols)
		for j := range row {
			row[j] = float64(t.Data[i*t.Cols+j])
		}
		m.Centres = append(m.Centres, row[:dim])
		if t.Cols > dim {
			m.Shares = append(m.Shares, row[dim])
		}
	}
	return m, nil
}

// scoreModes counts the points in the modes.
func (o *scoreOptions) scoreModes(ref, sample *points, r *comparison) error {
	if o.modes == "" {
		return nil
	}
	m, err := o.readModes()
	if err != nil {
		return err
	}
	unit := make([]float64, ref.Cols)
	for j := range unit {
		unit[j] = 1
	}
	s := &modesScore{From: o.modes, Centres: m.Centres, Sigma: m.Sigma, Columns: o.cloudColumns}
	for _, of := range []struct {
		p  *points
		to **metric.Modes
	}{{sample, &s.Modes}, {ref, &s.Truth}} {
		if *of.to, err = metric.ModeCoverage(selected(of.p.cloud(), o.cloudColumns, unit), m); err != nil {
			return fmt.Errorf("--modes %s: %s", o.modes, strings.TrimPrefix(err.Error(), "metric: ModeCoverage: "))
		}
	}
	r.Modes = s
	return nil
}

func printModes(b *strings.Builder, s *modesScore) {
	fmt.Fprintf(b, "modes of %s: %d of %d covered; %.3f +- %.3f %% of the points within %g sigma (truth %.3f +- %.3f %%, normal modes %.3f %%)\n",
		s.From, s.Covered, len(s.Shares), 100*s.Within, 100*s.WithinError, s.Radius, 100*s.Truth.Within, 100*s.Truth.WithinError, 100*s.WithinExpected)
	order := make([]int, len(s.Shares))
	for k := range order {
		order[k] = k
	}
	if len(order) > shownModes { // those that differ most
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(math.Abs(s.Shares[j].Z), math.Abs(s.Shares[i].Z)) })
		order = order[:shownModes]
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "mode\tcentre\tN_eff\tshare [%]\terror\texpected\tz\ttruth [%]\t")
	for _, k := range order {
		m := s.Shares[k]
		fmt.Fprintf(w, "%d\t%s\t%.1f\t%.3f\t%.3f\t%.3f\t%.2f\t%.3f\t\n", k, centre(s.Centres[k]), m.NEff, 100*m.Share, 100*m.Error, 100*m.Expected, m.Z, 100*s.Truth.Shares[k].Share)
	}
	w.Flush()
	if n := len(s.Shares) - len(order); n > 0 {
		fmt.Fprintf(b, "%s more, which differ less; --json has all\n", plural(n, "mode"))
	}
	fmt.Fprintf(b, "shares: chi2 %.4g for %s of freedom, p = %.2g; largest |z| %.2f (truth: chi2 %.4g, p = %.2g)\n\n",
		s.Chi2, plural(s.DOF, "degree"), s.P, s.MaxAbsZ, s.Truth.Chi2, s.Truth.P)
}

// centre writes the first coordinates of a centre.
func centre(c []float64) string {
	const shown = 3
	var parts []string
	for _, v := range c[:min(len(c), shown)] {
		parts = append(parts, fmt.Sprintf("%.4g", v))
	}
	if len(c) > shown {
		parts = append(parts, "...")
	}
	return strings.Join(parts, ",")
}
