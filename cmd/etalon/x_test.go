package main
import ("testing";"github.com/rogpeppe/go-internal/testscript";"golang.org/x/term")
func TestMain(m *testing.M){ testscript.Main(m, map[string]func(){"etalon":main}); _ = term.IsTerminal }
