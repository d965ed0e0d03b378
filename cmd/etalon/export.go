package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dctr"
	"etalon/generator"
	"etalon/graph"
	"etalon/internal/atomicfile"
	"etalon/internal/modeldir"
	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/onnx"
	"etalon/version"
)

type exportOptions struct {
	model, out, what string
	json             bool
}

// What a model can be exported as.
const (
	exportG       = "g"
	exportF       = "f"
	exportPhi     = "phi"
	exportRefined = "refined"
	exportWeights = "weights"
)

func (a *app) exportCmd() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export MODEL --out FILE.onnx",
		Short: "Write a model as ONNX or for lwtnn, or its parameters as safetensors",
		Long: `Writes a model so that other programs run it. MODEL is a model directory, of a
generator, a refined model or a classifier, or a run directory.

FILE.onnx is one network with its weights (opset 17, float32, any number of rows),
preprocessing included. Generators take latents "z" to features "x" in data units.
Weights take features "x" to "log_weight" = ln p_truth/p_generator, calibration and
ensemble included; f takes them to "f", the probability of truth. The metadata of
the file have version, kind, prior and the model.json of the model.

FILE.lwtnn.json is a classifier for lwtnn, which C++ programs evaluate: one output,
log_weight or f, from inputs named by the columns or x0, x1, …; the weight is
exp(log_weight). Ensembles, networks of cells, logarithms of columns and isotonic
calibrations are more than its dense layers express, and are refused.

FILE.safetensors holds the parameters alone.

--what chooses a part of a run directory or of a refined model: g (the generator),
phi (the refiner), refined (g∘Φ, the default), and of a run also f and weights (the
default of a classifier's directory). Acceptance, which refuses some points of a
refined model, is no map of latents and not in the file; etalon sample applies it.`,
		Example: `  etalon export runs/gaussians-quick --out refined.onnx
  etalon export runs/gaussians-quick --what weights --out weights.onnx
  etalon export runs/gaussians-quick/models/generator --out g.onnx
  etalon export classifier --out weights.lwtnn.json`,
		Args: exactArgs("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := need(cmd, "out"); err != nil {
				return err
			}
			o.model = args[0]
			return a.export(o)
		},
	}
	cmd.Flags().StringVar(&o.out, "out", "", "`FILE`.onnx, FILE.lwtnn.json or FILE.safetensors to write")
	cmd.Flags().StringVar(&o.what, "what", "", "`PART` to export: g, f, phi, refined or weights")
	complete(cmd, "what", []string{"g", "f", "phi", "refined", "weights"})
	jsonFlag(cmd, &o.json)
	return cmd
}

// lwtnnExt is how the names of lwtnn's files end, of a network of dense layers in JSON.
const lwtnnExt = ".lwtnn.json"

type exportedFile struct {
	Out     string `json:"out"`
	Model   string `json:"model"`
	What    string `json:"what"`
	Inputs  int    `json:"inputs"`  // features of a row
	Outputs int    `json:"outputs"` // likewise
	Params  int    `json:"parameters"`
	// AcceptanceLeftOut tells that the model refuses points, which the file does not.
	AcceptanceLeftOut bool `json:"acceptance_left_out,omitempty"`
}

// exportable is a network with parameters.
type exportable interface {
	Build(prefix string, x *graph.Node) *graph.Node
	Bind(b nn.Binder, prefix string) error
}

