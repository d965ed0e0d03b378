package cpu

import (
	"fmt"
	"slices"

	"etalon/graph"
	"etalon/internal/simd"
	"etalon/rng"
)

// compiler is the state of one compilation.
type compiler struct {
	p     *Program
	g     *graph.Graph
	cfg   Config
	sched schedule
	uses  []int  // consumers of each node, outputs included
	live  []bool // evaluated on its own, not only inside a consumer
	stash []int  // stash number of a kept tensor, or -1
	steps []step // of the phase at hand
	ends  []int  // by root node: last step of the phase that reads it
	where []loc  // of root nodes in the phase at hand
	mem   arena
	mats  map[int]product     // nodes that run as one matrix product with its epilogue
	bias  map[int]*graph.Node // OuterSum node ID → SumRows of the same operand
	taken map[int]bool        // SumRows nodes that an OuterSum computes

	tiles   bool               // products may run on the tile unit
	packs   map[packKey]int    // weights packed for the tile unit, in the phase at hand
	packing []func(p *Program) // and how

	convPacks map[convKey]int // weights of convolutions packed in the phase at hand
}

// step is one row operation of a phase.
type step struct {
	n       *graph.Node
	reads   []*graph.Node
	inplace bool // the result may overwrite an operand of equal width
}

// Compile prepares a program that computes the outputs. Shared outputs are read
// with Program.Shared, row outputs are written to the slices given to
// Program.Into. Errors: the graph's own, or an output of another graph.
func (e *Engine) Compile(g *graph.Graph, cfg Config, outs ...*graph.Node) (*Program, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	for i, o := range outs {
		if o == nil || o.Graph != g || o.Op == graph.OpInvalid {
			return nil, fmt.Errorf("cpu: output %d is no valid node of this graph", i)
		}
	}
	nodes := g.Nodes()
	outs = slices.Clone(outs)
	p := &Program{eng: e, graph: g, outs: outs, into: make([][]float32, len(outs)), shared: make([][]float32, len(nodes)), inputOf: map[string]int{}}
	c := &compiler{
		p: p, g: g, cfg: cfg, sched: newSchedule(g, outs),
		uses: make([]int, len(nodes)), live: make([]bool, len(nodes)), stash: make([]int, len(nodes)),
		ends: make([]int, len(nodes)), where: make([]loc, len(nodes)),
		mats: map[int]product{}, bias: map[int]*graph.Node{}, taken: map[int]bool{},
	}
	p.blockHint = cfg.BlockRows
	c.tiles = cfg.Reduced && simd.Active() == simd.AMX
	p.unit = simd.Lanes
	if c.tiles {
		p.unit = simd.TileColumns
	}
	c.findVolumes()
	c.countUses()
	c.findProducts()
	c.findLive()
	c.findBiasSums()
	c.findStashes()
	c.allocShared()
	for q := 0; q <= c.sched.last+1; q++ {
		c.phase(q)
	}
	p.finish(c.mem.size)
	return p, nil
}

// findVolumes tells whether the outputs need a convolution.
func (c *compiler) findVolumes() {
	for i, n := range c.g.Nodes() {
		c.p.volumes = c.p.volumes || c.sched.need[i] && n.Attr.Conv != nil
	}
}

// countUses counts consumers.
func (c *compiler) countUses() {
	for i, n := range c.g.Nodes() {
		if !c.sched.need[i] {
			continue
		}
		for _, in := range n.In {
			c.uses[in.ID]++
		}
	}
	for _, o := range c.p.outs {
		c.uses[o.ID]++
	}
}

// findLive marks what is evaluated on its own: the outputs, and what they read
// after fusion.
func (c *compiler) findLive() {
	for _, o := range c.p.outs {
		c.live[o.ID] = true
	}
	nodes := c.g.Nodes()
	for i := len(nodes) - 1; i >= 0; i-- {
		if c.live[i] {
			for _, in := range c.reads(nodes[i]) {
				c.live[in.ID] = true
			}
		}
	}
}

// root looks through views: slices and stop-gradients of row tensors lie inside
// their operand.
func root(n *graph.Node) (*graph.Node, int) {
	off := 0
	for n.Rows && (n.Op == graph.OpSlice || n.Op == graph.OpStop) {
		if n.Op == graph.OpSlice {
			off += n.Attr.Lo
		}
		n = n.In[0]
	}
	return n, off
}

// strip looks through broadcasts, which elementwise kernels do themselves.
func strip(n *graph.Node) *graph.Node {
	n, _ = stripRepeat(n)
	return n
}

