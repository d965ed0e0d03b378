package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func labels(ticks []Tick) string {
	var out []string
	for _, t := range ticks {
		if t.Label != "" {
			out = append(out, t.Label)
		}
	}
	return strings.Join(out, " ")
}

func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		ticks []Tick
		want  string
	}{
		{LinearTicks(-11, 11, 5), "−10 −5 0 5 10"},
		{LinearTicks(0, 1, 5), "0 0.2 0.4 0.6 0.8 1.0"},
		{LinearTicks(0.684, 0.695, 5), "0.685 0.690 0.695"},
		{LinearTicks(0, 50000, 5), "0 10\u00a0000 20\u00a0000 30\u00a0000 40\u00a0000 50\u00a0000"},
		{LinearTicks(0, 4e-7, 4), "0 1.00·10^{−7} 2.00·10^{−7} 3.00·10^{−7} 4.00·10^{−7}"},
		{LogTicks(0.5, 2e3), "1 10 10^{2} 10^{3}"},
		{LogTicks(1e-3, 1e-1), "10^{−3} 10^{−2} 10^{−1}"},
		{LinearTicks(1, 1, 5), ""},
		{LinearTicks(math.NaN(), 1, 5), ""},
		{LinearTicks(math.Inf(-1), 1, 5), ""},
		{LogTicks(0, 1), ""},
	} {
		if got := labels(c.ticks); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Any finite range has a moderate number of distinct labels, all inside.
func TestLinearTicksProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e8, 1e8).Draw(t, "lo")
		width := math.Pow(10, rapid.Float64Range(-3, 8).Draw(t, "log width"))
		n := rapid.IntRange(2, 12).Draw(t, "n")
		hi := lo + width
		if math.Abs(lo) > 1e3*width {
			return // three digits cannot tell the labels apart
		}
		ticks := LinearTicks(lo, hi, n)
		var seen []string
		for _, tk := range ticks {
			if tk.Value < lo-1e-6*width || tk.Value > hi+1e-6*width {
				t.Fatalf("tick %v outside of [%v, %v]", tk.Value, lo, hi)
			}
			if tk.Minor != (tk.Label == "") {
				t.Fatalf("tick %+v: minor ticks, and only they, have no label", tk)
			}
			if tk.Label != "" {
				seen = append(seen, tk.Label)
			}
		}
		if len(seen) > n+1 || len(ticks) == 0 {
			t.Fatalf("%d labels %v, %d ticks", len(seen), seen, len(ticks))
		}
	})
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v      float64
		digits int
		want   string
	}{
		{0, 3, "0"}, {0.00119, 3, "0.00119"}, {4.3e-4, 2, "4.3·10^{−4}"}, {-12.345, 3, "−12.3"}, {999.6, 3, "1000"},
		{1.5e6, 2, "1.5·10^{6}"}, {math.NaN(), 2, "–"}, {math.Inf(1), 2, "∞"}, {math.Inf(-1), 2, "−∞"}, {6.98, 3, "6.98"},
	} {
		if got := Number(c.v, c.digits); got != c.want {
			t.Errorf("Number(%v, %d) = %q, want %q", c.v, c.digits, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	var got []string
	for _, n := range []int{0, 999, 1000, 7778, 10000, 1234567, -1234567} {
		got = append(got, Count(n))
	}
	want := []string{"0", "999", "1000", "7778", "10\u00a0000", "1\u00a0234\u00a0567", "−1\u00a0234\u00a0567"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
