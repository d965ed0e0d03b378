// Command etalon refines generative models against truth data: it learns how a
// generator's density differs from the truth (DCTR), and turns the resulting
// weights into a better, unweighted generator (LaSeR).
package main

import "os"

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }
