package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/laser"
)

const (
	minBins = 2
	maxBins = 512 // the exact EMD takes up to 2^18 bins in all
)

type scoreOptions struct {
	truth, sample, test string
	weights, logWeights string
	otherWeights        string // to compare them with, of their kind
	statistics          bool
	limits              []float64 // x0, x1 and, for two columns, y0, y1; empty for those of the truth
	columns             []int     // of the histogram, one or two; empty for the first two
	chosen              columnList
	tables              tableOptions // without columns
	bins                int
	metrics             []string // of metricNames; empty for the default
	scale               string   // none or std; empty for the default
	cloudColumns        []int    // of the points that are compared
	histograms          bool     // whether they are compared
	lenient             bool     // a distance that cannot be had is left out
	modes               string   // a density's name or a file of centres
	modeSigma           float64
	modeRadius          float64
	c2stEvents          count
	seed                uint64
	threads             int
	showers             showerOptions
}

func (a *app) scoreCmd() *cobra.Command {
	var (
		o               scoreOptions
		limits, metrics string
		asJSON          bool
	)
	cmd := &cobra.Command{
		Use:   "score --truth FILE --sample FILE",
		Short: "Compare a sample, weighted or not, with the truth",
		Long: fmt.Sprintf(`Compares a sample with truth points: the Jensen-Shannon divergence and the exact
earth mover's distance between histograms of two columns, in nats and data units
and as LaSeR's Table 3 prints them, and the Betti numbers of both; distances
between the points themselves, in any number of columns; the AUC of a fresh
classifier; the shares of the modes of a multimodal density; for every column the
weighted mean with its error, beside that of the truth, the triangular
discrimination S2 (DCTRGAN, eq. 15, 50 bins), the Wasserstein distance W1, the
dilution r, the uncertainty of the column's mean divided by that of the truth, and
N_G (eq. 9), how many points like these know the mean as well as the truth's points.

--statistics adds what S2 is expected to be for equal densities with the weights at
hand, with its spread, S2 of density-normalised histograms, as that paper prints it,
the errors of r and N_G, r from 200 Poisson bootstraps, and the pairs of columns
whose correlations differ most from the truth's; with --json also N_G/N_T of every
bin of the histograms (eq. 11). --compare-weights prints Pearson's
correlation rho of two weightings of the sample.

--metrics chooses among:
  jsd, emd   the histograms' scores (each name stands for both)
  sw         sliced Wasserstein distance of order 1, 32 random directions
  cloud-emd  exact earth mover's distance, 4 batches of 2000 points
  energy     energy distance, 10 batches of 2000 points
  mmd        squared maximum mean discrepancy, Gaussian kernel; mmd-rq: rational
             quadratic kernels; 10 batches of 2000 points
  fpd, kpd   Fréchet and kernel physics distances; kpd: 10 batches of 5000 points
  c2st       classifier two-sample test: the AUC of a fresh classifier (4 layers of
             64 units, 20 epochs, standardised columns) between truth and weighted
             sample, trained on one half of some --c2st-events points of each (of
             weighted ones rather the heavy) and judged on the other, with DeLong's error and the probability p of an AUC
             at least as high without a difference
By default these are jsd, emd and sw for one or two columns, and all but mmd-rq and
c2st (which trains a network) for more, where the histograms are of the first two
columns if those vary. Distances between points, and c2st, are of the columns of
--columns, or of all; distances in more than two are divided by the truth's standard
deviations unless --scale none is given.

A score means something beside its floor, that of independent truth points, as
many as the sample's effective number (for JSD and EMD that of its histogram): of --test, or else of one half of the
truth, and the sample is then scored against the other half. The floor of a
distance between points is the mean over 4 such splits of all truth points, with
its spread. energy, mmd, fpd and kpd scatter about zero for equal densities, c2st
about 1/2: its floor and spread are those of permuted labels, which is what truth
against truth would give. Score learned weights with c2st against truth points that
they were not learned from: they have adapted to the fluctuations of the others.

--modes counts the points within --mode-radius standard deviations (4) of the
nearest mode: their share of all (normal modes in two dimensions: 0.99966), the
modes that are covered (by the weight of at least one average point), and each
mode's share of the points within, with its error, beside equal shares: chi2, p
and the largest |z|. The modes are those of a built-in density (%s), or the
rows of a FILE of centres and their --mode-sigma; a further column of the file
holds the shares that are expected. They are sought in the columns of --columns,
or in all.

FILE is .npy, .npz[:key], .h5[:/path], .csv or .csv.gz.
`+showersHelp, strings.Join(dataset.MultimodalNames(), ", ")),
		Example: `  etalon score --truth truth.npy --sample generated.npy --test moretruth.npy
  etalon score --truth truth.csv --sample generated.csv --weights w.npy --columns 3,7 --json
  etalon score --truth truth.npy --sample generated.npy --weights w.npy --statistics --compare-weights other.npy
  etalon score --truth showers.npz:truth --sample showers.npz:gan --metrics sw,fpd,kpd
  etalon score --truth truth.npy --sample generated.npy --weights w.npy --metrics c2st
  etalon score --truth truth.npy --sample generated.npy --modes gaussians
  etalon score --truth truth.npy --sample generated.npy --modes centres.csv --mode-sigma 0.05`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := need(cmd, "truth", "sample")
			if err == nil {
				err = o.parse(limits, metrics)
			}
			if err == nil {
				err = o.checkModes(cmd.Flags().Changed("mode-sigma"), cmd.Flags().Changed("mode-radius"))
			}
			if err == nil {
				err = checkThreads(o.threads)
			}
			if err == nil {
				err = o.showers.parse(cmd)
			}
			if err == nil {
				err = o.showers.check(o.truth, o.sample)
			}
			if err != nil {
				return err
			}
			r, err := a.compare(&o)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(r)
			}
			return a.printComparison(&o, r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.truth, "truth", "", "`FILE` of truth points")
	f.StringVar(&o.sample, "sample", "", "`FILE` of the points to compare with them")
	f.StringVar(&o.weights, "weights", "", "`FILE` of weights of the sample, one column")
	f.StringVar(&o.logWeights, "log-weights", "", "`FILE` of natural logarithms of weights instead")
	f.StringVar(&o.otherWeights, "compare-weights", "", "`FILE` of other weights of the sample, of the kind of --weights or --log-weights, to correlate these with")
	f.BoolVar(&o.statistics, "statistics", false, "all statistics of the columns, with bootstraps and correlations")
	f.StringVar(&o.test, "test", "", "`FILE` of independent truth points for the floor")
	f.StringVar(&limits, "range", "", "`x0,x1,y0,y1` of the histogram (default: that of the truth)")
	f.IntVar(&o.bins, "bins", 100, "bins of each axis")
	f.Var(&o.chosen, "columns", "columns to compare, by name or by number from 0 (default: 0,1 for histograms, all for points; one column is accepted)")
	weightColumnFlag(cmd, &o.tables)
	memoryFlag(cmd, &o.tables.memory)
	f.StringVar(&metrics, "metrics", "", "`LIST` of scores: "+strings.Join(metricNames(), ", "))
	f.StringVar(&o.scale, "scale", "", "`none` or std: what columns are divided by for distances between points (default: std for more than two columns)")
	f.StringVar(&o.modes, "modes", "", "`FILE` of the centres of modes, or the name of a built-in density that has modes")
	f.Float64Var(&o.modeSigma, "mode-sigma", 0, "standard deviation of the modes of a file")
	f.Float64Var(&o.modeRadius, "mode-radius", 4, "how far from its centre a point belongs to a mode, in standard deviations")
	o.c2stEvents = c2stEvents
	f.Var(&o.c2stEvents, "c2st-events", "most points of the truth, and of the sample, that c2st takes")
	showerFlags(cmd, &o.showers)
	seedFlag(cmd, &o.seed)
	f.IntVar(&o.threads, "threads", 0, "threads of c2st's classifier and of the bootstraps, 0 for one per core; results do not depend on it")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// parse reads the flags that are lists and checks the others.
func (o *scoreOptions) parse(limits, metrics string) error {
	if o.bins < minBins || o.bins > maxBins {
		return usage("--bins %d; %d to %d is accepted", o.bins, minBins, maxBins)
	}
	if o.weights != "" && o.logWeights != "" {
		return usage("--weights and --log-weights are both given; one of them is accepted")
	}
	if o.otherWeights != "" && o.weights+o.logWeights+o.tables.weight == "" {
		return usage("--compare-weights needs weights to compare with: --weights or --log-weights")
	}
	if o.scale != "" && o.scale != scaleNone && o.scale != scaleStd {
		return usage("--scale %q; none and std are accepted", o.scale)
	}
	if metrics != "" {
		for _, s := range strings.Split(metrics, ",") {
			name := strings.TrimSpace(s)
			if !slices.Contains(metricNames(), name) {
				return usage("--metrics %q: %q is unknown; %s are accepted", metrics, name, strings.Join(metricNames(), ", "))
			}
			o.metrics = append(o.metrics, name)
		}
	}
	for i, s := range o.chosen {
		if slices.Contains(o.chosen[:i], s) || strings.HasPrefix(s, "-") {
			return usage("--columns %q; one column or two different ones, counted from 0, are accepted", o.chosen.String())
		}
	}
	if len(o.chosen) > 2 && (o.metrics == nil || o.wants(histogramNames...)) {
		return usage("--columns %q; at most two columns are accepted, but for --metrics without jsd and emd", o.chosen.String())
	}
	if o.tables.weight != "" && o.weights+o.logWeights != "" {
		return usage("--weight-column and --weights or --log-weights are both given; one of them is accepted")
	}
	if limits == "" {
		return nil
	}
	for _, s := range strings.Split(limits, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return usage("--range %q: %q is no finite number", limits, s)
		}
		o.limits = append(o.limits, v)
	}
	if n := len(o.limits); n != 2 && n != 4 {
		return usage("--range %q has %d numbers; x0,x1,y0,y1 is accepted, or x0,x1 for one column", limits, n)
	}
	for k := 0; k < len(o.limits); k += 2 {
		if !(o.limits[k] < o.limits[k+1]) {
			return usage("--range %q: %g is not below %g", limits, o.limits[k], o.limits[k+1])
		}
	}
	return nil
}

