// Package report turns the directory of a finished run into figures (PNG and
// PDF) and one self-contained report.html.
//
// Build is the whole interface for runs on points of the plane; BuildCalo makes the
// report on calorimeter showers from what is in memory. Build reads
//
//	run.toml             resolved configuration, shown as it is (optional)
//	metrics.json         scores, floors, weights, topology
//	timings.json         seconds per stage (optional)
//	history.json         training curves (optional)
//	hmc.json             sampler diagnostics (optional)
//	omnifold.json        iterations of an unfolding (of generators with hidden latents)
//	samples/truth.npy, baseline.npy                        (n, 2)
//	samples/truth_weights.npy                              (n), of a weighted truth file
//	samples/hmc.npy, laser.npy                             (n, 2), optional
//	samples/METHOD.npy of other methods in metrics.json    (n, 2), optional: persistence diagrams
//	samples/baseline_latent.npy, hmc_latent.npy, laser_latent.npy   (n, 2), optional
//	samples/log_weights.npy, exact_log_weights.npy         (n), optional
//
// and writes figures/*.png, figures/*.pdf and report.html. What is missing is
// left out, and the report says so; what is broken is an error of one line.
// Where metrics.json names the columns that are compared, two or one, samples may have
// more, and the first two columns of the latents are shown. One column has curves
// instead of maps.
package report
