// Package graphtest makes graphs and data for tests of differentiation and of
// the engines: cases that cover every operation with every kind of operand, and
// random graphs. All of it is a function of explicit seeds.
package graphtest
