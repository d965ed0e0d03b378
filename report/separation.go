package report

import "fmt"

// separationRow is a row of the table of ⟨S²⟩: of the histogram of a method (Column
// empty) or of one of its columns.
type separationRow struct {
	Method, Column, S2, Density, Noise, Floor, Share, R string
}

// maxSeparations bounds the table.
const maxSeparations = 200

// separationRows shows the separation power of every method from the truth, and what its
// weights cost (DCTRGAN, arXiv:2009.03796, section II B and eq. 15).
func (m *metrics) separationRows(p *page) {
	base := m.score("baseline")
	for _, s := range m.ordered() {
		if s.S2Noise == nil || len(p.Separations)+1+len(s.Columns) > maxSeparations {
			continue // of an older run
		}
		row := separationRow{Method: methodLabel(s.Method), Column: "both", S2: digits(s.S2, 3), Density: digits(s.S2Density, 3), Noise: digits(*s.S2Noise, 2), Floor: "–", Share: "–"}
		if s.Floor != nil {
			row.Floor = digits(s.Floor.S2, 2)
			if base != nil && base.Floor != nil && s != base && base.S2 > base.Floor.S2 {
				row.Share = fmt.Sprintf("%s %%", digits(100*(s.S2-s.Floor.S2)/(base.S2-base.Floor.S2), 2))
			}
		}
		if m.line() { // the histogram is that of the column
			row.Column, row.R = fmt.Sprint(m.Columns[0]), "–"
			for _, c := range s.Columns {
				if c.Column == m.Columns[0] && c.R != nil {
					row.R = c.dilution()
				}
			}
		}
		p.Separations = append(p.Separations, row)
		for _, c := range s.Columns {
			if m.line() && c.Column == m.Columns[0] {
				continue
			}
			p.Separations = append(p.Separations, separationRow{Column: fmt.Sprint(c.Column), S2: digits(c.S2, 3), Density: digits(c.S2Density, 3), Noise: digits(c.Noise, 2), R: c.dilution()})
		}
	}
}

// dilution is r with its error.
func (c *columnScore) dilution() string {
	switch {
	case c.R == nil:
		return "–"
	case c.RError == nil:
		return digits(*c.R, 3)
	}
	return digits(*c.R, 3) + " ± " + digits(*c.RError, 1)
}
