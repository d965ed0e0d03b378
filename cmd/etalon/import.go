package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"etalon/calo"
	"etalon/dctr"
	"etalon/generator"
)

// imported is what import says about its model.
type imported struct {
	Out      string               `json:"out"`
	Features int                  `json:"features"`
	Layers   []dctr.ImportedLayer `json:"layers"`
	Source   string               `json:"source"`
	Names    []string             `json:"names,omitempty"`
}

func (a *app) importCmd() *cobra.Command {
	var (
		out, scale, shift string
		network           dctr.ONNXConfig
		asJSON            bool
	)
	cmd := &cobra.Command{
		Use:   "import [MODEL.json] WEIGHTS.h5|MODEL.onnx --out DIR",
		Short: "Make a model of a Keras or ONNX classifier, for reweight --apply",
		Long: `Reads a classifier of dense layers as Keras 2 writes it, model.to_json() in one
file and model.save_weights() in another, or both in one file of model.save(), and
writes a model directory, which etalon reweight --apply takes. Its output is a
sigmoid or a softmax of two, of which the last is truth, or a logit.

A file that ends in .onnx is a classifier of any layers, exported from PyTorch,
scikit-learn or Keras; log-weights are made of what comes before a sigmoid or softmax
at its end. --form tells what its output is where that is not seen.

What its authors did to the inputs outside of the network is told by --shift and
--scale: the network sees (x - shift)/scale. --scale calo is that of the published
high-level classifier of DCTRGAN (arXiv:2009.03796): numbers of cells and MeV are
divided by 1000. Its inputs are known by name, and computed from files of showers.`,
		Example: `  etalon import model_paper.json model_paper.h5 --scale calo --out dctrgan
  etalon import discriminator.onnx --out d
  etalon reweight --apply dctrgan --sample showers.h5 --out w.npy`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return exactArgs("WEIGHTS.h5", "WEIGHTS.h5")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := need(cmd, "out"); err != nil {
				return err
			}
			if err := checkModelDir(out); err != nil {
				return err
			}
			if len(args) == 1 && generator.IsONNX(args[0]) {
				return a.importONNX(args[0], out, scale, shift, network, asJSON)
			}
			if network != (dctr.ONNXConfig{}) {
				return usage("--form and --output are of ONNX files")
			}
			description, weights := "", args[0]
			if len(args) == 2 {
				description, weights = args[0], args[1]
			}
			m, err := dctr.ImportKeras(description, weights)
			if err != nil {
				return err
			}
			m.Origin = &dctr.Origin{Software: software()}
			if m.Shift, m.Scale, m.Origin.Names, err = inputScale(m.Features, scale, shift); err != nil {
				return err
			}
			for _, path := range args {
				s, err := hashed(path)
				if err != nil {
					return err
				}
				m.Origin.Files = append(m.Origin.Files, *s)
			}
			if err := m.Save(out); err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(imported{out, m.Features, m.Layers, m.Source, m.Origin.Names})
			}
			sizes := []string{strconv.Itoa(m.Features)}
			for _, l := range m.Layers {
				sizes = append(sizes, fmt.Sprintf("%d %s", l.Units, l.Activation))
			}
			_, err = fmt.Fprintf(a.out, "%s: %s, %s\n", out, m.Source, strings.Join(sizes, " - "))
			return err
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "out", "o", "", "`DIR`ectory to write")
	f.StringVar(&scale, "scale", "", "`LIST` of what the inputs are divided by, one number for each or one for all, or calo")
	f.StringVar(&shift, "shift", "", "`LIST` of what is subtracted from the inputs before")
	f.StringVar(&network.Form, "form", "", "of an ONNX file: its output is a probability or a logit")
	f.StringVar(&network.Output, "output", "", "of an ONNX file: `NAME` of the output, among several")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// importONNX makes a model directory of a classifier in an ONNX file.
func (a *app) importONNX(path, out, scale, shift string, cfg dctr.ONNXConfig, asJSON bool) error {
	m, err := dctr.ImportONNX(path, cfg)
	if err != nil {
		return err
	}
	m.Origin = &dctr.Origin{Software: software()}
	if m.Shift, m.Scale, m.Origin.Names, err = inputScale(m.Dim(), scale, shift); err != nil {
		return err
	}
	s, err := hashed(path)
	if err != nil {
		return err
	}
	m.Origin.Files = []dctr.Source{*s}
	if err := m.Save(out); err != nil {
		return err
	}
	source := fmt.Sprintf("ONNX, opset %d, by %q", m.Model.Opset, m.Model.Producer)
	if asJSON {
		return a.printJSON(imported{Out: out, Features: m.Dim(), Source: source, Names: m.Origin.Names})
	}
	_, err = fmt.Fprintf(a.out, "%s: %s, %d features, %d parameters\n", out, source, m.Dim(), m.Model.Params.Len())
	return err
}

// inputScale reads what the authors of a network of so many features did to them.
func inputScale(features int, scale, shift string) (subtract, divide []float64, names []string, err error) {
	if subtract, err = perFeature("--shift", shift, features); err != nil {
		return nil, nil, nil, err
	}
	if scale != "calo" {
		divide, err = perFeature("--scale", scale, features)
		return subtract, divide, nil, err
	}
	layers := features - 3
	if layers < 1 {
		return nil, nil, nil, usage("--scale calo: the network has %d inputs; cells, centroid, energy and the energies of layers are expected", features)
	}
	o, err := calo.NewObservables(calo.Shape{Layers: layers, X: 1, Y: 1}, calo.HighLevel)
	if err != nil {
		return nil, nil, nil, err
	}
	return subtract, calo.HighLevelScale(layers), o.Names, nil
}

// perFeature reads a list of as many numbers as there are features, or of one for all.
func perFeature(flag, list string, features int) ([]float64, error) {
	if list == "" {
		return nil, nil
	}
	texts := strings.Split(list, ",")
	if len(texts) != 1 && len(texts) != features {
		return nil, usage("%s has %d numbers; the network has %d inputs", flag, len(texts), features)
	}
	numbers := make([]float64, features)
	for i := range numbers {
		text := strings.TrimSpace(texts[i%len(texts)])
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || flag == "--scale" && v <= 0 {
			return nil, usage("%s: %.40q is not accepted; finite numbers are, positive ones as scales", flag, text)
		}
		numbers[i] = v
	}
	return numbers, nil
}