// stripRepeat also tells how often in a row a repeat among them gives each element; 0 if there is none.
func stripRepeat(n *graph.Node) (*graph.Node, int) {
	inner := 0
	for n.Op == graph.OpToRows || n.Rows && (n.Op == graph.OpExpand || n.Op == graph.OpRepeat && inner == 0) {
		if n.Op == graph.OpRepeat {
			inner = n.Attr.Inner
		}
		n = n.In[0]
	}
	return n, inner
}

// findStashes finds the row tensors that a later phase reads.
func (c *compiler) findStashes() {
	for i := range c.stash {
		c.stash[i] = -1
	}
	for q := 0; q <= c.sched.last; q++ {
		for _, r := range c.earlier(q) {
			if !c.cheap(r) && c.stash[r.ID] < 0 {
				c.stash[r.ID] = len(c.p.stashes)
				c.p.stashes = append(c.p.stashes, stash{width: r.Width()})
			}
		}
	}
}

// earlier lists the row tensors of earlier phases that phase q reads. The last
// phase also reads the row outputs.
func (c *compiler) earlier(q int) []*graph.Node {
	var list []*graph.Node
	listed := map[*graph.Node]bool{}
	read := func(n *graph.Node) {
		if r, _ := root(n); r.Rows && c.sched.phase[r.ID] < q && !listed[r] {
			listed[r] = true
			list = append(list, r)
		}
	}
	for _, n := range c.rowNodes(q) {
		for _, in := range c.reads(n) {
			read(in)
		}
	}
	if q == c.sched.last {
		for _, o := range c.p.outs {
			read(o)
		}
	}
	return list
}

// cheap tensors are made again in a later phase rather than kept.
func (c *compiler) cheap(n *graph.Node) bool {
	switch n.Op {
	case graph.OpInput, graph.OpRandomNormal, graph.OpRandomUniform, graph.OpToRows:
		return true
	}
	return false
}

// rowNodes lists the nodes that run over the blocks in phase q: row nodes that
// are no views and not fused, and sums over rows.
func (c *compiler) rowNodes(q int) []*graph.Node {
	var list []*graph.Node
	for i, n := range c.g.Nodes() {
		if !c.live[i] {
			continue
		}
		if n.Op.Reduces() {
			if c.sched.phase[i] == q+1 && !c.taken[i] {
				list = append(list, n)
			}
			continue
		}
		if r, _ := root(n); n.Rows && r == n && c.sched.phase[i] == q {
			list = append(list, n)
		}
	}
	return list
}

// allocShared makes room for the shared values that are not bound by the caller.
func (c *compiler) allocShared() {
	for i, n := range c.g.Nodes() {
		if !c.sched.need[i] || n.Rows {
			continue
		}
		if n.Op == graph.OpShared {
			c.p.bound = append(c.p.bound, n)
			continue
		}
		v := make([]float32, n.Size())
		for j, x := range n.Attr.Data {
			v[j] = float32(x)
		}
		c.p.shared[i] = v
	}
}

// phase compiles phase q.
func (c *compiler) phase(q int) {
	ph := phase{}
	for i, n := range c.g.Nodes() {
		if c.sched.need[i] && !n.Rows && c.sched.phase[i] == q && !n.Op.Reduces() {
			f := c.emitSharedVector(n)
			if f == nil {
				f = c.emitShared(n)
			}
			if f != nil {
				ph.shared = append(ph.shared, f)
			}
		}
	}
	if q <= c.sched.last {
		c.planRows(q)
		c.packs, c.convPacks, c.packing = map[packKey]int{}, map[convKey]int{}, nil
		c.emitRows(q, &ph)
		ph.packing = c.packing
		ph.cutChunks()
	}
	c.p.phases = append(c.p.phases, ph)
}

// planRows lists the steps of phase q and where each tensor is read last.
func (c *compiler) planRows(q int) {
	c.steps = c.steps[:0]
	for _, r := range c.earlier(q) {
		if c.cheap(r) {
			c.steps = append(c.steps, step{n: r, reads: c.reads(r)})
		}
	}
	for _, n := range c.rowNodes(q) {
		c.steps = append(c.steps, step{n: n, reads: c.reads(n), inplace: c.inplace(n)})
	}
	for i := range c.ends {
		c.ends[i] = -1
	}
	for i, s := range c.steps {
		for _, in := range s.reads {
			r, _ := root(in)
			c.ends[r.ID] = i
		}
	}
	if q == c.sched.last {
		for _, o := range c.p.outs {
			if o.Rows {
				r, _ := root(o)
				c.ends[r.ID] = len(c.steps) // kept to the end
			}
		}
	}
}

