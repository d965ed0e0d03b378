// Package metric holds the scores of generative models: divergences and
// distances between weighted histograms (Jensen-Shannon divergence, exact earth
// mover's distance) and between weighted points of any dimension (sliced and
// one-dimensional Wasserstein distances, exact earth mover's distance, energy
// distance, maximum mean discrepancy, Fréchet and kernel physics distances),
// diagnostics of weights (effective sample size, largest share, correlation),
// the statistics of weighted events (Observable, Events: means and covariances with
// errors, the dilution, how many events match a truth sample), the topology of a
// density (Betti numbers, the persistence diagram) and the modes of a multimodal one
// (ModeCoverage).
//
// Where to start: in one or two dimensions fill two hist.H2 and take JSD, EMD and
// JSDFloor; in more, wrap the points in a Cloud and take SlicedWasserstein, FPD or KPD
// with TruthFloor. KishESS and MaxShare say what log-weights are worth.
//
// Scores come in two conventions. Plain names are normalised: JSD in nats, EMD
// in data units. Names that begin with Paper follow Table 3 of LaSeR
// (arXiv:2106.00792), where histograms are density-normalised and distances are
// divided by the largest one. A score of samples has a floor, above zero or
// scattered about it: state it (TruthFloor), and the number of events, beside the
// score.
package metric
