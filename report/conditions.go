package report

import (
	"fmt"
	"math"
)

// conditionScore compares a column at a condition: see laser.ConditionScore.
type conditionScore struct {
	Column    int          `json:"column"`
	Name      string       `json:"name"` // of the condition
	JSD       float64      `json:"jsd"`
	Floor     float64      `json:"floor"`
	Slices    []sliceScore `json:"slices"`
	Condition int          `json:"condition"`
}

type sliceScore struct {
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	JSD    float64 `json:"jsd"`
	Floor  float64 `json:"floor"`
	Spread float64 `json:"spread"`
}

// conditionRow is a row of the table of scores given conditions.
type conditionRow struct {
	Method, Column, Condition, JSD, Floor, Range, Slice, SliceFloor, Above string
	Wrong                                                                  bool
}

// maxConditions bounds the table.
const maxConditions = 100

// conditionRows shows every method jointly with the conditions, and in its worst slice.
func (m *metrics) conditionRows(p *page) {
	for _, s := range m.ordered() {
		for _, c := range s.Conditions {
			if len(p.Conditions) == maxConditions {
				return
			}
			row := conditionRow{Method: methodLabel(s.Method), Column: fmt.Sprint(c.Column), Condition: c.Name, JSD: digits(1e3*c.JSD, 3), Floor: digits(1e3*c.Floor, 2)}
			most := math.Inf(-1)
			for _, w := range c.Slices {
				z := (w.JSD - w.Floor) / max(w.Spread, 1e-12)
				if z <= most {
					continue
				}
				most = z
				row.Range = digits(w.Lo, 4) + " to " + digits(w.Hi, 4)
				row.Slice, row.SliceFloor, row.Above = digits(1e3*w.JSD, 3), digits(1e3*w.Floor, 2)+" ± "+digits(1e3*w.Spread, 1), digits(z, 2)+" σ"
				row.Wrong = z > 5 && w.JSD > 2*w.Floor && s.Method != "baseline"
			}
			p.Conditions = append(p.Conditions, row)
		}
	}
}
