// Package nn builds networks into graphs: multi-layer perceptrons (MLP), affine and
// spline coupling blocks and the RealNVP flow made of them, layers of convolutional
// networks (Conv3D, ConvTranspose3D, LayerNorm), and explicit solvers of differential
// equations (Solver).
//
// A network is a plain struct of sizes. Init declares its parameters in a Params and
// draws their initial values; builder methods (Build, Forward, Inverse) add it to a
// graph, under the same names, as often as needed; Params.Bind gives the values to a
// program that was compiled of the graph. Initialisation says how weights start.
package nn
