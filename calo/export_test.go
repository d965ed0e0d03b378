package calo

// SetUnit makes blocks of n showers.
func (r *Rows) SetUnit(n int) { r.unit = n }