// emitRows lays out the tensors of a phase and makes its kernels.
func (c *compiler) emitRows(q int, ph *phase) {
	for i, s := range c.steps {
		n := s.n
		over := c.overwritten(s, i)
		if n.Op.Reduces() {
			ph.rows = append(ph.rows, c.emitSum(n, ph))
		} else {
			at := loc{stash: -1, width: n.Width()}
			switch {
			case c.stash[n.ID] >= 0:
				at.stash = c.stash[n.ID]
			case over != nil:
				at.off = c.where[over.ID].off
			default:
				at.off = c.mem.alloc(at.width)
			}
			c.where[n.ID] = at
			c.emit(n, at, ph)
			if c.ends[n.ID] < 0 && at.stash < 0 { // nothing in this phase reads it
				c.mem.release(at.off, at.width)
			}
		}
		for k, in := range s.reads {
			r, _ := root(in)
			if r.Rows && r != over && c.ends[r.ID] == i && c.where[r.ID].stash < 0 && !among(s.reads[:k], r) {
				c.mem.release(c.where[r.ID].off, c.where[r.ID].width)
			}
		}
	}
	if q == c.sched.last {
		for i, o := range c.p.outs {
			if o.Rows {
				k := len(c.p.rowOuts)
				c.p.rowOuts = append(c.p.rowOuts, rowOut{node: o, out: i, from: c.locate(o)})
				ph.rows = append(ph.rows, func(b *block) { b.writeOut(k) })
			}
		}
	}
	// The next phase starts with an empty arena.
	c.mem.free = c.mem.free[:0]
	if c.mem.size > 0 {
		c.mem.free = append(c.mem.free, span{0, c.mem.size})
	}
}

// emit makes the kernel of a row node whose result goes to dst.
func (c *compiler) emit(n *graph.Node, dst loc, ph *phase) {
	if m, ok := c.mats[n.ID]; ok {
		ph.rows = append(ph.rows, c.emitProduct(m, dst))
	} else if !c.elementwise(n, dst, ph) {
		ph.rows = append(ph.rows, c.emitLeaf(n, dst))
	}
}

// among tells whether some operand lies in the buffer of r.
func among(reads []*graph.Node, r *graph.Node) bool {
	for _, in := range reads {
		if q, _ := root(in); q == r {
			return true
		}
	}
	return false
}

// overwritten returns the operand whose buffer the result of step i may take: one
// of the same width, in the arena, that nothing reads afterwards and that is read
// whole, not through a view, now.
func (c *compiler) overwritten(s step, i int) *graph.Node {
	if !s.inplace || c.stash[s.n.ID] >= 0 {
		return nil
	}
	for _, in := range s.reads {
		r, _ := root(in)
		if !r.Rows || r.Width() != s.n.Width() || c.ends[r.ID] != i || c.where[r.ID].stash >= 0 {
			continue
		}
		whole := true
		for _, other := range s.reads {
			if q, _ := root(other); q == r && other.Width() != r.Width() {
				whole = false
			}
		}
		if whole {
			return r
		}
	}
	return nil
}

// locate returns where a row tensor lies, views included.
func (c *compiler) locate(n *graph.Node) loc {
	r, off := root(n)
	at := c.where[r.ID]
	at.off += off
	at.width = n.Width()
	return at
}

// finish allocates the workers' buffers.
func (p *Program) finish(features int) {
	p.features = features
	p.maxBlock = p.chooseBlock(features)
	size := (features + p.scratch) * p.maxBlock
	p.workers = make([]block, p.eng.threads)
	ones := make([]float32, p.maxBlock)
	simd.Fill(ones, 1)
	for w := range p.workers {
		buf := alignedFloats(size)
		p.workers[w] = block{p: p, arena: buf[:features*p.maxBlock], scratch: buf[features*p.maxBlock:], ones: ones, words: alignedWords(p.tileWords)}
		b := &p.workers[w]
		if p.volumes {
			b.panels, b.runList, b.lines = make([]simd.Panel, panelChunk), make([]simd.Run, p.lines), make([]int, p.lines)
		}
		b.memory = make([][]float32, memoryStashes+len(p.stashes))
		b.memory[memoryArena], b.memory[memoryScratch] = b.arena, b.scratch
	}
	for i := range p.phases {
		p.sums = p.sums || len(p.phases[i].sums) > 0
		p.part32 = growTo(p.part32, maxGroups*p.phases[i].size32)
		if n := maxGroups * p.phases[i].size64; n > len(p.part64) {
			p.part64 = make([]float64, n)
		}
	}
	p.doUnit, p.doReduce = p.runUnit, p.reduce
}

func growTo(a []float32, n int) []float32 {
	if n > len(a) {
		return alignedFloats(n)
	}
	return a
}

func streamOf(cfg Config, n *graph.Node) rng.Stream { return rng.New(cfg.Seed, n.Attr.Stream) }
