// Package metric holds the scores of generative models: divergences and
// distances between weighted histograms (Jensen-Shannon divergence, exact earth
// mover's distance), diagnostics of weights (effective sample size, largest
// share, correlation), and the topology of a density (Betti numbers).
//
// Scores come in two conventions. Plain names are normalised: JSD in nats, EMD
// in data units. Names that begin with Paper follow Table 3 of LaSeR
// (arXiv:2106.00792), where histograms are density-normalised and distances are
// divided by the largest one. A score of samples has a floor above zero; state
// it, and the number of events, beside the score.
package metric
