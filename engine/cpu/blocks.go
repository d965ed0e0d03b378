package cpu

// rowRange is a block: rows first to first+n of the batch.
type rowRange struct{ first, n int }

// cut lays out the blocks of a batch and the units of work, each of which is one
// or more blocks in a row.
//
// Sums over rows are added block by block and group by group, so the blocks of a
// program with sums depend on the number of rows alone; its units are the groups,
// a power of two, so that two, four or eight threads get equal shares. Without
// sums a row's value does not depend on its block, and every thread gets as many
// blocks as the others, even of a small batch.
func (p *Program) cut(rows int) {
	if p.cutRows == rows {
		return
	}
	p.cutRows, p.blocks, p.units = rows, p.blocks[:0], append(p.units[:0], 0)
	unit, least := p.granule(), groupRows
	if p.volumes {
		least = unit
	}
	tiles := (rows + unit - 1) / unit
	if !p.sums {
		n := p.blocksFor((tiles + p.eng.threads - 1) / p.eng.threads)
		p.cutEvenly(rows, 0, tiles, min(n*p.eng.threads, tiles))
		for i := range p.blocks {
			p.units = append(p.units, i+1)
		}
		return
	}
	groups := 1
	for groups < maxGroups && rows >= 2*groups*least {
		groups *= 2
	}
	for g := range groups {
		lo, hi := g*tiles/groups, (g+1)*tiles/groups
		p.cutEvenly(rows, lo, hi, p.blocksFor(hi-lo))
		p.units = append(p.units, len(p.blocks))
	}
}

// blocksFor is the number of blocks that a run of tiles needs.
func (p *Program) blocksFor(tiles int) int {
	limit := p.maxBlock / p.granule()
	return (tiles + limit - 1) / limit
}

// cutEvenly cuts tiles lo to hi into n blocks.
func (p *Program) cutEvenly(rows, lo, hi, n int) {
	unit := p.granule()
	for i := range n {
		first := (lo + i*(hi-lo)/n) * unit
		end := min((lo+(i+1)*(hi-lo)/n)*unit, rows)
		p.blocks = append(p.blocks, rowRange{first, end - first})
	}
}

// enter makes r the block at which the worker is.
func (b *block) enter(r rowRange) {
	b.first, b.rows, b.ld = r.first, r.n, roundUp(r.n, b.p.unit)
	for i, s := range b.p.stashes {
		b.memory[memoryStashes+i] = s.data[r.first*s.width:][:s.width*b.ld]
	}
}