func (a *app) printComparison(o *scoreOptions, r *comparison) error {
	var b strings.Builder
	name := filepath.Base(o.sample)
	fmt.Fprintf(&b, "%s: %d points, N_eff %.1f (%.2f %%)\n", name, r.N, r.NEff, 100*r.NEff/float64(r.N))
	if r.Weightings != nil {
		b.WriteString(r.Weightings.line(o))
	}
	switch r.FloorFrom {
	case "test":
		fmt.Fprintf(&b, "against %d points of %s; floor: %d points of %s\n\n", r.TruthN, filepath.Base(o.truth), r.FloorN, filepath.Base(o.test))
	default:
		fmt.Fprintf(&b, "against one half of %s (%d points); floor: %d points of its other half\n\n", filepath.Base(o.truth), r.TruthN, r.FloorN)
	}
	if o.histograms {
		if r.HistogramFloorN != r.FloorN {
			fmt.Fprintf(&b, "floor of JSD and EMD: %d points, what the weights are worth in this histogram\n", r.HistogramFloorN)
		}
		printHistograms(&b, r)
	}
	if len(r.Clouds) > 0 || r.C2ST != nil {
		printClouds(&b, r)
	}
	if r.Modes != nil {
		printModes(&b, r.Modes)
	}
	printColumns(&b, o, r)
	_, err := a.out.Write([]byte(b.String()))
	return err
}

