package metric

import "math"

// gridCost holds the Euclidean distances between the cells of an nx × ny grid
// of spacings hx, hy as integers: distance·scale rounded, by (|dx|, |dy|).
type gridCost struct {
	nx, ny int
	hx, hy float64
	scale  float64
	table  []int64 // nx rows of 2ny-1: row dx, entry dy+ny-1
}

func newGridCost(nx, ny int, hx, hy float64, nodes int) *gridCost {
	g := &gridCost{nx: nx, ny: ny, hx: hx, hy: hy}
	g.scale = costScale(g.distance(nx-1, ny-1), nodes)
	w := 2*ny - 1
	g.table = make([]int64, nx*w)
	for dx := 0; dx < nx; dx++ {
		for dy := 0; dy < ny; dy++ {
			c := int64(math.RoundToEven(g.distance(dx, dy) * g.scale))
			g.table[dx*w+ny-1+dy] = c
			g.table[dx*w+ny-1-dy] = c
		}
	}
	return g
}

func (g *gridCost) distance(dx, dy int) float64 {
	return math.Hypot(float64(dx)*g.hx, float64(dy)*g.hy)
}

// between returns the integer cost between the cells a and b, indexed ix*ny+iy.
func (g *gridCost) between(a, b int32) int64 {
	ax, ay := int(a)/g.ny, int(a)%g.ny
	bx, by := int(b)/g.ny, int(b)%g.ny
	return g.table[abs(ax-bx)*(2*g.ny-1)+g.ny-1+ay-by]
}

func abs(v int) int { return max(v, -v) }

// blockSide is the side, in cells, of the blocks of demands that pricing skips
// as a whole when the distance to the nearest cell of the block rules them out.
const blockSide = 8

// gridPricer finds arcs of negative, or smallest, reduced cost among all pairs
// of supplies and demands without storing them.
type gridPricer struct {
	g      *gridCost
	cells  []int32 // of all nodes, supplies first
	ns     int
	blocks []demandBlock
	node   []int32 // demands in block order
	x, y   []int32 // their cells
	pot    []int64 // their potentials, refreshed by each pass
}

type demandBlock struct {
	from, to       int // in block order
	x0, x1, y0, y1 int // bounding box of its demands
	lowest         int64
}

func newGridPricer(g *gridCost, cells []int32, ns int) *gridPricer {
	p := &gridPricer{g: g, cells: cells, ns: ns}
	bx, by := (g.nx+blockSide-1)/blockSide, (g.ny+blockSide-1)/blockSide
	lists := make([][]int32, bx*by)
	for u := ns; u < len(cells); u++ {
		x, y := int(cells[u])/g.ny, int(cells[u])%g.ny
		b := x/blockSide*by + y/blockSide
		lists[b] = append(lists[b], int32(u))
	}
	for _, l := range lists {
		if len(l) == 0 {
			continue
		}
		b := demandBlock{from: len(p.node), x0: g.nx, x1: -1, y0: g.ny, y1: -1}
		for _, u := range l {
			x, y := int(cells[u])/g.ny, int(cells[u])%g.ny
			b.x0, b.x1, b.y0, b.y1 = min(b.x0, x), max(b.x1, x), min(b.y0, y), max(b.y1, y)
			p.node, p.x, p.y = append(p.node, u), append(p.x, int32(x)), append(p.y, int32(y))
		}
		b.to = len(p.node)
		p.blocks = append(p.blocks, b)
	}
	p.pot = make([]int64, len(p.node))
	return p
}

// best appends to arcs, for each of the supplies from ≤ i < to, its perSupply
// arcs of smallest reduced cost below limit and, for every demand, its perDemand
// best ones from these supplies, without repetition. pot are the potentials of
// all nodes.
func (p *gridPricer) best(arcs []arc, from, to int, pot []int64, limit int64, perSupply, perDemand int) []arc {
	g, w := p.g, 2*p.g.ny-1
	// Potentials count from that of node 0, so their common drift cannot matter.
	base := pot[0]
	for b := range p.blocks {
		blk := &p.blocks[b]
		blk.lowest = math.MaxInt64
		for k := blk.from; k < blk.to; k++ {
			p.pot[k] = pot[p.node[k]] - base
			blk.lowest = min(blk.lowest, p.pot[k])
		}
	}
	forSupply := newShortlist(1, perSupply, limit)
	var forDemand *shortlist
	if perDemand > 0 {
		forDemand = newShortlist(len(p.node), perDemand, limit)
	}
	for i := from; i < to; i++ {
		ix, iy, pi := int(p.cells[i])/g.ny, int(p.cells[i])%g.ny, pot[i]-base
		forSupply.reset(0, limit)
		for b := range p.blocks {
			blk := &p.blocks[b]
			dx := max(blk.x0-ix, ix-blk.x1, 0)
			dy := max(blk.y0-iy, iy-blk.y1, 0)
			if g.table[dx*w+g.ny-1+dy]-pi+blk.lowest >= limit {
				continue
			}
			for k := blk.from; k < blk.to; k++ {
				r := g.table[abs(int(p.x[k])-ix)*w+g.ny-1+int(p.y[k])-iy] - pi + p.pot[k]
				if r < forSupply.worst[0] {
					forSupply.insert(0, r, int32(k))
				}
				if forDemand != nil && r < forDemand.worst[k] {
					forDemand.insert(k, r, int32(i))
				}
			}
		}
		for _, e := range forSupply.entries(0) {
			arcs = append(arcs, p.arc(int32(i), p.node[e.other]))
		}
		if forDemand != nil {
			forDemand.strike(forSupply.entries(0), int32(i))
		}
	}
	if forDemand != nil {
		for k, u := range p.node {
			for _, e := range forDemand.entries(k) {
				if e.other >= 0 {
					arcs = append(arcs, p.arc(e.other, u))
				}
			}
		}
	}
	return arcs
}

func (p *gridPricer) arc(i, j int32) arc {
	return arc{i, j, p.g.between(p.cells[i], p.cells[j])}
}

// nearest returns, for each of the given nodes, its k arcs of smallest reduced
// cost to others of them.
func (p *gridPricer) nearest(nodes []int32, pot []int64, k int) []arc {
	cells, sub := make([]int32, len(nodes)), make([]int64, len(nodes))
	ns := 0
	for k, u := range nodes {
		cells[k], sub[k] = p.cells[u], pot[u]
		if int(u) < p.ns {
			ns++
		}
	}
	if ns == 0 {
		return nil
	}
	arcs := newGridPricer(p.g, cells, ns).best(nil, 0, ns, sub, math.MaxInt64, k, k)
	for k := range arcs {
		arcs[k].i, arcs[k].j = nodes[arcs[k].i], nodes[arcs[k].j]
	}
	return arcs
}
