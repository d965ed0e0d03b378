package onnx

// passes tells that a node changes at most the shape of its first operand, or the type of
// its numbers: what comes before it is still the last operation of an output. PyTorch
// writes squeeze(-1) and view(-1) behind a Sigmoid so.
func passes(n *nodeProto) bool {
	switch n.op {
	case "Identity", "Cast", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze":
		return n.domain == "" && len(n.in) > 0
	}
	return false
}
