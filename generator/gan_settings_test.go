package generator

import (
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// The GAN of DCTRGAN (arXiv:2009.03796, section III A): a discriminator of its own sizes,
// a number of updates and a batch of fakes that follow from no table, He-uniform starts.
func TestSettingsOfDCTRGAN(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	x := make([]float32, 1000)
	rng.New(1, "x").NormalRows(x, 1, 0, 0, 1, len(x))
	gan, err := NewGAN(GANConfig{Latent: 5, Hidden: 2, Units: 15, Start: "he-uniform"}, []float64{1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	// He: uniform in ±√(6/fanIn), no biases. The largest of 75 and 225 values reaches 0.9
	// of the bound but for 0.9⁷⁵ = 4·10⁻⁴ of the seeds.
	for layer, fanIn := range []float64{5, 15, 15} {
		name := "gan/" + string(rune('0'+layer))
		w, b := gan.Params.Values(name+"/W"), gan.Params.Values(name+"/b")
		top := float64(max(slices.Max(w), -slices.Min(w)))
		if bound := math.Sqrt(6 / fanIn); top > bound || layer < 2 && top < 0.9*bound || slices.Max(b) != 0 || slices.Min(b) != 0 {
			t.Errorf("layer %d: weights up to %v, bound %v; biases %v", layer, top, bound, b)
		}
	}
	cfg := GANTraining{Config: train.Config{Epochs: 2, Batch: 64, Adam: optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.999}}, Updates: 7, GenBatch: 128, Disc: DiscConfig{Hidden: 2, Units: 25}, DiscSteps: 2}
	l, err := NewGANLearner(e, gan, x, nil, cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := l.StepsPerEpoch(); n != 7 {
		t.Errorf("%d steps an epoch; want 7", n)
	}
	if n := l.disc.Len(); n != 2*25+26*25+26 {
		t.Errorf("the discriminator has %d parameters; want %d", n, 2*25+26*25+26)
	}
	if l.rows != 64 || l.genRows != 128 {
		t.Errorf("batches of %d and %d; want 64 and 128", l.rows, l.genRows)
	}
	before := slices.Clone(gan.Params.Flat())
	records, err := train.Loop{Name: "gan", Epochs: 2}.Run(t.Context(), l)
	if err != nil || len(records) != 2 || records[1].Step != 14 || slices.Equal(before, gan.Params.Flat()) {
		t.Errorf("records %+v, %v", records, err)
	}
	for want, change := range map[string]func(*GANTraining){
		"updates = -1":     func(c *GANTraining) { c.Updates = -1 },
		"gen_batch = -2":   func(c *GANTraining) { c.GenBatch = -2 },
		"patience = 3":     func(c *GANTraining) { c.Patience, c.Validation = 3, 0.1 },
		"hidden and units": func(c *GANTraining) { c.Disc.Units = 0 },
	} {
		bad := cfg
		change(&bad)
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, c := range []GANConfig{{Latent: 2, Hidden: 1, Units: 4, Start: "zero"}, {Latent: 2, Hidden: 1, Units: 4, Start: "he-uniform", Residual: true}} {
		if err := c.Check(1); err == nil || !strings.Contains(err.Error(), "start = ") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
