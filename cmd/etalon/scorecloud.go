package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"etalon/dataset"
	"etalon/metric"
)

const (
	floorSplits      = 4
	slicedDirections = 32
	scaleNone        = "none"
	scaleStd         = "std"
)

// cloudScore is a distance between points, beside its floor.
type cloudScore struct {
	Value       number  `json:"value"`
	Error       number  `json:"error"`
	Floor       number  `json:"floor"`
	FloorSpread number  `json:"floor_spread"`
	Batches     int     `json:"batches,omitempty"`
	BatchPoints *[2]int `json:"batch_points,omitempty"` // of truth and sample
	metric      *cloudMetric
}

// clouds are the distances between points.
type clouds struct {
	CloudColumns []int         `json:"cloud_columns,omitempty"`
	CloudScale   string        `json:"cloud_scale,omitempty"` // none or std
	SW           *cloudScore   `json:"sliced_wasserstein,omitempty"`
	PointEMD     *cloudScore   `json:"cloud_emd,omitempty"`
	Energy       *cloudScore   `json:"energy_distance,omitempty"`
	MMD          *cloudScore   `json:"mmd,omitempty"`
	MMDRQ        *cloudScore   `json:"mmd_rq,omitempty"`
	FPD          *cloudScore   `json:"fpd,omitempty"`
	KPD          *cloudScore   `json:"kpd,omitempty"`
	Bandwidth    number        `json:"mmd_bandwidth,omitempty"`
	Clouds       []*cloudScore `json:"-"` // in the order of the table
}

// cloudContext is what scores and floors have in common.
type cloudContext struct {
	bandwidth float64   // of MMD
	scale     []float64 // of FPD and KPD
}

// cloudMetric is one distance between points.
type cloudMetric struct {
	name, label string
	length      bool // in the units of the columns
	at          func(c *clouds) **cloudScore
	score       func(x, y metric.Cloud, o metric.BatchOptions, c *cloudContext) (metric.Batched, error)
}

var histogramNames = []string{"jsd", "emd"}

var cloudMetrics = []cloudMetric{
	{"sw", "sliced W1", true, func(c *clouds) **cloudScore { return &c.SW },
		func(x, y metric.Cloud, o metric.BatchOptions, _ *cloudContext) (metric.Batched, error) {
			e, err := metric.SlicedWasserstein(x, y, metric.SlicedOptions{Seed: o.Seed, Projections: slicedDirections})
			return metric.Batched{Estimate: e}, err
		}},
	{"cloud-emd", "EMD of points", true, func(c *clouds) **cloudScore { return &c.PointEMD },
		func(x, y metric.Cloud, o metric.BatchOptions, _ *cloudContext) (metric.Batched, error) {
			return metric.BatchedCloudEMD(x, y, o)
		}},
	{"energy", "energy distance", true, func(c *clouds) **cloudScore { return &c.Energy },
		func(x, y metric.Cloud, o metric.BatchOptions, _ *cloudContext) (metric.Batched, error) {
			return metric.EnergyDistance(x, y, o)
		}},
	{"mmd", "MMD squared", false, func(c *clouds) **cloudScore { return &c.MMD },
		func(x, y metric.Cloud, o metric.BatchOptions, c *cloudContext) (metric.Batched, error) {
			return metric.MMD(x, y, metric.MMDOptions{BatchOptions: o, Bandwidth: c.bandwidth})
		}},
	{"mmd-rq", "MMD squared (RQ)", false, func(c *clouds) **cloudScore { return &c.MMDRQ },
		func(x, y metric.Cloud, o metric.BatchOptions, c *cloudContext) (metric.Batched, error) {
			return metric.MMD(x, y, metric.MMDOptions{BatchOptions: o, Bandwidth: c.bandwidth, Kernel: metric.RationalKernel})
		}},
	{"fpd", "FPD", false, func(c *clouds) **cloudScore { return &c.FPD },
		func(x, y metric.Cloud, _ metric.BatchOptions, c *cloudContext) (metric.Batched, error) {
			e, err := metric.FPD(x, y, c.scale)
			return metric.Batched{Estimate: e}, err
		}},
	{"kpd", "KPD", false, func(c *clouds) **cloudScore { return &c.KPD },
		func(x, y metric.Cloud, o metric.BatchOptions, c *cloudContext) (metric.Batched, error) {
			return metric.KPD(x, y, c.scale, o)
		}},
}

func metricNames() []string {
	names := slices.Clone(histogramNames)
	for _, m := range cloudMetrics {
		names = append(names, m.name)
	}
	return append(names, c2stName)
}

func defaultMetrics(columns int) []string {
	if columns <= 2 {
		return []string{"jsd", "emd", "sw"}
	}
	return []string{"jsd", "emd", "sw", "cloud-emd", "energy", "mmd", "fpd", "kpd"}
}

// wants tells whether one of the metrics is asked for.
func (o *scoreOptions) wants(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(o.metrics, n) })
}

func (p *points) cloud() metric.Cloud { return metric.Cloud{X: p.Data, Dim: p.Cols, LogW: p.logw} }

