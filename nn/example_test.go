package nn_test

import (
	"fmt"
	"log"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

// A network is a struct of sizes. Init declares its parameters, Build adds it to a
// graph, and the program that is compiled of that graph takes the parameters by name.
func Example() {
	net := nn.MLP{Name: "f", In: 2, Hidden: 2, Units: 16, Out: 1, Slope: 0.01, Start: nn.HeNormal}
	params := &nn.Params{}
	net.Init(params, rng.New(1, "init"))
	for _, t := range params.Tensors()[:2] {
		fmt.Println(t.Name, t.Shape)
	}

	g := graph.New()
	y := net.Build("", g.Input("x", 2))
	e := cpu.New(1)
	defer e.Close()
	p, err := e.Compile(g, cpu.Config{}, y)
	if err != nil {
		log.Fatal(err)
	}
	out := make([]float32, 4)
	for _, err := range []error{
		params.Bind(p, ""),
		p.Feed("x", cpu.Rows{Data: make([]float32, 8)}),
		p.Into(0, out),
		p.Run(cpu.Batch{Rows: 4}),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(params.Len(), "parameters, f(0) =", out[0])
	// Output:
	// f/0/W [2 16]
	// f/0/b [16]
	// 337 parameters, f(0) = 0
}

// The flow and its inverse in one graph: x → z → x is the identity.
func ExampleRealNVP() {
	flow := nn.RealNVP{Name: "flow", Dim: 2, Blocks: 4, Hidden: 1, Units: 8, Slope: 0.01}
	params := &nn.Params{}
	flow.Init(params, rng.New(1, "init"))

	g := graph.New()
	x := g.Input("x", 2)
	z, _ := flow.Forward("", x)
	off := graph.SumFeatures(graph.Abs(graph.Sub(flow.Inverse("", z), x)))
	e := cpu.New(1)
	defer e.Close()
	p, err := e.Compile(g, cpu.Config{}, off)
	if err != nil {
		log.Fatal(err)
	}
	out := make([]float32, 2)
	for _, err := range []error{
		params.Bind(p, ""),
		p.Feed("x", cpu.Rows{Data: []float32{1, -2, 0.5, 3}}),
		p.Into(0, out),
		p.Run(cpu.Batch{Rows: 2}),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("inverted within 1e-5:", max(out[0], out[1]) < 1e-5)
	// Output: inverted within 1e-5: true
}
