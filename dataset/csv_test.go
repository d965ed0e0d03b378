package dataset

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestReadCSV(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		rows  int
		cols  int
		data  []float32
		names []string
	}{
		"plain":       {"1,2\n3,-4e-1\n", 2, 2, []float32{1, 2, 3, -0.4}, nil},
		"no newline":  {"1,2\n3,4", 2, 2, []float32{1, 2, 3, 4}, nil},
		"header":      {"x,y\n1,2\n", 1, 2, []float32{1, 2}, []string{"x", "y"}},
		"quotes":      {"\"x\", \"y z\"\n\"1\",2\n", 1, 2, []float32{1, 2}, []string{"x", "y z"}},
		"comments":    {"# made by hand\n\nx,y\n # more\n1,2\n\n  \n3,4\n#\n", 2, 2, []float32{1, 2, 3, 4}, []string{"x", "y"}},
		"windows":     {"\uFEFFx,y\r\n1,2\r\n3,4\r\n", 2, 2, []float32{1, 2, 3, 4}, []string{"x", "y"}},
		"spaces":      {" 1 ,\t2\n", 1, 2, []float32{1, 2}, nil},
		"one column":  {"w\n1\n2\n", 2, 1, []float32{1, 2}, []string{"w"}},
		"savetxt":     {"1.000000000000000000e+00,2.500000000000000000e-01\n", 1, 2, []float32{1, 0.25}, nil},
		"tiny":        {"1e-400\n", 1, 1, []float32{0}, nil},
		"wide header": {"a,b,c\n1,2,3\n", 1, 3, []float32{1, 2, 3}, []string{"a", "b", "c"}},
	} {
		got, err := Read(writeFile(t, "x.csv", []byte(c.text)), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Rows != c.rows || got.Cols != c.cols || !slices.Equal(got.Data, c.data) || !slices.Equal(got.Names, c.names) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestReadCSVErrors(t *testing.T) {
	for _, c := range []struct {
		text string
		opt  ReadOptions
		want string
	}{
		{"", ReadOptions{}, "the file is empty"},
		{"# only a comment\n\n", ReadOptions{}, "the table has no rows"},
		{"x,y\n", ReadOptions{}, "the table has no rows"},
		{"x,y\n1,2\n3\n", ReadOptions{}, "line 3 has 1 field; 2 expected"},
		{"1,2\n3,4,5\n", ReadOptions{}, "line 2 has 3 fields; 2 expected"},
		{"1,2\n3,4,\n", ReadOptions{}, "line 2, field 3 is empty; a number is expected"},
		{"1,2\n3,four\n", ReadOptions{}, `line 2, field 2 is "four"; a number is expected`},
		{"1,2\n3,0x10\n", ReadOptions{}, `line 2, field 2 is "0x10"; a number is expected`},
		{"1,2\n3,1_0\n", ReadOptions{}, `line 2, field 2 is "1_0"; a number is expected`},
		{"1;2\n3;4\n", ReadOptions{}, `line 2, field 1 is "3;4"; a number is expected`},
		{"1,2x\n3,4\n", ReadOptions{}, `line 1, field 2 is "2x"; a number is expected`},
		{"x,y\nz,w\n", ReadOptions{}, `line 2, field 1 is "z"; a number is expected`},
		{",x\n0,1\n", ReadOptions{}, "line 1, field 1: the column has no name (a column of row numbers?)"},
		{"x,x\n0,1\n", ReadOptions{}, `line 1, field 2: a second column is named "x"`},
		{"# c\n1,nan\n", ReadOptions{}, "line 2, field 2 is NaN; finite numbers are accepted"},
		{"x\n-inf\n", ReadOptions{}, "line 2, field 1 is -Inf; finite numbers are accepted"},
		{"x\n1e400\n", ReadOptions{}, "line 2, field 1 is +Inf; finite numbers are accepted"},
		{"x\n1e39\n", ReadOptions{}, "line 2, field 1 is 1e+39; numbers within ±3.403e+38 are accepted"},
		{"1,2\n", ReadOptions{Cols: 3}, "the table has 2 columns; 3 expected"},
		{"1,2\n3,4\n5,6\n", ReadOptions{MaxBytes: 16}, "a table of 3 rows by 2 columns exceeds the limit of 16 bytes"},
		{"1,2\n" + strings.Repeat("7", maxLine), ReadOptions{}, "line 2 is longer than 1048576 bytes"},
		{"\x00\x01\x02\n", ReadOptions{}, "the table has no rows"}, // taken for a name
		{"1\n\xff\x00" + strings.Repeat("a", 100) + "\n", ReadOptions{}, `line 2, field 1 is "\xff\x00aaaaaaaaaaaaaaaaaaaaaa..."; a number is expected`},
	} {
		path := writeFile(t, "x.csv", []byte(c.text))
		got, err := Read(path, c.opt)
		if err == nil {
			t.Errorf("%.40q: no error, %+v", c.text, got)
		} else if err.Error() != path+": "+c.want {
			t.Errorf("%.40q: error %q, want %q", c.text, err, c.want)
		}
	}
}

func TestCSVNonFiniteAndFloat64(t *testing.T) {
	path := writeFile(t, "x.csv", []byte("nan,-Infinity\n1e400,1e39\n"))
	got, err := Read(path, ReadOptions{AllowNonFinite: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Data; d[0] == d[0] || !math.IsInf(float64(d[1]), -1) || !math.IsInf(float64(d[2]), 1) || !math.IsInf(float64(d[3]), 1) {
		t.Errorf("values %v", d)
	}
	w, err := ReadFloat64(writeFile(t, "w.csv", []byte("weight\n0.1\n1e300\n")))
	if err != nil || !slices.Equal(w, []float64{0.1, 1e300}) {
		t.Errorf("weights %v, %v", w, err)
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"1,2\n3,4\n", "x,y\n1,2\n", "# c\n\"a\",b\r\n1,2", "nan\n", "1e400\n", ",\n", "\uFEFF1\n", "\"\n", "1,2\n3\n", "\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readBytes(".csv", b, "", ReadOptions{MaxBytes: 1 << 20})
		checkArray(t, a, err, len(b))
		if err == nil && len(a.data) > len(b) {
			t.Errorf("%d values from %d bytes", len(a.data), len(b))
		}
	})
}
