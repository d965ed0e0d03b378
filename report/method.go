package report

import (
	"image/color"

	"etalon/report/figure"
)

// method is how one way of sampling is named and drawn. Colours are those of
// M. Okabe and K. Ito, told apart by people with any colour vision; dashes
// tell the lines apart without colour.
type method struct {
	key    string // in metrics.json
	label  string
	latent string // what its latent panel shows
	note   string
	color  color.RGBA
	dash   []float64
}

// methods in the order of the paper's figures.
var methods = []method{
	{"baseline", "Baseline", "Prior", "where the generator starts", color.RGBA{0xd5, 0x5e, 0x00, 0xff}, nil},
	{"direct", "Direct pull-back", "Latents taken by w(x)", "one weighted point of each latent", color.RGBA{0x8c, 0x6d, 0x31, 0xff}, []float64{4, 2}},
	{"hmc", "HMC", "Refined by HMC", "chains on prior × weight", color.RGBA{0x00, 0x72, 0xb2, 0xff}, []float64{7, 2.5}},
	{"laser", "LaSeR", "Refiner output", "latents made by the refiner Φ", color.RGBA{0x00, 0x9e, 0x73, 0xff}, nil},
	{"dctr", "DCTR", "Weighted prior", "prior points, weighted", color.RGBA{0xa0, 0x4f, 0x8a, 0xff}, []float64{2.5, 2}},
}

// dctr is the method that weights are drawn as.
var dctr = methods[len(methods)-1]

// otherLabels name methods that stand in tables, but have no panels.
var otherLabels = map[string]string{
	"refiner": "Φ alone", "rejection": "Rejection", "mala": "MALA", "ula": "ULA (unadjusted)", "resampling": "Resampling",
	"imh": "Independence MH", "i-sir": "i-SIR", "tempering": "Parallel tempering", "dgflow": "DGflow (approximate)", "dot": "DOT (approximate)",
}

// methodLabel returns the name of a method for people; a number at its end is that of
// a later round.
func methodLabel(key string) string {
	for _, m := range methods {
		if m.key == key {
			return m.label
		}
	}
	if label, ok := otherLabels[key]; ok {
		return label
	}
	if n := len(key) - 1; n > 0 && key[n] >= '2' && key[n] <= '9' {
		return methodLabel(key[:n]) + ", round " + key[n:]
	}
	return key
}

func (m method) stroke(width float64) figure.Stroke {
	return figure.Stroke{Color: m.color, Width: width, Dash: m.dash}
}

// Colours of things that belong to no method.
var (
	truthFill = color.RGBA{0xd9, 0xdc, 0xe0, 0xff}
	truthLine = color.RGBA{0x7d, 0x84, 0x8c, 0xff}
	reference = color.RGBA{0x7d, 0x84, 0x8c, 0xff}
	trainLine = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	validLine = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
)

// pageWidth is the width in points of a figure over the whole page.
const pageWidth = 1120