func (a *app) export(o exportOptions) error {
	ext := strings.ToLower(filepath.Ext(o.out))
	if strings.HasSuffix(strings.ToLower(o.out), lwtnnExt) {
		ext = lwtnnExt
	}
	if ext != ".onnx" && ext != ".safetensors" && ext != lwtnnExt {
		return usage("--out %s; a name that ends in .onnx, .lwtnn.json or .safetensors is accepted", o.out)
	}
	if o.what != "" && !slices.Contains([]string{exportG, exportF, exportPhi, exportRefined, exportWeights}, o.what) {
		return usage("--what %q; g, f, phi, refined and weights are accepted", o.what)
	}
	dir, what, err := o.source()
	if err != nil {
		return err
	}
	e := exportedFile{Out: o.out, Model: dir, What: what}
	var net exportable
	var file []byte
	metadata := map[string]string{}
	if text, err := os.ReadFile(filepath.Join(dir, "model.json")); err == nil {
		metadata["etalon.model"] = string(text)
	}
	if what == exportF || what == exportWeights {
		w, err := dctr.LoadWeigher(dir)
		if err != nil {
			return err
		}
		fn := dctr.ExportLogWeight
		if what == exportF {
			fn = dctr.ExportProbability
		}
		e.Inputs, e.Outputs, net = w.Dim(), 1, w
		if ext == lwtnnExt {
			file, err = dctr.EncodeLWTNN(w, fn)
		} else {
			file, err = dctr.EncodeONNX(w, fn, metadata)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	} else if ext == lwtnnExt {
		return usage("--out %s is for a classifier, and %s of %s is none; --what f or weights of a run, or the directory of a classifier, is accepted", o.out, what, dir)
	} else {
		gen, err := generator.Load(dir)
		if err != nil {
			return err
		}
		e.Inputs, e.Outputs, net = gen.LatentDim(), gen.Dim(), gen
		e.AcceptanceLeftOut = generator.AcceptanceOf(gen) != nil
		if file, err = generator.EncodeONNX(gen, metadata); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	params := onnx.Weights{}
	if err := net.Bind(params, ""); err != nil {
		return err
	}
	for _, v := range params {
		e.Params += len(v)
	}
	if ext == ".safetensors" {
		g := graph.New()
		net.Build("", g.Input("in", e.Inputs))
		err = writeParams(o.out, g, params)
	} else {
		err = atomicfile.WriteBytes(o.out, file)
	}
	if err != nil {
		return err
	}
	if e.AcceptanceLeftOut && ext == ".onnx" {
		fmt.Fprintf(a.err, "etalon: note: %s refuses some of its points; that is no map of latents and not in %s, which makes g∘Φ alone\n", dir, o.out)
	}
	if o.json {
		return a.printJSON(e)
	}
	_, err = fmt.Fprintf(a.out, "%s: %s of %s, %d → %d, %d parameters\n", o.out, what, dir, e.Inputs, e.Outputs, e.Params)
	return err
}

// source finds the model directory that is meant, and what it is.
func (o exportOptions) source() (dir, what string, err error) {
	if exists(o.model, "run.toml") {
		parts := map[string]string{exportG: "generator", exportF: "classifier", exportWeights: "classifier", exportPhi: "laser/refiner", exportRefined: "laser", "": "laser"}
		what = o.what
		if what == "" {
			what = exportRefined
		}
		dir = filepath.Join(o.model, "models", filepath.FromSlash(parts[o.what]))
		if !exists(dir, "model.json") {
			return "", "", fmt.Errorf("%s: the run has no %s yet, or it is no network; etalon run continues it", o.model, filepath.Base(dir))
		}
		return dir, what, nil
	}
	kind, err := modeldir.Kind(o.model)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("%s: there is neither model.json nor run.toml; a model directory or a run directory is accepted", o.model)
	}
	if err != nil {
		return "", "", err
	}
	switch {
	case dctr.IsWeigher(kind) && o.what == "":
		return o.model, exportWeights, nil
	case dctr.IsWeigher(kind) && (o.what == exportF || o.what == exportWeights):
		return o.model, o.what, nil
	case exists(o.model, "refiner", "model.json") && o.what == "":
		return o.model, exportRefined, nil
	case exists(o.model, "refiner", "model.json") && o.what == exportRefined:
		return o.model, o.what, nil
	case exists(o.model, "refiner", "model.json") && o.what == exportPhi:
		return filepath.Join(o.model, "refiner"), o.what, nil
	case exists(o.model, "refiner", "model.json") && o.what == exportG:
		return filepath.Join(o.model, "generator"), o.what, nil
	case !dctr.IsWeigher(kind) && (o.what == "" || o.what == exportG):
		return o.model, exportG, nil
	}
	return "", "", usage("--what %s of a model of kind %q, which has no such part", o.what, kind)
}

// writeParams writes the parameters of a network, in the shapes that its graph has.
func writeParams(path string, g *graph.Graph, params onnx.Weights) error {
	f := &safetensors.File{Metadata: map[string]string{"format": "etalon", "version": version.String()}}
	for _, n := range g.Nodes() {
		if v := params[n.Name]; n.Op == graph.OpShared && v != nil {
			f.Tensors = append(f.Tensors, safetensors.Tensor{Name: n.Name, Shape: n.Shape, F32: v})
		}
	}
	return safetensors.Write(path, f)
}
