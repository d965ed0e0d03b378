package dataset

// Multimodal is a density that is made of equal modes: isotropic normals of one
// width.
type Multimodal interface {
	Density
	// Modes returns the centres, of Dim coordinates each, and the standard
	// deviation of every mode along each coordinate. The centres belong to the
	// caller.
	Modes() (centres [][]float64, sigma float64)
}

// MultimodalNames returns the names of the built-in densities that have modes.
func MultimodalNames() []string {
	var names []string
	for _, d := range builtin() {
		if _, ok := d.(Multimodal); ok {
			names = append(names, d.Name())
		}
	}
	return names
}