func printHistograms(b *strings.Builder, r *comparison) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tscore\tfloor\tscore/floor\t")
	for _, line := range []struct {
		name         string
		score, floor float64
	}{
		{"JSD [nat]", r.JSD, r.Floor.JSD},
		{"EMD [data units]", r.EMD, r.Floor.EMD},
		{"JSD (paper)", r.JSDPaper, r.Floor.JSDPaper},
		{"EMD (paper)", r.EMDPaper, r.Floor.EMDPaper},
	} {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%s\t\n", line.name, line.score, line.floor, number(line.score/line.floor))
	}
	w.Flush()
	fmt.Fprintf(b, "\nBetti numbers: %d %d (truth: %d %d)\n", r.Betti[0], r.Betti[1], r.TruthBetti[0], r.TruthBetti[1])
	if r.Outside > 0 {
		fmt.Fprintf(b, "outside the range, and not scored: %.3g %% of the sample\n", 100*r.Outside)
	}
	fmt.Fprintln(b)
}

// comparison is what score prints as JSON.
type comparison struct {
	N       int       `json:"n"`
	NEff    float64   `json:"n_eff"`
	Outside float64   `json:"outside"` // share of the sample's weight that the range leaves out
	TruthN  int       `json:"truth_n"` // truth points of the histogram
	Bins    int       `json:"bins,omitempty"`
	Columns []int     `json:"columns,omitempty"`
	Range   []float64 `json:"range,omitempty"`
	*laser.Values
	Betti      *[2]int       `json:"betti,omitempty"`
	TruthBetti *[2]int       `json:"truth_betti,omitempty"`
	Floor      *laser.Values `json:"floor,omitempty"`
	FloorN     int           `json:"floor_n"`
	// HistogramFloorN are the points of the floor of JSD and EMD: the effective size of
	// the sample's histogram, which for weights may exceed N_eff.
	HistogramFloorN int    `json:"histogram_floor_n,omitempty"`
	FloorFrom       string `json:"floor_from"` // test or split
	clouds
	C2ST  *c2stScore  `json:"c2st_auc,omitempty"`
	Modes *modesScore `json:"modes,omitempty"`
	columnScores
	Correlations *correlations `json:"correlations,omitempty"`
	Weightings   *weightings   `json:"compare_weights,omitempty"`
}

// number is a value that may not exist: NaN is null in JSON and a dash in a table.
type number float64

func (v number) MarshalJSON() ([]byte, error) {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(v), 'g', -1, 64), nil
}

func (v number) String() string {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return "-"
	}
	return fmt.Sprintf("%.4g", float64(v))
}
