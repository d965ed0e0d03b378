package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"etalon/dataset"
	"etalon/graph"
	"etalon/onnx"
	"etalon/rng"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"etalon": main, "blob": blob})
}

// blob is a generator that is a program: x = (4·z1, 3·z2 + noise) of two latents, with noise of
// its own if it has an argument.
func blob() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		var head struct {
			Rows, Reserved uint32
			Row0           uint64
		}
		if binary.Read(in, binary.LittleEndian, &head) != nil {
			return
		}
		z := make([]float32, 2*head.Rows)
		if binary.Read(in, binary.LittleEndian, z) != nil {
			os.Exit(1)
		}
		noise := make([]float32, head.Rows)
		if len(os.Args) > 1 {
			rng.New(1, "blob").NormalRows(noise, int(head.Rows), 0, head.Row0, int(head.Rows), 1)
		}
		for i := range noise {
			z[2*i], z[2*i+1] = 4*z[2*i], 3*z[2*i+1]+noise[i]
		}
		if binary.Write(out, binary.LittleEndian, head.Rows) != nil || binary.Write(out, binary.LittleEndian, z) != nil || out.Flush() != nil {
			os.Exit(1)
		}
	}
}

// TestScripts runs testdata/script. The scripts find a finished tiny run at $RUN,
// which they must not change, its configuration at $TINY, showers and Keras networks in
// $CALO, $KERAS and $ONNX.
func TestScripts(t *testing.T) {
	run := tinyRun(t, "--threads", "1")
	config, err := filepath.Abs("testdata/tiny.toml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("RUN", run)
			env.Setenv("TINY", config)
			for name, dir := range map[string]string{"CALO": "../../calo/testdata", "KERAS": "../../dctr/testdata/keras", "ONNX": "../../onnx/testdata"} {
				path, err := filepath.Abs(dir)
				if err != nil {
					return err
				}
				env.Setenv(name, path)
			}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fails": fails, "npy": npy, "column": columnFile, "cpdir": cpdir, "cut": cutFile, "absent": absent, "same": same, "joined": joined, "normals": normals, "lognormal": lognormal, "conditional": conditional, "picks": picks,
			"tilted": tilted, "mean": mean, "times": times, "rows": someRows,
		},
	})
}

// fails STATUS ARG… runs etalon: it must end with the status, say nothing on
// standard output and one line on standard error, and leave all files as they are.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails STATUS ARG...")
	}
	before := snapshot(ts)
	err := ts.Exec("etalon", args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("etalon ended with %v; exit status %s is expected", err, args[0])
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("a failure wrote to standard output: %q", out)
	}
	message := ts.ReadFile("stderr")
	if !strings.HasPrefix(message, "etalon: ") || strings.Count(message, "\n") != 1 || !strings.HasSuffix(message, "\n") || len(message) > 400 {
		ts.Fatalf("the error is no line: %q", message)
	}
	if after := snapshot(ts); !maps.Equal(before, after) {
		ts.Fatalf("a failure changed files: before %v, after %v", before, after)
	}
}

// snapshot lists all files of the script with their sizes and times.
func snapshot(ts *testscript.TestScript) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(ts.Getenv("WORK"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			files[path] = fmt.Sprint(info.Size(), info.ModTime())
		} else if err == nil {
			files[path] = "directory"
		}
		return err
	})
	ts.Check(err)
	return files
}

// npy FILE ROWS COLS [nan] writes a table of plain numbers; the last may be NaN.
func npy(ts *testscript.TestScript, _ bool, args []string) {
	rows, err1 := strconv.Atoi(args[1])
	cols, err2 := strconv.Atoi(args[2])
	ts.Check(errors.Join(err1, err2))
	data := make([]float32, rows*cols)
	for i := range data {
		data[i] = float32(i*7919%1009) / 100
	}
	if len(args) > 3 {
		data[len(data)-1] = float32(math.NaN())
	}
	ts.Check(dataset.WriteNPY(ts.MkAbs(args[0]), rows, cols, data))
}

// column FILE ROWS VALUE [LAST] writes a column of equal values, the last of which
// may be another.
func columnFile(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := strconv.Atoi(args[1])
	ts.Check(err)
	value, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	data := slices.Repeat([]float64{value}, rows)
	if len(args) > 3 {
		data[rows-1], err = strconv.ParseFloat(args[3], 64)
		ts.Check(err)
	}
	ts.Check(dataset.WriteNPYFloat64(ts.MkAbs(args[0]), data))
}

// normals FILE ROWS MEAN [LOGWEIGHTS] writes points of the plane, normal with unit
// variances about (MEAN, 0), and the logarithms of the weights that move them to the
// origin.
func normals(ts *testscript.TestScript, _ bool, args []string) {
	rows, err1 := strconv.Atoi(args[1])
	mean, err2 := strconv.ParseFloat(args[2], 64)
	ts.Check(errors.Join(err1, err2))
	data := make([]float32, 2*rows)
	rng.New(1, args[0]).NormalRows(data, 1, 0, 0, 1, 2*rows)
	logw := make([]float64, rows)
	for i := range rows {
		x := float64(data[2*i]) + mean
		data[2*i], logw[i] = float32(x), mean*mean/2-mean*x
	}
	ts.Check(dataset.WriteNPY(ts.MkAbs(args[0]), rows, 2, data))
	if len(args) > 3 {
		ts.Check(dataset.WriteNPYFloat64(ts.MkAbs(args[3]), logw))
	}
}

