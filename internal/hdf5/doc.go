// Package hdf5 reads and writes HDF5 files: data sets of numbers, a block of rows at a
// time, and attributes. It needs no C library.
//
// Format: "HDF5 File Format Specification Version 3.0", The HDF Group. What is read:
//
//	superblock    versions 0 to 3, also behind a user block
//	groups        symbol tables; links in the header or in a fractal heap; soft links
//	object header versions 1 and 2, checksums of version 2 verified
//	data types    integers, floats of 16, 32 and 64 bits, enumerations (booleans), bit
//	              fields, arrays and compounds of them; strings in attributes
//	layouts       compact, contiguous, chunked with every index (B-trees of versions 1
//	              and 2, single chunk, implicit, fixed and extensible array)
//	filters       deflate, shuffle, Fletcher-32, LZF
//
// Not read, and refused in one line: external and virtual storage, external links,
// messages shared in a heap of the file, other filters.
//
// Nothing that a file says about sizes is believed: every address and length is held
// against the size of the file before memory is taken, trees are walked with each node
// visited once and nested structures to a bounded depth. A chunk takes memory only as
// far as its stored bytes can expand.
//
// Written ([Create]) is the oldest version of everything, which all readers know:
// superblock 0, symbol tables, contiguous values or chunks along the rows in a B-tree,
// with shuffle and deflate, and attributes. The same rows give the same bytes.
package hdf5
