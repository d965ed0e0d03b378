// Package calo reads calorimeter showers, a block at a time, and computes their
// observables.
//
// A shower is an image of layers × x × y cells, the energy deposited in each in MeV,
// layer 0 nearest the front face. Two layouts of HDF5 files are known: that of
// getting_high (arXiv:2005.05334; data sets 30x30/layers and 30x30/energy) and that of
// the CaloChallenge (arXiv:2410.21611; showers, one flat row each, and
// incident_energies). Any other is described by a [Config].
//
// Cells below a threshold, by default the 0.1 MeV of a minimum ionising particle
// (arXiv:2009.03796, section III), count as empty. All data of a large file are never in
// memory at once.
//
// Where to start: Open a file, Table its observables. OpenRows streams them, ReadSparse
// keeps the cells that are not empty in memory.
package calo
