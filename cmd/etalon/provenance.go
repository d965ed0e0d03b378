package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/internal/atomicfile"
	"etalon/version"
)

const (
	provenanceFormat = 1
	provenanceKind   = "weights"
	maxProvenance    = 64 << 20
)

// provenance says where weights are from; it stands beside them as a file of its own and
// is a function of the inputs.
type provenance struct {
	Format   int    `json:"format"`
	Kind     string `json:"kind"`
	Software string `json:"software"`
	Made     string `json:"made"` // fit or apply
	Weights  struct {
		File    string `json:"file"`
		SHA256  string `json:"sha256"`
		Rows    int    `json:"rows"`
		Content string `json:"content"` // weights or log-weights
	} `json:"weights"`
	Sample        *dctr.Source      `json:"sample"`
	Columns       []string          `json:"columns,omitempty"`
	Model         modelRecord       `json:"model"`
	Training      *dctr.Origin      `json:"training"` // null where the model does not know it
	Normalisation normalisation     `json:"normalisation"`
	Clipped       *dctr.Clipped     `json:"clipped,omitempty"`
	Diagnostics   *dctr.Diagnostics `json:"diagnostics"`
	Range         *rangeRecord      `json:"range,omitempty"`
	Warnings      []string          `json:"warnings"`
}

// modelRecord describes the networks.
type modelRecord struct {
	SHA256      string               `json:"sha256,omitempty"` // of the directory; of none where it was not kept
	Features    int                  `json:"features"`
	Networks    int                  `json:"networks"`
	Network     *dctr.Config         `json:"network,omitempty"`
	Layers      []dctr.ImportedLayer `json:"layers,omitempty"`
	Source      string               `json:"source,omitempty"`
	Calibration string               `json:"calibration,omitempty"`
	// Density: the networks see latents and log-density of the generator as well, the latter above Floor.
	Density bool    `json:"density,omitempty"`
	Floor   float64 `json:"density_floor,omitempty"`
}

func recordModel(w dctr.Weigher) modelRecord {
	r := modelRecord{Features: w.Dim(), Networks: 1}
	var c *dctr.Classifier
	switch w := w.(type) {
	case *dctr.Classifier:
		c = w
	case *dctr.Ensemble:
		r.Networks, c = len(w.Members), w.Members[0]
	case *dctr.DensityWeigher:
		r = recordModel(w.Inner)
		r.Features, r.Density, r.Floor = w.Dim(), true, w.Floor
		return r
	case *dctr.Imported:
		r.Layers, r.Source = w.Layers, w.Source
	}
	if c != nil {
		r.Network = &c.Config
		if c.Calibration != nil {
			r.Calibration = c.Calibration.Kind
		}
	}
	return r
}

// normalisation is what density ratios were divided by.
type normalisation struct {
	Mode       string  `json:"mode"` // file, model or none
	Log        float64 `json:"log_constant"`
	Convention string  `json:"convention"`
}

var conventions = map[string]string{
	"file":  "sum of v w = sum of v over the rows of the sample, v the weights that it had (1 where it had none, and of mean 1 in the file)",
	"model": "sum of v w = sum of v over the rows of the sample that the model was fitted to; in the file v as the rows have it",
	"none":  "the density ratio truth/sample as the networks give it, times v as the rows have it",
}

// rangeRecord says how far the sample leaves the training.
type rangeRecord struct {
	Outside float64       `json:"rows_outside"` // fraction that leaves it with any column
	Columns []rangeColumn `json:"columns"`
}

type rangeColumn struct {
	Name string `json:"name"`
	dctr.Range
	Below float64 `json:"below"` // fractions of the rows
	Above float64 `json:"above"`
	Tails float64 `json:"outside_quantiles"`
}

// provenancePath is where the provenance of a weights file stands.
func provenancePath(out string) string {
	file := dataset.File(out)
	if packed, ok := strings.CutSuffix(file, ".gz"); ok {
		file = packed
	}
	return strings.TrimSuffix(file, filepath.Ext(file)) + ".json"
}

// checkProvenance refuses to replace a file that is no provenance.
func checkProvenance(out string) error {
	path := provenancePath(out)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	foreign := fmt.Errorf("%s: the provenance of the weights would replace it, and it is none; another --out is accepted", path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxProvenance {
		return foreign
	}
	text, err := os.ReadFile(path)
	var old struct {
		Kind string `json:"kind"`
	}
	if err != nil || json.Unmarshal(text, &old) != nil || old.Kind != provenanceKind {
		return foreign
	}
	return nil
}

// publish writes weights and their provenance: both or none of them.
func publish(out string, values []float64, logarithms bool, p *provenance) (err error) {
	record, err := atomicfile.Create(provenancePath(out))
	if err != nil {
		return err
	}
	defer record.Abort()
	if err := dataset.WriteFloat64(out, weightName(logarithms), values); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(dataset.File(out))
		}
	}()
	written, err := hashed(out)
	if err != nil {
		return err
	}
	p.Format, p.Kind, p.Software = provenanceFormat, provenanceKind, software()
	p.Weights.File, p.Weights.SHA256, p.Weights.Rows = written.File, written.SHA256, len(values)
	p.Weights.Content = "weights"
	if logarithms {
		p.Weights.Content = "log-weights"
	}
	if p.Warnings == nil {
		p.Warnings = []string{}
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if _, err = record.Write(append(text, '\n')); err != nil {
		return err
	}
	err = record.Commit()
	return err
}

// software names this program in files.
func software() string { return "etalon " + version.String() }

// withoutRanges is an origin as provenance shows it, where the ranges stand elsewhere.
func withoutRanges(o *dctr.Origin) *dctr.Origin {
	if o == nil {
		return nil
	}
	short := *o
	short.Ranges, short.Names = nil, nil
	return &short
}
