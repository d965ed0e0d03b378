package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"etalon/calo"
)

// showerOptions say which observables of a file of showers are the columns of a table.
type showerOptions struct {
	observables, showers, shape string
	cut                         float64
	given                       bool // whether any of the flags was

	cfg   calo.Config
	names []string // observables
}

// showersHelp stands in the help of commands that take files of showers.
const showersHelp = `An HDF5 file of calorimeter showers (30x30/layers or showers, or the data set of
--showers) is a table, too: of its --observables.`

var observablesHelp = fmt.Sprintf(`  %-22s cells above the threshold
  %-22s energy-weighted mean layer, layers counted from 1
  %-22s sum over all cells, MeV
  %-22s energy of layer i, MeV; layers from 0 at the front face
  %-22s energy-weighted second moment of layer i in x, in squared cells
  %-22s the same in y
  %-22s energy of layer i less that of layer j, i < j, MeV
  %-22s %s, %s, %s and all of %s
Without numbers those of layers stand for all layers, or all pairs.`,
	calo.NActive, calo.Centroid, calo.TotalEnergy, calo.LayerEnergy+"_i", calo.X2Moment+"_i", calo.Y2Moment+"_i", calo.LayerDifference+"_i_j",
	calo.HighLevel, calo.NActive, calo.Centroid, calo.TotalEnergy, calo.LayerEnergy)

func showerFlags(cmd *cobra.Command, s *showerOptions) {
	f := cmd.Flags()
	f.StringVar(&s.observables, "observables", "", "`LIST` of observables of showers (default: "+calo.HighLevel+"); see etalon observables --help")
	f.StringVar(&s.showers, "showers", "", "`DATASET` of the showers in HDF5 files")
	f.StringVar(&s.shape, "shape", "", "`LxXxY`: layers and cells of flat showers, as 30x30x30")
	f.Float64Var(&s.cut, "cut", calo.DefaultCut, "`MeV` below which a cell of a shower counts as empty; 0 for none")
}

// parse reads the flags.
func (s *showerOptions) parse(cmd *cobra.Command) error {
	for _, name := range []string{"observables", "showers", "shape", "cut"} {
		s.given = s.given || cmd.Flags().Changed(name)
	}
	if !(s.cut >= 0) || math.IsInf(s.cut, 0) {
		return usage("--cut %v; 0 or more MeV are accepted", s.cut)
	}
	s.cfg = calo.Config{Showers: s.showers, Cut: s.cut}
	if s.cut == 0 {
		s.cfg.Cut = -1
	}
	if s.shape != "" {
		sizes := strings.FieldsFunc(s.shape, func(r rune) bool { return r == 'x' || r == ',' })
		for i, to := range []*int{&s.cfg.Layers, &s.cfg.X, &s.cfg.Y} {
			n := 0
			if len(sizes) == 3 {
				n, _ = strconv.Atoi(sizes[i])
			}
			if n < 1 {
				return usage("--shape %q; layers, x and y are accepted, as 30x30x30", s.shape)
			}
			*to = n
		}
	}
	if s.observables != "" {
		for _, name := range strings.Split(s.observables, ",") {
			s.names = append(s.names, strings.TrimSpace(name))
		}
	}
	return nil
}

// are reports whether the file at path is read as showers.
func (s *showerOptions) are(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".h5", ".hdf5":
		return s.showers != "" || calo.Holds(path)
	}
	return false
}

// check demands, where flags of showers are given, that one of the files has some.
func (s *showerOptions) check(paths ...string) error {
	if !s.given {
		return nil
	}
	for _, path := range paths {
		if s.are(path) {
			return nil
		}
	}
	return usage("--observables, --showers, --shape and --cut are of showers in HDF5 files; there are none in %s", strings.Join(paths, " and "))
}
