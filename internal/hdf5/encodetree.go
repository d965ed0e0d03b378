package hdf5

import (
	"maps"
	"slices"
)

// widest finds out how large symbol table nodes must be, so that one node of a B-tree
// holds every group.
func (e *encoder) widest(n *node) {
	if most := (len(n.members) + 2*groupK - 1) / (2 * groupK); 2*e.leaf < most {
		e.leaf = (most + 1) / 2
	}
	for _, m := range n.members {
		e.widest(m)
	}
}

// symbolTable writes the members of a group: a heap of names, nodes of entries in the
// order of the names, and a B-tree of these.
func (e *encoder) symbolTable(n *node) outgoing {
	names := slices.Sorted(maps.Keys(n.members))
	heap := make([]byte, 8) // the empty name
	at := make([]uint64, len(names))
	for i, name := range names {
		at[i] = uint64(len(heap))
		heap = append(heap, name...)
		heap = append(heap, make([]byte, 8-len(name)%8)...)
	}
	addrs := make([]uint64, len(names))
	for i, name := range names {
		addrs[i] = e.object(n.members[name])
	}
	per := 2 * e.leaf
	nodes := (len(names) + per - 1) / per
	tree := treeHead(0, 0, nodes, undefined, undefined)
	tree = le.AppendUint64(tree, 0)
	for lo := 0; lo < len(names); lo += per {
		hi := min(lo+per, len(names))
		b := append([]byte("SNOD"), 1, 0)
		b = le.AppendUint16(b, uint16(hi-lo))
		for i := lo; i < hi; i++ {
			b = le.AppendUint64(b, at[i])
			b = le.AppendUint64(b, addrs[i])
			b = append(b, make([]byte, 24)...) // nothing is cached
		}
		b = append(b, make([]byte, 8+40*per-len(b))...)
		tree = le.AppendUint64(tree, e.w.put(b))
		tree = le.AppendUint64(tree, at[hi-1])
	}
	const size = 24 + 8*(4*groupK+1)
	tree = append(tree, make([]byte, size-len(tree))...)
	body := le.AppendUint64(nil, e.w.put(tree))
	segment := e.w.put(heap)
	head := append([]byte("HEAP"), 0, 0, 0, 0)
	head = le.AppendUint64(head, uint64(len(heap)))
	head = le.AppendUint64(head, 1) // no free space
	head = le.AppendUint64(head, segment)
	return outgoing{msgSymbolTable, le.AppendUint64(body, e.w.put(head))}
}

func treeHead(kind, level byte, used int, left, right uint64) []byte {
	b := append([]byte("TREE"), kind, level)
	b = le.AppendUint16(b, uint16(used))
	b = le.AppendUint64(b, left)
	return le.AppendUint64(b, right)
}

// treeChild is a child of a node of a data set's B-tree: a chunk, or a node.
type treeChild struct {
	row  uint64 // first one
	size uint32 // of its first chunk
	addr uint64
}

// chunkTree writes the B-tree of the chunks of a data set and returns the address of its
// root.
func (e *encoder) chunkTree(d *RowWriter) uint64 {
	var list []treeChild
	for i, c := range d.chunks {
		list = append(list, treeChild{uint64(i) * uint64(d.opt.ChunkRows), c.size, c.addr})
	}
	if len(list) == 0 {
		return undefined
	}
	end := uint64(len(list)) * uint64(d.opt.ChunkRows)
	key := func(b []byte, row uint64, size uint32, last bool) []byte {
		b = le.AppendUint32(b, size)
		b = le.AppendUint32(b, 0) // no filter is left out
		b = le.AppendUint64(b, row)
		for _, n := range d.row {
			if !last {
				n = 0
			}
			b = le.AppendUint64(b, uint64(n))
		}
		return le.AppendUint64(b, 0)
	}
	keySize := 8 + 8*(len(d.row)+2)
	size := pad8(uint64(24 + (2*chunkK+1)*keySize + 2*chunkK*8))
	for level := byte(0); ; level++ {
		const per = 2 * chunkK
		first := e.w.end // the nodes of a level stand behind each other
		nodes := (len(list) + per - 1) / per
		var up []treeChild
		for i := range nodes {
			part := list[i*per : min((i+1)*per, len(list))]
			left, right, next := uint64(undefined), uint64(undefined), end
			if i > 0 {
				left = first + uint64(i-1)*size
			}
			if i < nodes-1 {
				right = first + uint64(i+1)*size
				next = list[(i+1)*per].row
			}
			b := treeHead(1, level, len(part), left, right)
			for _, c := range part {
				b = key(b, c.row, c.size, false)
				b = le.AppendUint64(b, c.addr)
			}
			b = key(b, next, 0, i == nodes-1)
			b = append(b, make([]byte, size-uint64(len(b)))...)
			up = append(up, treeChild{part[0].row, part[0].size, e.w.put(b)})
		}
		if list = up; len(list) == 1 {
			return list[0].addr
		}
	}
}
