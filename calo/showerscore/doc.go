// Package showerscore holds generated calorimeter showers against true ones: the
// scores of DCTRGAN (arXiv:2009.03796, section III B) for every observable of a table,
// their summary, linear correlations, and mean images and profiles of showers.
//
// Every histogram has 19 equal bins, in the paper's range where the truth fits it
// (RangeOf). As in the paper, what lies outside the range is in no bin: ⟨S²⟩ compares
// histograms normalised within the range, Outside is the share beyond it, and
// S2Overflow is ⟨S²⟩ with one bin for the underflow and one for the overflow, in
// which nothing is left out.
//
// Where to start: Compare takes the tables of observables that calo.Table makes, of the
// truth and of each Method with its log-weights; Correlate and ReadImages do the rest.
package showerscore
