package train_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// An input whose rows are made for each batch trains the same bytes as a table of them.
// Held-out rows are more than a batch, so that their mean is put together from parts of
// unequal lengths; Valid takes the place of the loss there.
func TestExpandedRows(t *testing.T) {
	const rows, batch = 60, 16
	x, y := gaussians(rows/2, [2]float64{0.5, 0}, 1)
	learner := func(table bool) (*train.Objective, *nn.Params, error) {
		e := cpu.New(1)
		t.Cleanup(e.Close)
		net := nn.MLP{Name: "f", In: 2, Hidden: 1, Units: 4, Out: 1, Slope: 0.1}
		params := &nn.Params{}
		net.Init(params, rng.New(1, "init"))
		g := graph.New()
		in, label := g.Input("x", 2), g.Input("y", 1)
		mean := graph.MeanRows(graph.Square(graph.Sub(net.Build("", in), label)))
		cfg := train.ObjectiveConfig{Loss: mean, Valid: graph.MulScalar(mean, 3), Params: params, Adam: optim.Adam{Alpha: 0.01},
			Fields:  map[string][]float32{"y": y},
			Batches: train.NewBatches(rng.New(2, "batches"), train.Group{Lo: 0, Hi: rows, Share: batch}),
			Holdout: train.Range(0, 37)}
		if table {
			cfg.Fields["x"] = x
		} else {
			cfg.Expand = map[string]func([]uint32, []float32){"x": func(rows []uint32, dst []float32) {
				if len(rows) > batch || len(dst) != 2*len(rows) {
					t.Errorf("%d rows in %d places", len(rows), len(dst))
				}
				for i, r := range rows {
					copy(dst[2*i:2*i+2], x[2*r:])
				}
			}}
		}
		o, err := train.NewObjective(e, cfg)
		return o, params, err
	}
	var want []float32
	var loss float64
	for _, table := range []bool{true, false} {
		o, params, err := learner(table)
		if err != nil {
			t.Fatal(err)
		}
		records, err := train.Loop{Name: "expand", Epochs: 4}.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		valid := records[3].Losses["valid"]
		if table {
			want, loss = slices.Clone(params.Flat()), valid
			continue
		}
		if !slices.Equal(params.Flat(), want) {
			t.Error("other parameters than with a table")
		}
		if math.Abs(valid-loss) > 1e-6*loss { // float32 means of 16 rows and of 37
			t.Errorf("loss %v on the held-out rows; with a table %v", valid, loss)
		}
		if train := records[3].Losses["train"]; valid < 2*train || valid > 5*train {
			t.Errorf("loss %v on the held-out rows is not three times that of the training, %v", valid, train)
		}
	}
	g := graph.New()
	p := &nn.Params{}
	p.Add("w", 1)
	_, err := train.NewObjective(cpu.New(1), train.ObjectiveConfig{
		Loss: graph.MeanRows(graph.Mul(g.Input("x", 1), graph.ToRows(g.Shared("w", 1)))), Params: p, Adam: optim.Adam{Alpha: 1},
		Expand:  map[string]func([]uint32, []float32){"z": nil},
		Batches: train.NewBatches(rng.New(1, "b"), train.Group{Hi: 2, Share: 1})})
	if err == nil || !strings.Contains(err.Error(), `no input "z"`) {
		t.Errorf("an input that is not there: %v", err)
	}
}
