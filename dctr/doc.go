// Package dctr learns how the density of generated examples differs from the
// truth: a classifier f is trained after the fact to tell them apart, and its
// logit ℓ gives every example the log-weight
//
//	log w(x) = ℓ(x) + ln(n_gen/n_truth in a batch),   w(x) ≈ p_truth(x)/p_gen(x)
//
// (DCTR: arXiv:1907.08209; LaSeR, section 3; DCTRGAN, section II). Weights are
// never formed as f/(1-f).
//
// Fit trains one Classifier, an Ensemble that knows its spread, or a cross-fitted set
// that weights every event by a network which did not see it, with weighted examples
// of either sign and a Calibration on held-out ones; all are a Weigher. Diagnose says
// what weights are worth, Clip cuts them and tells what that cost, and ClosureTest
// lets a fresh classifier look for a difference that they leave. ImportKeras and
// ImportONNX read a classifier that was trained elsewhere, EncodeONNX writes one.
//
// A network sees rows of features, or with a [Volume] the cells of calorimeter showers,
// which come as [Examples]: a row is expanded when a step takes it.
//
// Where to start: fill a Fit and Run it on two Samples, the truth and what was generated.
// Fitted.LogW has the log-weights of the generated rows; Fitted.Model, a Weigher, gives
// those of others (Logits, or a Scorer for rows in blocks) and is saved and loaded as a
// model directory (LoadWeigher). Then look at the weights before you use them: Diagnose
// (effective size, tail, Σw), Reliability, ClosureTest. docs/diagnostics.md of the
// repository says from where on each is suspect.
//
// Weights stay logarithms until the end; metric.LinearWeights makes weights of mean 1 of
// them. Rows are row-major float32, in any units: Fit.Shift and Fit.Scale bring them to
// the order of one.
package dctr
