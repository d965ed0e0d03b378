package cpu

import (
	"fmt"
	"slices"

	"etalon/graph"
	"etalon/internal/simd"
)

// Config holds the settings of a program.
type Config struct {
	Seed      uint64 // of the random streams
	BlockRows int    // rows per block at most; 0 chooses from the size of the intermediate values
	Reduced   bool   // lets wide matrix products keep 16 bits of their factors instead of 24 (simd.TileGemm), where that is faster
}

// Rows is a matrix of examples, row-major, of the width of the input it feeds.
// With an Index, row i of the batch is row Index[i] of Data.
type Rows struct {
	Data  []float32
	Index []uint32
}

// Batch says which rows Run works on.
type Batch struct {
	Rows int    // number of rows, at least 1
	Row0 uint64 // number of the first row in the random streams
	Step uint64 // step number in the random streams
}

// Program is a compiled graph. It may be run by one goroutine at a time.
type Program struct {
	eng       *Engine
	graph     *graph.Graph
	outs      []*graph.Node
	maxBlock  int
	blockHint int  // rows asked for in Config
	features  int  // features of the arena
	scratch   int  // features of the scratch buffers behind it
	sums      bool // whether it has sums over rows
	volumes   bool // whether it has convolutions

	shared  [][]float32   // by node ID; nil for row tensors and for tensors not bound yet
	bound   []*graph.Node // shared tensors that the caller binds
	into    [][]float32   // by output: the caller's slice for a shared output, or nil
	inputs  []input
	inputOf map[string]int
	stashes []stash
	rowOuts []rowOut
	phases  []phase
	workers []block

	unit      int        // rows of a block are padded to a multiple of it
	packed    [][]uint32 // weights packed for the tile unit
	tileWords int        // of scratch for each worker

	packedConv [][]float32 // weights of convolutions, packed
	lines      int         // at most, of the gradient of a convolution

	// Of the current run.
	batch            Batch
	cutRows          int // rows for which blocks and units are laid out
	blocks           []rowRange
	units            []int // first block of each unit of work, and the end
	current          *phase
	part32           []float32 // groups × current.size32
	part64           []float64 // groups × current.size64
	doUnit, doReduce func(worker, unit int)
}

type input struct {
	node *graph.Node
	rows Rows
}

// stash keeps a row tensor for the whole batch, block after block, feature-major
// inside a block.
type stash struct {
	width int
	data  []float32
}

type rowOut struct {
	node *graph.Node
	out  int // place in the outputs
	from loc
	dst  []float32
}

// phase is one pass over the rows: shared values first, then row operations for
// every block, then the sums over rows.
type phase struct {
	shared         []func(p *Program)
	packing        []func(p *Program) // of weights, for the tile unit
	rows           []func(b *block)
	open           *simd.Chain // the kernel at openAt-1, if it can take another step
	openAt         int
	sums           []sum
	chunks         []chunk
	size32, size64 int
}

// block is the state of a worker: the block of rows it is at, and its buffers.
type block struct {
	p       *Program
	arena   []float32
	scratch []float32
	gemm    simd.Gemm
	tile    simd.TileGemm
	words   []uint32 // scratch of the tile unit
	run     simd.RunGemm
	panels  []simd.Panel // of run
	runs    simd.Runs    // of the gradient of a convolution
	runList []simd.Run
	lines   []int       // fine lines in scratch
	memory  [][]float32 // of chains
	ones    []float32
	ld      int // floats per feature
	rows    int // valid rows
	first   int // first row of the block in the batch
	group   int
	fresh   bool // whether the block is the first of its group
}

// loc is where a row tensor lies: in the arena of the worker, or in a stash.
type loc struct {
	stash int // -1 is the arena
	off   int // in features
	width int
}

func (b *block) at(l loc) []float32 {
	if l.stash < 0 {
		return b.arena[l.off*b.ld : (l.off+l.width)*b.ld : (l.off+l.width)*b.ld]
	}
	s := &b.p.stashes[l.stash]
	base := b.first*s.width + l.off*b.ld
	return s.data[base : base+l.width*b.ld : base+l.width*b.ld]
}

// feature returns feature j of a tensor, or its only one.
func (b *block) feature(l loc, j int) []float32 {
	if l.width == 1 {
		j = 0
	}
	return b.at(l)[j*b.ld : (j+1)*b.ld]
}

// Bind gives the shared tensor of that name its values, row-major. The program
// keeps the slice: later changes of its elements are seen by the next run. A name
// that the program does not use is accepted and ignored.
func (p *Program) Bind(name string, values []float32) error {
	for _, n := range p.bound {
		if n.Name != name {
			continue
		}
		if len(values) != n.Size() {
			return fmt.Errorf("cpu: %v: %d values bound, %d needed", n, len(values), n.Size())
		}
		p.shared[n.ID] = values
	}
	return nil
}

// Feed gives the input of that name its rows for the following runs. Like Bind it
// ignores a name that the program does not use.
func (p *Program) Feed(name string, rows Rows) error {
	i, ok := p.inputOf[name]
	if !ok {
		if n := p.graph.Lookup(name); n != nil && n.Op == graph.OpInput {
			return nil
		}
		return fmt.Errorf("cpu: there is no input %q", name)
	}
	in := &p.inputs[i]
	w := in.node.Width()
	if len(rows.Data)%w != 0 {
		return fmt.Errorf("cpu: input %v: %d values are no whole number of rows", in.node, len(rows.Data))
	}
	in.rows = rows
	return nil
}

// Into makes runs write row output i (its place in the outputs given to Compile)
// to dst, row-major. Nil turns it off.
func (p *Program) Into(i int, dst []float32) error {
	for k := range p.rowOuts {
		if p.rowOuts[k].out == i {
			p.rowOuts[k].dst = dst
			return nil
		}
	}
	return fmt.Errorf("cpu: output %d, %v, is not per row", i, p.outs[i])
}

// Shared returns the values of shared output i after a run: the slice given to
// SharedInto, or the program's own, which changes with the next run.
func (p *Program) Shared(i int) []float32 {
	if p.outs[i].Rows {
		panic(fmt.Sprintf("cpu: output %d, %v, is per row", i, p.outs[i]))
	}
	if p.into[i] != nil {
		return p.into[i]
	}
	return p.shared[p.outs[i].ID]
}

// SharedInto makes runs write shared output i to dst, which must be no bound tensor.
// Nil turns it off.
func (p *Program) SharedInto(i int, dst []float32) error {
	n := p.outs[i]
	if n.Rows || dst != nil && len(dst) != n.Size() {
		return fmt.Errorf("cpu: output %d, %v, cannot be written to %d values", i, n, len(dst))
	}
	old := p.into[i]
	p.into[i] = dst
	if n.Op == graph.OpShared || n.Op == graph.OpConst {
		return nil // copied after each run
	}
	if dst == nil && old != nil { // the values stay those of the last run
		dst = slices.Clone(p.shared[n.ID])
	}
	if dst != nil {
		p.shared[n.ID] = dst
	}
	return nil
}

// Footprint returns the bytes that the program takes beside its shared tensors: for
// each worker (tensors of a block and scratch), and for each of the eight partial
// sums over rows. Row tensors that a later phase reads are kept for the whole batch
// and come on top, 4 bytes for each of their elements.
func (p *Program) Footprint() (worker, group int) {
	for _, ph := range p.phases {
		group = max(group, 4*ph.size32+8*ph.size64)
	}
	b := &p.workers[0]
	return 4 * (len(b.arena) + len(b.scratch) + len(b.words)), group
}
