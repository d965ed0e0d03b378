package dataset

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const fourColumns = "x,y,w,2\n1,2,0.1,4\n5,6,0.2,8\n9,10,-0.3,12\n"

func TestColumns(t *testing.T) {
	path := writeFile(t, "x.csv", []byte("x,y,w,z\n1,2,0.1,4\n5,6,0.2,8\n9,10,-0.3,12\n"))
	for _, c := range []struct {
		opt     ReadOptions
		names   string
		data    []float32 // first row
		weights []float64
	}{
		{ReadOptions{}, "x y w z", []float32{1, 2, 0.1, 4}, nil},
		{ReadOptions{Columns: []string{"z", "x"}}, "z x", []float32{4, 1}, nil},
		{ReadOptions{Columns: []string{"3", "x"}}, "z x", []float32{4, 1}, nil},
		{ReadOptions{Columns: []string{"3", "0:2"}, Cols: 3}, "z x y", []float32{4, 1, 2}, nil},
		{ReadOptions{Weight: "w"}, "x y z", []float32{1, 2, 4}, []float64{0.1, 0.2, -0.3}},
		{ReadOptions{Weight: "2", Columns: []string{"y"}}, "y", []float32{2}, []float64{0.1, 0.2, -0.3}},
		{ReadOptions{Like: []string{"z", "y", "x", "w"}}, "z y x w", []float32{4, 2, 1, 0.1}, nil},
		{ReadOptions{Like: []string{"z", "y", "x"}, Weight: "w"}, "z y x", []float32{4, 2, 1}, []float64{0.1, 0.2, -0.3}},
		{ReadOptions{Like: []string{"z", "y", "x"}}, "x y w z", []float32{1, 2, 0.1, 4}, nil},
		{ReadOptions{Like: []string{"a", "b", "c", "d"}}, "x y w z", []float32{1, 2, 0.1, 4}, nil},
		{ReadOptions{Like: []string{"z", "x"}, Columns: []string{"x", "z"}}, "x z", []float32{1, 4}, nil},
	} {
		got, err := Read(path, c.opt)
		if err != nil {
			t.Errorf("%+v: %v", c.opt, err)
			continue
		}
		if strings.Join(got.Names, " ") != c.names || got.Cols != len(c.data) || !slices.Equal(got.Data[:got.Cols], c.data) || !slices.Equal(got.Weights, c.weights) {
			t.Errorf("%+v: %+v", c.opt, got)
		}
	}
	if w, err := ReadColumn(path, ReadOptions{Columns: []string{"w"}}); err != nil || !slices.Equal(w, []float64{0.1, 0.2, -0.3}) {
		t.Errorf("weights %v, %v", w, err)
	}
	nameless := writeFile(t, "x.npy", npyFile(1, dict("<f4", "False", "(2, 3)"), []float32{1, 2, 3, 4, 5, 6}))
	for _, c := range []struct {
		path string
		opt  ReadOptions
		want string
	}{
		{path, ReadOptions{Columns: []string{"v"}}, `there is no column "v"; the columns are "x", "y", "w", "z"`},
		{path, ReadOptions{Columns: []string{"4"}}, "there is no column 4; the table has 4 columns, counted from 0"},
		{path, ReadOptions{Columns: []string{"-1"}}, `there is no column "-1"; the columns are "x", "y", "w", "z"`},
		{path, ReadOptions{Columns: []string{"2:9"}}, "there is no column 2:9; the table has 4 columns, counted from 0"},
		{path, ReadOptions{Columns: []string{"2:2"}}, "there is no column 2:2; the table has 4 columns, counted from 0"},
		{path, ReadOptions{Columns: []string{"x", "0"}}, `column "0" is chosen twice`},
		{path, ReadOptions{Weight: "w", Columns: []string{"1:4"}}, `column "w" holds the weights of the rows, so that it is none of the columns; the others are accepted`},
		{path, ReadOptions{Weight: "v"}, `weights: there is no column "v"; the columns are "x", "y", "w", "z"`},
		{path, ReadOptions{Weight: "0:2"}, `weights: "0:2" is 2 columns; one is accepted`},
		{path, ReadOptions{Columns: []string{"x"}, Cols: 2}, "the table has 1 column; 2 expected"},
		{path, ReadOptions{Columns: []string{}}, "the table has no columns beside its weights"},
		{nameless, ReadOptions{Columns: []string{"x"}}, `there is no column "x": the columns have no names, numbers from 0 to 2 are accepted`},
		{writeFile(t, "w.csv", []byte("w\n1\n")), ReadOptions{Weight: "w"}, "the table has no columns beside its weights"},
		{writeFile(t, "n.csv", []byte("w,x\n1,2\nnan,3\n")), ReadOptions{Weight: "w"}, "line 3, field 1, a weight, is NaN; finite numbers are accepted"},
		{writeFile(t, "m.csv", []byte(fourColumns)), ReadOptions{}, `line 1, field 1 is "x"; a number is expected`},
	} {
		_, err := Read(c.path, c.opt)
		if err == nil || err.Error() != c.path+": "+c.want {
			t.Errorf("%+v: error %v, want %q", c.opt, err, c.want)
		}
	}
	// A value that is not chosen need not be finite.
	if got, err := Read(writeFile(t, "n.csv", []byte("w,x\n1,2\nnan,3\n")), ReadOptions{Columns: []string{"x"}}); err != nil || !slices.Equal(got.Data, []float32{2, 3}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestBlocks(t *testing.T) {
	var text strings.Builder
	text.WriteString("# a comment\nx,w\n")
	for i := range 100 {
		fmt.Fprintf(&text, "%d,%d\n# another\n", i, -i)
	}
	r, err := OpenRows(writeFile(t, "x.csv", []byte(text.String())), ReadOptions{Weight: "w"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, size := range []int{7, 100, 1000, 0} {
		next := 0
		for b, err := range r.Blocks(size) {
			if err != nil {
				t.Fatal(err)
			}
			if b.First != next || len(b.Data) != b.Rows || len(b.Weights) != b.Rows {
				t.Fatalf("block %+v", b)
			}
			for i, v := range b.Data {
				if v != float32(next+i) || b.Weights[i] != float64(-next-i) {
					t.Fatalf("row %d is %v, %v", next+i, v, b.Weights[i])
				}
			}
			next += b.Rows
		}
		if next != 100 {
			t.Errorf("size %d: %d rows", size, next)
		}
	}
	for _, c := range [][2]int{{-1, 2}, {2, 1}, {99, 101}} {
		if err := r.ReadRows(c[0], c[1], make([]float32, max(0, c[1]-c[0])), nil); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("rows %v: %v", c, err)
		}
	}
	if err := r.ReadRows(0, 2, make([]float32, 3), nil); err == nil {
		t.Error("room for one value too many")
	}
}