// scoreClouds compares sample and reference point by point. The floors are those
// of random splits of all truth points.
func (o *scoreOptions) scoreClouds(truth *dataset.Table, ref, sample *points, all *dataset.Table, r *comparison) error {
	if !slices.ContainsFunc(cloudMetrics, func(m cloudMetric) bool { return o.wants(m.name) }) {
		return nil
	}
	r.CloudColumns, r.CloudScale = o.cloudColumns, o.scale
	if r.CloudScale == "" {
		r.CloudScale = scaleNone
		if len(o.cloudColumns) > 2 {
			r.CloudScale = scaleStd
		}
	}
	unit := make([]float64, truth.Cols)
	for j := range unit {
		unit[j] = 1
		if r.CloudScale == scaleStd {
			unit[j] = deviation(column(truth, j))
		}
	}
	x, y := selected(ref.cloud(), o.cloudColumns, unit), selected(sample.cloud(), o.cloudColumns, unit)
	pool := selected(metric.Cloud{X: all.Data, Dim: all.Cols}, o.cloudColumns, unit)
	context := &cloudContext{scale: metric.FeatureScale(x)}
	if o.wants("mmd", "mmd-rq") {
		var err error
		if context.bandwidth, err = metric.MedianDistance(x); err != nil && !o.lenient {
			return fmt.Errorf("%s: the columns are constant", o.truth)
		}
		r.Bandwidth = number(context.bandwidth)
	}
	for k := range cloudMetrics {
		m := &cloudMetrics[k]
		if !o.wants(m.name) {
			continue
		}
		s, err := m.compare(x, y, pool, context, o.seed, r)
		if err != nil {
			if !o.lenient {
				return fmt.Errorf("--metrics %s: %s", m.name, strings.TrimPrefix(err.Error(), "metric: "))
			}
			none := number(math.NaN())
			s = &cloudScore{Value: none, Error: none, Floor: none, FloorSpread: none, metric: m}
		}
		*m.at(&r.clouds) = s
		r.Clouds = append(r.Clouds, s)
	}
	return nil
}

// compare returns the score with its floor, whose batches have the effective size
// of the score's. The floor is NaN where the effective points are too few for it.
func (m *cloudMetric) compare(x, y, pool metric.Cloud, c *cloudContext, seed uint64, r *comparison) (*cloudScore, error) {
	o := metric.BatchOptions{Seed: seed}
	b, err := m.score(x, y, o, c)
	if err != nil {
		return nil, err
	}
	s := &cloudScore{Value: number(b.Value), Error: number(b.Error), metric: m}
	if b.Batches > 0 {
		s.Batches, s.BatchPoints = b.Batches, &[2]int{b.SizeX, b.SizeY}
		o.Batches, o.Size = b.Batches, b.SizeX
		o.SizeY = max(int(math.Round(float64(b.SizeY)*y.ESS()/float64(y.Positive()))), 2)
	}
	f, err := metric.TruthFloor(pool, r.TruthN, r.FloorN, floorSplits, seed, func(x, y metric.Cloud) (float64, error) {
		b, err := m.score(x, y, o, c)
		return b.Value, err
	})
	if err != nil { // too few effective points
		f.Mean, f.Spread = math.NaN(), math.NaN()
	}
	s.Floor, s.FloorSpread = number(f.Mean), number(f.Spread)
	return s, nil
}

// selected returns some columns of points, divided by their units.
func selected(c metric.Cloud, columns []int, unit []float64) metric.Cloud {
	out := metric.Cloud{X: make([]float32, 0, c.Len()*len(columns)), Dim: len(columns), LogW: c.LogW}
	for i := range c.Len() {
		for _, j := range columns {
			out.X = append(out.X, float32(float64(c.X[i*c.Dim+j])/unit[j]))
		}
	}
	return out
}

// deviation returns the standard deviation, 1 where it is 0.
func deviation(v []float64) float64 {
	var mean, square float64
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		square += (x - mean) * (x - mean) / float64(len(v))
	}
	if square == 0 {
		return 1
	}
	return math.Sqrt(square)
}

func printClouds(b *strings.Builder, r *comparison) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tscore\terror\tfloor\tspread\texcess [σ]\tbatches\t")
	for _, s := range r.Clouds {
		label, batches := s.metric.label, "all points"
		if s.metric.length && r.CloudScale == scaleStd {
			label += " [std]"
		} else if s.metric.length {
			label += " [data units]"
		}
		if s.BatchPoints != nil {
			batches = fmt.Sprintf("%d of %d+%d", s.Batches, s.BatchPoints[0], s.BatchPoints[1])
		}
		excess := float64(s.Value-s.Floor) / math.Hypot(float64(s.Error), float64(s.FloorSpread))
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", label, s.Value, s.Error, s.Floor, s.FloorSpread, number(excess), batches)
	}
	if c := r.C2ST; c != nil {
		fmt.Fprintf(w, "C2ST AUC\t%s\t%s\t%s\t%s\t%s\t%d+%d judged\t\n", c.Value, c.Error, c.Floor, c.FloorSpread, number(float64(c.Value-0.5)/float64(c.Error)), c.Judged[0], c.Judged[1])
	}
	w.Flush()
	if r.C2ST != nil {
		fmt.Fprintf(b, "C2ST: %s; floor: permuted labels\n", r.C2ST.verdict)
	}
	if len(r.Clouds) == 0 {
		b.WriteByte('\n')
		return
	}
	fmt.Fprintf(b, "distances between points of %s", plural(len(r.CloudColumns), "column"))
	if r.CloudScale == scaleStd {
		b.WriteString(", divided by the truth's standard deviations")
	}
	fmt.Fprintf(b, "; floor: mean and spread of %d splits of the truth\n\n", floorSplits)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
