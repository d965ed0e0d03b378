package laser

import (
	"fmt"
	"math"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/generator"
	"etalon/preprocess"
	"etalon/rng"
)

// truth holds the truth points of a run, split by use. All tables are row-major
// with dim columns, in random order.
type truth struct {
	dim   int
	train []float32
	score []float32 // the sample that methods are compared with
	// trainW and scoreW are the weights of these, from 0 on and of mean 1; nil where all
	// are equal.
	trainW, scoreW []float64
	shift          []float64 // mean of each feature of train; nil for a density that lies around 0
	scale          []float64 // standard deviation of each feature of train
	// transform is what is done to the features first; shift and scale are of the result.
	transform preprocess.Transform
	// conditions are columns that the others are given; nil is none.
	conditions *generator.Conditions
	rng        [4]float64
	// independent returns at most n more points: the truth against which the truth
	// itself is scored. Samples number 0, 1, … are independent of each other; a truth
	// file has number 0 only, and gives none for others.
	independent func(n, number int) dctr.Sample
	spare       int // most points that independent returns; 0: any number
}

// offCentre is the mean, in standard deviations, from which on the features of a density
// are centred, as those of a file are. Those of the LaSeR paper are not.
const offCentre = 0.1

// loadTruth draws from the density, or reads and splits the file: half for
// training, a quarter each for the scores and their floor. memory bounds the table, 0 for
// the bound of package dataset.
func loadTruth(cfg Config, d dataset.Density, memory int64) (*truth, error) {
	t := &truth{}
	var err error
	if d != nil {
		t.dim = d.Dim()
		if t.transform, err = cfg.Preprocess.For(nil, t.dim); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		draw := func(name string, n int) []float32 {
			x := make([]float32, n*t.dim)
			dataset.Sample(d, x, rng.New(cfg.Seed, name), 0)
			return x
		}
		t.train = draw("truth/train", cfg.Data.Points)
		if err := t.transform.CheckRows(t.train, nil, 0); err != nil {
			return nil, fmt.Errorf("config: preprocess: %s: %w", cfg.Density, err)
		}
		t.score = draw("truth/score", cfg.Score.Points)
		t.independent = func(n, number int) dctr.Sample {
			if number == 0 {
				return dctr.Sample{X: draw("truth/floor", n)}
			}
			return dctr.Sample{X: draw(fmt.Sprintf("truth/floor/%d", number), n)}
		}
		if t.rng[0], t.rng[1], t.rng[2], t.rng[3] = d.Range(); cfg.Score.Columns[0] == 1 {
			t.rng = [4]float64{t.rng[2], t.rng[3], t.rng[0], t.rng[1]}
		}
	} else {
		table, err := dataset.Read(cfg.Truth, cfg.truthOptions(memory))
		if err != nil {
			return nil, err
		}
		if err := checkTruth(cfg, table); err != nil {
			return nil, err
		}
		t.dim = table.Cols
		if t.transform, err = cfg.Preprocess.For(table.Names, t.dim); err != nil {
			return nil, fmt.Errorf("config: %s: %w", cfg.Truth, err)
		}
		if err := t.transform.CheckRows(table.Data, table.Names, 0); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.Truth, err)
		}
		shuffle(table, cfg.Seed)
		half, quarter := table.Rows/2, table.Rows/4
		part := func(lo, hi int) dctr.Sample {
			s := dctr.Sample{X: table.Data[lo*t.dim : hi*t.dim]}
			if table.Weights != nil {
				s.W = unitMean(table.Weights[lo:hi])
			}
			return s
		}
		train, score := part(0, min(half, cfg.Data.Points)), part(half, half+min(quarter, cfg.Score.Points))
		t.train, t.trainW, t.score, t.scoreW = train.X, train.W, score.X, score.W
		if err := t.setConditions(cfg, table.Names); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.Truth, err)
		}
		t.spare = table.Rows - half - quarter
		t.independent = func(n, number int) dctr.Sample {
			if number > 0 {
				return dctr.Sample{}
			}
			return part(half+quarter, half+quarter+min(n, t.spare))
		}
		t.rng = span(t.score, t.scoreW, t.dim, cfg.Score.Columns)
	}
	for _, c := range cfg.Score.Columns {
		if c >= t.dim {
			return nil, fmt.Errorf("config: score.columns = %v; the truth has %s", cfg.Score.Columns, plural(t.dim, "column"))
		}
	}
	copy(t.rng[:], cfg.Score.Range)
	if len(cfg.Score.Columns) == 1 {
		t.rng[2], t.rng[3] = 0, 1 // of the one bin across: areas are widths
	}
	x := t.train
	if t.transform.Maps() {
		x = make([]float32, len(t.train))
		t.transform.Forward(x, t.train)
	}
	mean, deviation := moments(x, t.trainW, t.dim)
	t.scale = deviation
	for j, m := range mean {
		if d == nil || math.Abs(m) > offCentre*deviation[j] {
			t.shift = mean
		}
	}
	for j, s := range t.scale {
		if !(s > 0) {
			return nil, fmt.Errorf("truth: column %d is constant; a density needs every column to vary", j)
		}
	}
	t.transform.Unscaled(t.shift, t.scale)
	return t, nil
}

func shuffle(t *dataset.Table, seed uint64) {
	order := make([]uint32, t.Rows)
	rng.New(seed, "truth/shuffle").Perm(order, 0)
	data := make([]float32, len(t.Data))
	for i, from := range order {
		copy(data[i*t.Cols:(i+1)*t.Cols], t.Data[int(from)*t.Cols:])
	}
	t.Data = data
	if t.Weights == nil {
		return
	}
	w := make([]float64, len(t.Weights))
	for i, from := range order {
		w[i] = t.Weights[from]
	}
	t.Weights = w
}

// moments returns mean and standard deviation of each column of points of weights w (nil: 1
// each).
func moments(x []float32, w []float64, dim int) (mean, deviation []float64) {
	n := len(x) / dim
	mean, deviation = make([]float64, dim), make([]float64, dim)
	weight := func(i int) float64 {
		if w == nil {
			return 1
		}
		return w[i]
	}
	for j := range dim {
		total, sum, m2 := 0.0, 0.0, 0.0
		for i := range n {
			total += weight(i)
			sum += weight(i) * float64(x[i*dim+j])
		}
		mean[j] = sum / total
		for i := range n {
			d := float64(x[i*dim+j]) - mean[j]
			m2 += weight(i) * d * d
		}
		deviation[j] = math.Sqrt(m2 / total)
	}
	return mean, deviation
}

// plural writes a number of things.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// span returns the range of one or two columns of points of weights w (nil: 1 each), a
// little widened; what has no weight does not count.
func span(x []float32, w []float64, dim int, columns []int) (r [4]float64) {
	for k, j := range columns {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := j; i < len(x); i += dim { // a column that there is not is refused later
			if w == nil || w[i/dim] > 0 {
				lo, hi = min(lo, float64(x[i])), max(hi, float64(x[i]))
			}
		}
		pad := 0.01 * (hi - lo)
		r[2*k], r[2*k+1] = lo-pad, hi+pad
	}
	return r
}
