// Package nn builds networks into graphs: multi-layer perceptrons, affine
// coupling blocks and the RealNVP flow made of them, layers of convolutional networks. A network is a plain struct
// of sizes; Init declares its parameters in a Params, and its builder methods add
// it to a graph, under the same names, as often as needed.
package nn
