package cpu

import "etalon/graph"

// schedule assigns the nodes that the outputs need to phases. Row nodes of phase
// p run over all blocks in phase p; a shared node with phase p is ready before
// the rows of phase p run. Phases count from 0; `last` is the last row phase, and
// shared outputs are ready at last+1.
type schedule struct {
	need  []bool
	phase []int
	last  int
}

// newSchedule places every node as late as its consumers allow, so that a
// forward pass runs in the phase of its backward pass even when the loss is
// normalised by a sum over the batch.
func newSchedule(g *graph.Graph, outs []*graph.Node) schedule {
	nodes := g.Nodes()
	s := schedule{need: make([]bool, len(nodes)), phase: make([]int, len(nodes))}
	for _, o := range outs {
		s.need[o.ID] = true
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if s.need[i] {
			for _, in := range nodes[i].In {
				s.need[in.ID] = true
			}
		}
	}
	// Earliest phase of every node, hence the number of phases.
	early := make([]int, len(nodes))
	for i, n := range nodes {
		if !s.need[i] {
			continue
		}
		for _, in := range n.In {
			early[i] = max(early[i], early[in.ID])
		}
		if n.Op.Reduces() {
			s.last = max(s.last, early[i])
			early[i]++
		} else if n.Rows {
			s.last = max(s.last, early[i])
		}
	}
	// Latest phase, from the outputs back.
	for i, n := range nodes {
		s.phase[i] = s.last + 1
		if n.Rows {
			s.phase[i] = s.last
		}
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if !s.need[i] {
			continue
		}
		at := s.phase[i]
		if nodes[i].Op.Reduces() {
			at-- // its rows run one phase before the sum is ready
		}
		for _, in := range nodes[i].In {
			s.phase[in.ID] = min(s.phase[in.ID], at)
		}
	}
	return s
}
