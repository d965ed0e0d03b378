package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"etalon/report/figure"
)

// rendered is a finished figure.
type rendered struct {
	name          string
	title         string
	caption       string
	alt           string // what is drawn, for those who do not see it
	drawing       figure.Drawing
	png, pdf      []byte
	width, height int // pixels
}

// Build reads the run in dir and writes figures/*.png, figures/*.pdf and
// report.html there, each whole or not at all, replacing older ones.
func Build(dir string) error {
	r, err := load(dir)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	figures := r.figures()
	if err := render(figures); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	page, err := r.html(figures)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "figures"), 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := removeStale(dir, figures); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range figures {
		base := filepath.Join(dir, "figures", f.name)
		if err := errors.Join(writeFile(base+".png", f.png), writeFile(base+".pdf", f.pdf)); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	if err := writeFile(filepath.Join(dir, "report.html"), page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// figureNames are the names of all figures that Build may write.
var figureNames = []string{"dctrgan", "panels", "persistence", "residuals", "profiles", "weights", "hmc", "omnifold", "losses"}

// removeStale removes figures of an earlier report that this one lacks.
func removeStale(dir string, figures []*rendered) error {
	for _, name := range figureNames {
		if slices.ContainsFunc(figures, func(f *rendered) bool { return f.name == name }) {
			continue
		}
		for _, ext := range []string{".png", ".pdf"} {
			if err := os.Remove(filepath.Join(dir, "figures", name+ext)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// figures returns the figures that the run's data allow, not yet rendered.
func (r *run) figures() []*rendered {
	var out []*rendered
	add := func(name, title, caption string, d figure.Drawing) {
		out = append(out, &rendered{name: name, title: title, caption: caption, alt: title, drawing: d})
	}
	f1 := newDCTRGANFigure(r)
	if f1 != nil {
		add("dctrgan", "Data, GAN, DCTRGAN", f1.caption(), f1.drawing())
	}
	// Figure 1 says it all where there is nothing but a GAN and its weights.
	alone := f1 != nil && len(r.feature) == 2
	if line := r.metrics.line(); !line {
		if !alone {
			add("panels", "Densities", captionPanels, newPanelFigure(r).drawing())
		}
		if f := newPersistenceFigure(r); f != nil {
			add("persistence", titlePersistence, captionPersistence, f.drawing())
			out[len(out)-1].alt = f.alt()
		}
		add("residuals", "Where the densities differ", captionResiduals, newResidualFigure(r).drawing())
	}
	if f := newProfileFigure(r); !r.metrics.line() {
		add("profiles", "Projections", captionProfiles, f.drawing())
	} else if !alone {
		add("profiles", "Densities", captionLine, f.drawing())
	}
	if r.weights != nil {
		caption := captionWeights
		if r.weights.joint != nil {
			caption += captionExact
		}
		add("weights", "Weights", caption, r.weights.drawing())
	}
	if f := newHMCFigure(r.hmc); f != nil {
		add("hmc", "Markov chains", captionHMC, f.drawing())
	}
	if f := newOmnifoldFigure(r.omnifold); f != nil {
		caption := captionOmnifold
		if f.scored(jsdOf) || f.scored(emdOf) {
			caption += captionRefined
		}
		add("omnifold", "OmniFold, iteration by iteration", caption, f.drawing())
	}
	if f := newLossFigure(r.history); f != nil {
		add("losses", "Training", captionLosses, f.drawing())
	}
	return out
}

// render makes the PNG and PDF of every figure, several at a time.
func render(figures []*rendered) error {
	errs := make([]error, 2*len(figures))
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	task := func(slot *error, run func() error) {
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			*slot = run()
		})
	}
	for i, f := range figures {
		f.width, f.height = f.drawing.Size()
		task(&errs[2*i], func() error {
			var b bytes.Buffer
			err := f.drawing.PNG(&b)
			f.png = b.Bytes()
			return err
		})
		task(&errs[2*i+1], func() error {
			var b bytes.Buffer
			err := f.drawing.PDF(&b)
			f.pdf = b.Bytes()
			return err
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// writeFile writes a whole file: temporary name, sync, rename.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// What to look for in each figure.
const (
	captionPanels = "Upper row: the truth and what each method makes of it. Look for bridges between parts that should be apart, and for holes that are filled. " +
		"Lower row: the latent points that lead there. A refined latent space is empty where the generator would make what the truth lacks. Each row has one colour scale."
	captionResiduals = "Difference to the truth in every bin, in standard deviations (Poisson errors of both samples, or of the weights; the autocorrelation of Markov chains is not counted). " +
		"Red: too many points, blue: too few. A method that reproduces the truth shows noise without structure, and χ² per bin near 1. χ² counts bins with at least 10 points."
	captionProfiles = "Projections of the range above on both axes, and their ratio to the truth. The grey band in the ratio is the statistical error of the truth sample; a perfect method stays within about 1.4 times the band. " +
		"JSD: divergence of the projection from that of the truth, in nats."
	captionLine   = "Densities and their ratio to the truth. The grey band in the ratio is the statistical error of the truth sample; a perfect method stays within about 1.4 times the band. JSD in nats."
	captionLosses = "Training and validation curves; pale bands show the spread where one point of the curve stands for several updates. A validation curve that rises above the training curve means over-training. " +
		"A classifier whose loss stays at ln 2 sees no difference between generator and truth; a balanced GAN stays at 2 ln 2 (discriminator) and ln 2 (generator)."
	captionPersistence = "Persistence diagrams of the histograms, smoothed over one bin. Take the region where the density is above a level and let the level fall: connected parts appear at peaks and disappear where they meet a higher one, " +
		"holes appear when they are closed and disappear when they are filled. Each mark is a part (disc) or a hole (diamond), placed by the mass that the region holds then. " +
		"What the grey quadrant holds is there when the region has 80 % of the mass (dashed), where the Betti numbers b₀ and b₁ are read. Large marks count; small ones exceed 4 standard deviations of noise, but not surely at that level; " +
		"grey dots near the diagonal are what noise makes. The highest part never disappears; it stands at the upper edge. Marks that sink from there towards the dashed line are parts joined by a bridge, or holes that are being filled."
	captionWeights = "Distribution of the classifier's weights of the generated points. A long tail to the right costs effective sample size; weights near 1 mean that the generator was right."
	captionExact   = " Right: the learned log-weights against the exact ones, which are known because the truth density and the flow's density are. A perfect classifier lies on the diagonal."
	captionHMC     = "Traces should look like noise without drift, chains should visit the same values, the autocorrelation should fall quickly to zero and the ranks should be flat. " +
		"R̂ above 1.01, or divergences, mean that the sample cannot be trusted yet."
	captionOmnifold = "The generator has hidden latents, so that a weight of its output is none of the visible ones: OmniFold pulls the weights back in iterations. " +
		"The change of the log-weights should fall until only the noise of the training is left, and step 1's AUC, shown with its error, should reach ½: truth and weighted sample cannot be told apart. An effective size that keeps falling after that means that noise is being unfolded."
	captionRefined = " Below: the score of a sample whose latents follow ν and whose hidden latents are new. It should come down to that of the weights w(x) themselves, where weights that are carried over directly cannot."
)
