package nn

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// Params is an ordered set of named parameter tensors that lie one after the
// other in a single slice, so that optimisers and checkpoints see one vector. The
// zero value is empty and ready to use.
type Params struct {
	tensors []Tensor
	byName  map[string]int
	flat    []float32
}

// Tensor describes one tensor of a Params.
type Tensor struct {
	Name   string
	Shape  []int
	Offset int // first element in Params.Flat
	Size   int
}

// Binder is what takes parameter values by name; cpu.Program is one.
type Binder interface {
	Bind(name string, values []float32) error
}

// Add declares a tensor with zeros. It panics if the name is taken. Slices
// returned earlier by Flat and Values are stale afterwards.
func (p *Params) Add(name string, shape ...int) {
	if p.byName == nil {
		p.byName = map[string]int{}
	}
	if _, ok := p.byName[name]; ok {
		panic(fmt.Sprintf("nn: parameter %q is declared twice", name))
	}
	size := 1
	for _, d := range shape {
		size *= d
	}
	p.byName[name] = len(p.tensors)
	p.tensors = append(p.tensors, Tensor{Name: name, Shape: slices.Clone(shape), Offset: len(p.flat), Size: size})
	p.flat = append(p.flat, make([]float32, size)...)
}

// Tensors lists the tensors in order of declaration.
func (p *Params) Tensors() []Tensor { return p.tensors }

// Flat returns all values, tensor after tensor.
func (p *Params) Flat() []float32 { return p.flat }

// Len is the number of values.
func (p *Params) Len() int { return len(p.flat) }

// Values returns the values of a tensor, row-major; it panics on an unknown name.
func (p *Params) Values(name string) []float32 {
	i, ok := p.byName[name]
	if !ok {
		panic(fmt.Sprintf("nn: there is no parameter %q", name))
	}
	t := p.tensors[i]
	return p.flat[t.Offset : t.Offset+t.Size : t.Offset+t.Size]
}

// Has tells whether a tensor of that name is declared.
func (p *Params) Has(name string) bool { _, ok := p.byName[name]; return ok }

// Bind gives every tensor to b under its name with the prefix before it.
func (p *Params) Bind(b Binder, prefix string) error {
	for _, t := range p.tensors {
		if err := b.Bind(prefix+t.Name, p.flat[t.Offset:t.Offset+t.Size:t.Offset+t.Size]); err != nil {
			return err
		}
	}
	return nil
}

// Nodes returns the graph's node of every tensor, in order: the targets of
// differentiation. Tensors that the graph does not use yet are added to it.
func (p *Params) Nodes(g *graph.Graph, prefix string) []*graph.Node {
	nodes := make([]*graph.Node, len(p.tensors))
	for i, t := range p.tensors {
		nodes[i] = g.Shared(prefix+t.Name, t.Shape...)
	}
	return nodes
}

// Clone returns an independent copy.
func (p *Params) Clone() *Params {
	q := &Params{tensors: slices.Clone(p.tensors), byName: map[string]int{}, flat: slices.Clone(p.flat)}
	for i, t := range q.tensors {
		q.byName[t.Name] = i
	}
	return q
}