// lognormal FILE ROWS MEAN writes named columns: a log-normal one, ln E of the mean, one
// from 0 to 3.15, and a normal one.
func lognormal(ts *testscript.TestScript, _ bool, args []string) {
	rows, err1 := strconv.Atoi(args[1])
	mean, err2 := strconv.ParseFloat(args[2], 64)
	ts.Check(errors.Join(err1, err2))
	data := make([]float32, 3*rows)
	rng.New(1, args[0]).NormalRows(data, 1, 0, 0, 1, 3*rows)
	for i := range rows {
		data[3*i] = float32(math.Exp(float64(data[3*i]) + mean))
		data[3*i+1] = float32(3.15 / (1 + math.Exp(-float64(data[3*i+1]))))
	}
	ts.Check(dataset.Write(ts.MkAbs(args[0]), rows, 3, data, dataset.WriteOptions{Names: []string{"E", "theta", "n"}}))
}

// conditional TRUTH NET FLAT writes truth with the columns x, y and energy, 8000 rows of
// energies from 0 to 2, and generators of x and y given the energy: NET of the inputs z and
// c, and FLAT of one, with c as its first column. constant.csv has one energy only.
func conditional(ts *testscript.TestScript, _ bool, args []string) {
	const rows = 8000
	x, same := make([]float32, 3*rows), make([]float32, 3*rows)
	s := rng.New(1, "conditional")
	for i := range rows {
		e := 2 * s.Uniform(0, uint64(i), 2)
		a, b := s.Normal(0, uint64(i), 0), s.Normal(0, uint64(i), 1)
		copy(x[3*i:], []float32{float32(e + (0.5+e)*a), float32(b), float32(e)})
		copy(same[3*i:], []float32{float32(a), float32(b), 2})
	}
	names := dataset.WriteOptions{Names: []string{"x", "y", "energy"}}
	ts.Check(dataset.Write(ts.MkAbs(args[0]), rows, 3, x, names))
	ts.Check(dataset.Write(ts.MkAbs("constant.csv"), rows, 3, same, names))
	for k, name := range args[1:] {
		g := graph.New()
		var z, c *graph.Node
		if k == 0 {
			z, c = g.Input("z", 2), g.Input("c", 1)
		} else {
			all := g.Input("in", 3)
			c, z = graph.Slice(all, 0, 1), graph.Slice(all, 1, 3)
		}
		x := graph.Concat(graph.Mul(graph.AddScalar(c, 1), graph.Slice(z, 0, 1)), graph.Add(graph.Slice(z, 1, 2), graph.MulScalar(c, 0.2)))
		file, err := onnx.Export{Name: "g", Outputs: []onnx.Output{{Name: "x", Node: x}}}.Encode()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), file, 0o644))
	}
	// The conditions of a file without names.
	ts.Check(dataset.WriteNPY(ts.MkAbs("c.npy"), 4, 1, []float32{0, 0.59, 1.73, 0.14}))
}

// picks FILE COLUMN VALUE… demands the values in the first rows of a column of a table, or
// a single one in all rows.
func picks(ts *testscript.TestScript, _ bool, args []string) {
	t := table(ts, args[0])
	j, err := strconv.Atoi(args[1])
	ts.Check(err)
	want := args[2:]
	if len(want) == 1 {
		want = slices.Repeat(want, t.Rows)
	}
	if len(want) > t.Rows {
		ts.Fatalf("%s has %d rows", args[0], t.Rows)
	}
	for i, text := range want {
		v, err := strconv.ParseFloat(text, 32)
		ts.Check(err)
		if got := t.Data[i*t.Cols+j]; got != float32(v) {
			ts.Fatalf("%s: row %d has %v in column %d, not %s", args[0], i, got, j, text)
		}
	}
}

// cpdir FROM TO copies a directory.
func cpdir(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// cut FILE BYTES removes bytes from the end of a file.
func cutFile(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()-n))
}

// absent TEXT… demands that standard output holds none of the texts.
func absent(ts *testscript.TestScript, _ bool, args []string) {
	for _, s := range args {
		if strings.Contains(ts.ReadFile("stdout"), s) {
			ts.Fatalf("standard output holds %q", s)
		}
	}
}

// same FILE FILE demands equal tables.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if equal := slices.Equal(table(ts, args[0]).Data, table(ts, args[1]).Data); equal == neg {
		ts.Fatalf("%s and %s: equal is %v", args[0], args[1], equal)
	}
}

// joined WHOLE PART… demands that the rows of the parts are those of the whole.
func joined(ts *testscript.TestScript, _ bool, args []string) {
	var rows []float32
	for _, part := range args[1:] {
		rows = append(rows, table(ts, part).Data...)
	}
	if !slices.Equal(rows, table(ts, args[0]).Data) {
		ts.Fatalf("the parts %v do not make %s", args[1:], args[0])
	}
}

func table(ts *testscript.TestScript, path string) *dataset.Table {
	t, err := dataset.Read(ts.MkAbs(path), dataset.ReadOptions{})
	ts.Check(err)
	return t
}
