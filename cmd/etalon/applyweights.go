package main

import (
	"fmt"

	"etalon/dataset"
)

const (
	// applyBytes is the memory that --apply takes for a row, whatever its columns, and
	// applyWeightBytes what a weight of its own adds.
	applyBytes       = 40
	applyWeightBytes = 24
	defaultMemory    = 8 << 30
)

// checkMemory refuses rows whose weights exceed --memory.
func (o reweightOptions) checkMemory(src *source) error {
	most, each := int64(o.tables.memory), int64(applyBytes)
	if most == 0 {
		most = defaultMemory
	}
	if o.sampleWeights != "" || src.weightColumn != "" {
		each += applyWeightBytes
	}
	if int64(src.rows) > most/each {
		return fmt.Errorf("%s: the weights of %d rows take %d bytes each, more than the limit of %d bytes; a larger --memory, or parts of the table with --normalise model, are accepted", src.path, src.rows, each, most)
	}
	return nil
}

// readWeights reads the weights that the rows of a source have already from their file;
// nil without one.
func (o reweightOptions) readWeights(src *source) ([]float64, error) {
	if o.sampleWeights == "" {
		return nil, nil
	}
	v, err := dataset.ReadColumn(o.sampleWeights, dataset.ReadOptions{MaxBytes: int64(o.tables.memory)})
	if err != nil {
		return nil, err
	}
	if len(v) != src.rows {
		return nil, fmt.Errorf("%s: %d weights; %s has %d rows", o.sampleWeights, len(v), src.path, src.rows)
	}
	return v, o.checkLog(src.path, v)
}
