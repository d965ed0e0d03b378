package showerscore

import (
	"fmt"

	"etalon/calo"
	"etalon/dataset"
)

// AddDifferences returns a table that has also all differences layer_energy_i -
// layer_energy_j, i < j, of the layers whose energies it has, named as package calo
// names them. It is an error if the table is malformed or has differences already.
func AddDifferences(t *dataset.Table) (*dataset.Table, error) {
	s, err := newSample("table", t, nil)
	if err != nil {
		return nil, err
	}
	type layer struct{ number, column int }
	var layers []layer
	for j, n := range s.table.Names {
		if l, ok := layerOf(n, calo.LayerEnergy); ok {
			layers = append(layers, layer{l, j})
		}
		if group(n) == groupDifferences {
			return nil, fmt.Errorf("showerscore: the table has differences of layers already: %s", n)
		}
	}
	const most = 1 << 30
	out := &dataset.Table{Rows: t.Rows, Cols: t.Cols + len(layers)*(len(layers)-1)/2}
	if out.Rows > most/out.Cols {
		return nil, fmt.Errorf("showerscore: %d observables of %d showers exceed %d numbers", out.Cols, out.Rows, most)
	}
	out.Names = append(out.Names, t.Names...)
	for a := range layers {
		for _, b := range layers[a+1:] {
			out.Names = append(out.Names, fmt.Sprintf("%s_%d_%d", calo.LayerDifference, layers[a].number, b.number))
		}
	}
	out.Data = make([]float32, 0, out.Rows*out.Cols)
	for i := range t.Rows {
		row := t.Data[i*t.Cols:][:t.Cols]
		out.Data = append(out.Data, row...)
		for a := range layers {
			for _, b := range layers[a+1:] {
				out.Data = append(out.Data, row[layers[a].column]-row[b.column])
			}
		}
	}
	return out, nil
}
