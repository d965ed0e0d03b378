package generator

import "fmt"

// Models may be made of models. These bounds hold for what is composed as for what is
// read, where a part may be a link back to the whole.
const (
	maxNesting = 16      // models inside one another: rounds of refinement
	maxParts   = 64      // networks and programs of a model
	maxNested  = 1 << 29 // parameters of all networks together: 2 GiB
)

// extent is the size of a model that is made of models.
type extent struct{ depth, parts, params int }

func (a extent) join(b extent) extent {
	return extent{1 + max(a.depth, b.depth), a.parts + b.parts, a.params + b.params}
}

func (a extent) check() error {
	switch {
	case a.depth > maxNesting:
		return fmt.Errorf("%d models inside one another; %d are accepted", a.depth, maxNesting)
	case a.parts > maxParts:
		return fmt.Errorf("%d parts; %d are accepted", a.parts, maxParts)
	case a.params > maxNested:
		return fmt.Errorf("%d parameters in all parts; %d are accepted", a.params, maxNested)
	}
	return nil
}

// extentOf measures a Generator or Simulator.
func extentOf(model any) extent {
	switch m := model.(type) {
	case *Composed:
		return extentOf(m.G).join(extentOf(m.Phi))
	case *Chain:
		return extentOf(m.G).join(extentOf(m.Phi))
	case *Conditional:
		return extentOf(m.G).join(extent{})
	case *ConditionalSimulator:
		return extentOf(m.sim).join(extent{})
	case *HiddenLatents:
		return extentOf(m.full).join(extent{})
	case *network:
		return extentOf(m.Generator)
	case Generator:
		var n counter
		if m.Bind(&n, "") != nil { // a counter takes everything
			return extent{parts: 1}
		}
		return extent{parts: 1, params: int(n)}
	}
	return extent{parts: 1}
}

// counter is the nn.Binder that counts parameters.
type counter int

// Bind implements nn.Binder.
func (n *counter) Bind(_ string, values []float32) error {
	*n += counter(len(values))
	return nil
}
