package calo

import (
	"context"
	"errors"
	"fmt"

	"etalon/dataset"
)

// tableBlock is the bytes of showers in memory while their observables are computed.
const tableBlock = 16 << 20

// Table computes the observables of all showers, one row each.
func Table(ctx context.Context, r *Reader, names ...string) (*dataset.Table, error) {
	o, err := NewObservables(r.Shape, names...)
	if err != nil {
		return nil, err
	}
	if o.Len() == 0 {
		return nil, errors.New("calo: no observables are named")
	}
	const most = int64(8 << 30)
	if int64(r.Len()) > most/4/int64(o.Len()) {
		return nil, fmt.Errorf("calo: %d observables of %d showers exceed %d bytes", o.Len(), r.Len(), most)
	}
	t := &dataset.Table{Rows: r.Len(), Cols: o.Len(), Names: o.Names}
	row := make([]float64, o.Len())
	for b, err := range r.Blocks(tableBlock / 4 / r.Shape.Cells()) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for i := range b.N {
			o.Compute(row, b.Cells[i*r.Shape.Cells():(i+1)*r.Shape.Cells()])
			for _, v := range row {
				t.Data = append(t.Data, float32(v))
			}
		}
	}
	return t, nil
}
