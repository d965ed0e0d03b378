package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"etalon/calo"
	"etalon/report/figure"
)

// caloFigureNames are the names of all figures that BuildCalo may write.
var caloFigureNames = []string{"calo_weights", "calo_observables", "calo_layers", "calo_differences", "calo_moments",
	"calo_correlations", "calo_summary", "calo_profiles", "calo_images", "calo_image_ratios", "calo_display"}

// CaloFigure is a figure that BuildCalo wrote: figures/Name.png and figures/Name.pdf.
type CaloFigure struct{ Name, Title, Caption string }

// BuildCalo writes the report on calorimeter showers into dir: figures/calo_*.png and
// .pdf, and report.html, each whole or not at all, replacing older ones. It returns the
// figures in the order of the page; those that the input does not allow are left out.
// Equal input gives equal bytes.
func BuildCalo(dir string, c *Calo) ([]CaloFigure, error) {
	out, err := buildCalo(dir, c)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out, nil
}

func buildCalo(dir string, c *Calo) ([]CaloFigure, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	figures, err := c.figures()
	if err != nil {
		return nil, err
	}
	if err := render(figures); err != nil {
		return nil, err
	}
	page, err := c.html(figures)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "figures"), 0o755); err != nil {
		return nil, err
	}
	var out []CaloFigure
	for _, name := range caloFigureNames {
		base := filepath.Join(dir, "figures", name)
		k := slices.IndexFunc(figures, func(f *rendered) bool { return f.name == name })
		if k >= 0 {
			f := figures[k]
			out = append(out, CaloFigure{f.name, f.title, f.caption})
			if err := errors.Join(writeFile(base+".png", f.png), writeFile(base+".pdf", f.pdf)); err != nil {
				return nil, err
			}
			continue
		}
		for _, ext := range []string{".png", ".pdf"} {
			if err := os.Remove(base + ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	return out, writeFile(filepath.Join(dir, "report.html"), page)
}

// figures returns the figures that the input allows, in the order of caloFigureNames.
func (c *Calo) figures() ([]*rendered, error) {
	var out []*rendered
	add := func(name, title, caption string, d figure.Drawing) {
		out = append(out, &rendered{name: name, title: title, caption: caption, alt: title, drawing: d})
	}
	w, err := newCaloWeights(c)
	if err != nil {
		return nil, err
	}
	if w != nil {
		add("calo_weights", "Weights", captionCaloWeights, w.drawing())
	}
	layers := caloLayers(c)
	selected := spread(layers, 8)
	for _, g := range []struct {
		name, title, caption string
		columns              int
		observables          []string
	}{
		{"calo_observables", "Active cells, centroid and energy", captionCaloObservables, 3, []string{calo.NActive, calo.Centroid, calo.TotalEnergy}},
		{"calo_layers", "Energies of layers", captionCaloLayers, 4, layerNames(calo.LayerEnergy, selected)},
		{"calo_differences", "Differences between layers", captionCaloDifferences, 4, differenceNames(layers)},
		{"calo_moments", "Second moments", captionCaloMoments, 4, layerNames(calo.X2Moment, selected)},
	} {
		grid, err := newCaloGrid(c, g.columns, g.observables)
		if err != nil {
			return nil, err
		}
		if grid != nil {
			add(g.name, g.title, g.caption, grid.drawing())
		}
	}
	if f := newCaloCorrelations(c); f != nil {
		add("calo_correlations", "Correlations", captionCaloCorrelations, f.drawing())
	}
	if f := newCaloSummary(c); f != nil {
		add("calo_summary", "All observables", captionCaloSummary, f.drawing())
	}
	if f := newCaloProfiles(c); f != nil {
		add("calo_profiles", "Profiles", captionCaloProfiles, f.drawing())
	}
	if f := newCaloImages(c); f != nil {
		add("calo_images", "Mean showers", captionCaloImages, f.drawing(false))
		add("calo_image_ratios", "Mean showers, ratio to the truth", captionCaloRatios, f.drawing(true))
	}
	if f := newCaloDisplay(c); f != nil {
		add("calo_display", "Single showers", captionCaloDisplay, f.drawing())
	}
	return out, nil
}

// What to look for in each figure.
const (
	captionCaloBins = " The legend has the separation power ‹S²› (true convention, 0 to 1), its expectation for two samples of one density (noise), both times 1000, and r, the standard error of the mean in units of the truth's. " +
		"The grey band in the ratio is the statistical error of the truth. Underflow and overflow are in no bin. Layers are counted from 0."
	captionCaloWeights = "Weights of the generated showers, brought to mean 1; weights below the axis count in its first bin. “Effective” is Kish's number in per cent of the showers. " +
		"A tail to the right costs effective showers. Right: the weights of the same showers by two classifiers, with the Pearson correlation of the weights themselves."
	captionCaloObservables  = "Composite observables of the showers, and their ratio to the truth." + captionCaloBins
	captionCaloLayers       = "Energy in selected layers." + captionCaloBins
	captionCaloDifferences  = "Difference between the energies of two layers, the next one (top) and the fourth after it (bottom). Before the shower's maximum they are negative; near layers are correlated, which makes them narrow." + captionCaloBins
	captionCaloMoments      = "Energy-weighted second moment in x of selected layers, which no high-level classifier has seen; those in y are alike." + captionCaloBins
	captionCaloCorrelations = "Linear correlation coefficients minus those of the truth. White is right. The RMS over all pairs should come down to that of the statistical errors."
	captionCaloSummary      = "Histograms over all observables: ‹S²›, its ratio to that of the unweighted generator (left of the dashed line is better), and r (right of it is less precise than the truth sample). Values beyond an axis count in its last bin. " +
		"Where the generator is right to begin with, the ratio is one of noise, and above 1 for weighted samples."
	captionCaloProfiles = "Mean energy by layer, and by distance from the shower's own centre of energy, in rings of one cell width. Bands and bars are standard errors of the mean."
	captionCaloImages   = "Mean showers in three projections, in MeV a shower and cell, on one logarithmic scale a row. White cells never have energy."
	captionCaloRatios   = "The same, divided by the truth. Red: too much energy, blue: too little. White cells have less than 10⁻⁴ of the largest mean; speckles are statistical."
	captionCaloDisplay  = "Single showers, picked without choice: active cells in space, from back to front, marks larger and darker for more energy; and sums along the three axes."
)
