// Package dataset holds the built-in truth densities and reads and writes
// tables of numbers.
//
// Densities ([Lookup], [Sample]) have exact log-densities, so that everything
// learned from their samples can be held against the truth.
//
// Files ([Read], [OpenRows], [Write], [Create]) are NumPy arrays (.npy), archives of
// them (.npz), HDF5 files (.h5) and comma-separated text (.csv, .csv.gz); docs/formats.md
// has the details. Nothing that a file says about its own size is believed: it is
// compared with the file's real size before any memory is taken. Tables of any length
// are read and written block by block. Values are kept in float32, weights in float64. A table
// with a NaN or an infinity is refused unless the caller asks for it.
//
// Where to start: Lookup a density and Sample it; Read a table, Write one.
package dataset
