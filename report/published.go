package report

// published is a row of Table 3 of LaSeR (arXiv:2106.00792), in the paper's
// convention (2·10⁶ points), as printed with the error in the last digit.
type published struct {
	emd, jsd string
}

// table3 holds the published scores by density and method.
var table3 = map[string]map[string]published{
	"gaussians": {
		"baseline": {"0.28(2)", "0.66(4)"},
		"hmc":      {"0.22(2)", "0.12(4)"},
		"laser":    {"0.21(2)", "0.24(4)"},
		"dctr":     {"0.09(2)", "0.09(4)"},
	},
	"double-donut": {
		"baseline": {"0.23(2)", "0.27(4)"},
		"hmc":      {"0.06(2)", "0.07(4)"},
		"laser":    {"0.09(2)", "0.09(4)"},
		"dctr":     {"0.11(2)", "0.05(4)"},
	},
	"rings": {
		"baseline": {"0.067(6)", "0.21(2)"},
		"hmc":      {"0.137(6)", "0.07(2)"},
		"laser":    {"0.047(6)", "0.08(2)"},
		"dctr":     {"0.037(6)", "0.04(2)"},
	},
}

// publishedCrossEntropy has the validation losses of the classifiers in DCTRGAN's public
// notebooks (arXiv:2009.03796), in nats, by density.
var publishedCrossEntropy = map[string]string{"bimodal": "0.6738", "circle8": "0.4928", "grid25": "0.254–0.26"}
