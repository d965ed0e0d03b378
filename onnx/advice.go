package onnx

import "fmt"

// What to do about operators that are not supported.
const (
	adviceRandom  = "random numbers inside of a network; pass them as an input"
	adviceInteger = "integer arithmetic; export the network before it is quantised"
)

var advice = map[string]string{
	"If":            "its condition is computed of the inputs; export the model without branches that depend on the data",
	"Loop":          "control flow; unroll the loop before the export (unroll=True in a recurrent layer of Keras)",
	"Scan":          "control flow; unroll the loop before the export",
	"Erfc":          "it is none of ONNX; use the approximation by tanh (keras.activations.gelu with approximate=True)",
	"Expm1":         "it is none of ONNX; use another activation, such as elu",
	"SVMClassifier": "LogisticRegression, MLPClassifier and ensembles of trees are supported",
	"SVMRegressor":  "MLPRegressor and ensembles of trees are supported",
	"TopK":          "an order of features that depends on the input",

	"RandomNormal": adviceRandom, "RandomUniform": adviceRandom, "RandomNormalLike": adviceRandom, "RandomUniformLike": adviceRandom,
	"Multinomial": adviceRandom, "Bernoulli": adviceRandom, "StatelessRandomNormalV2": adviceRandom, "StatelessRandomUniformV2": adviceRandom,

	"QuantizeLinear": adviceInteger, "DequantizeLinear": adviceInteger, "DynamicQuantizeLinear": adviceInteger,
	"QLinearMatMul": adviceInteger, "QLinearConv": adviceInteger, "MatMulInteger": adviceInteger, "ConvInteger": adviceInteger,
}

// unsupported is the error of a node that cannot be read.
func unsupported(n *nodeProto) error {
	if a := advice[n.op]; a != "" {
		return fmt.Errorf("the operator is not supported: %s", a)
	}
	return fmt.Errorf("the operator is not supported")
}
