package dctr_test

import (
	"testing"

	"etalon/dctr"
	"etalon/rng"
)

// Extremes are of truth and sample, quantiles of the sample: of 1, …, 2000 two values
// are beyond each of them.
func TestRanges(t *testing.T) {
	sample := make([]float32, 2000)
	for i := range sample {
		sample[i] = float32((i*7)%2000 + 1)
	}
	r := dctr.Ranges(1, []float32{-5, 10, 3000}, sample)
	if want := (dctr.Range{Min: -5, Max: 3000, Low: 3, Top: 1998}); r[0] != want {
		t.Errorf("range %v; want %v", r[0], want)
	}
	d := dctr.NewDepartures(r)
	d.Add([]float32{-6, -5, 0, 3, 100, 1998, 2000, 3000, 3001})
	if want := (dctr.Departure{Below: 1, Above: 1, Tails: 6}); d.Columns[0] != want || d.Rows != 2 || d.Events != 9 {
		t.Errorf("departures %+v", d)
	}
}

// Events of the training's kind do not leave its range, of few rows or of many; a shift
// by a standard deviation is noticed. The limits are ten spreads for few rows; the seed is fixed.
func TestLeaves(t *testing.T) {
	for _, trained := range []int{100, 2000, 50000} {
		train, fresh := make([]float32, trained), make([]float32, 20000)
		s := rng.New(3, "leaves")
		s.NormalRows(train, trained, 0, 0, trained, 1)
		s.NormalRows(fresh, len(fresh), 1, 0, len(fresh), 1)
		r := dctr.Ranges(1, train, train)
		for _, shift := range []float32{0, 1} {
			d := dctr.NewDepartures(r)
			for _, v := range fresh {
				d.Add([]float32{v + shift})
			}
			if got := d.Leaves(0, trained); trained > 100 && got != (shift > 0) || trained == 100 && shift == 0 && got {
				t.Errorf("%d rows, shift %v: leaves is %v; %+v", trained, shift, got, d.Columns[0])
			}
		}
	}
}

func TestOriginCheck(t *testing.T) {
	for _, o := range []dctr.Origin{
		{Names: []string{"a"}},
		{Ranges: []dctr.Range{{}}},
		{Ranges: []dctr.Range{{}, {Min: 1, Low: 0, Top: 2, Max: 3}}},
		{Clip: -1},
	} {
		if o.Check(2) == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	if err := (*dctr.Origin)(nil).Check(2); err != nil {
		t.Error(err)
	}
}
