package progress

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// clock is a clock that tests set.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

// terminal keeps what a terminal of one scrolling page would show.
type terminal struct {
	lines []string // finished
	line  string   // the last one
	wrote int      // calls
	wide  int      // longest line seen
}

func (t *terminal) Write(p []byte) (int, error) {
	t.wrote++
	for s := string(p); s != ""; {
		switch {
		case strings.HasPrefix(s, eraseLine):
			t.line, s = "", s[len(eraseLine):]
		case s[0] == '\n':
			t.lines, t.line, s = append(t.lines, t.line), "", s[1:]
		default:
			_, n := utf8.DecodeRuneInString(s)
			t.line += s[:n]
			t.wide = max(t.wide, utf8.RuneCountInString(t.line))
			s = s[n:]
		}
	}
	return len(p), nil
}

func TestTerminal(t *testing.T) {
	c, out := &clock{time.Unix(1000, 0)}, &terminal{}
	d := New(Config{Out: out, Width: func() int { return 90 }, Now: c.now})
	d.StageStart("flow", 1, 8)
	if want := "[1/8] flow      "; out.line != want {
		t.Errorf("at the start %q, want %q", out.line, want)
	}
	for i := 1; i <= 1000; i++ {
		c.advance(10 * time.Millisecond)
		d.Progress(i, 4000, "epoch 1/4  train 0.5000")
	}
	if want := "[1/8] flow        █████░░░░░░░░░░░░░░░  25%  10s, 30s left  100/s  epoch 1/4 train 0.5000"; out.line != want {
		t.Errorf("after a quarter %q, want %q", out.line, want)
	}
	if out.wrote > 102 {
		t.Errorf("%d drawings in 10 s; at most one each 100 ms is expected", out.wrote)
	}
	d.Message("a message")
	d.StageEnd("flow", 75, "4000 steps")
	want := []string{"a message", "[1/8] flow        1m15s  4000 steps"}
	if len(out.lines) != 2 || out.lines[0] != want[0] || out.lines[1] != want[1] || out.line != "" {
		t.Errorf("the page is %q and %q, want %q", out.lines, out.line, want)
	}
}

func TestTerminalNeverWraps(t *testing.T) {
	for _, width := range []int{20, 40, 61, 200} {
		c, out := &clock{time.Unix(1000, 0)}, &terminal{}
		d := New(Config{Out: out, Width: func() int { return width }, Now: c.now})
		d.StageStart("a stage with quite a long name", 1, 8)
		for i := range 20 {
			c.advance(time.Second)
			d.Progress(i, 20, strings.Repeat("R̂ é ", 50))
		}
		if out.wide >= width {
			t.Errorf("a line of %d characters on %d columns", out.wide, width)
		}
		d.Clear()
		if out.line != "" {
			t.Errorf("after Clear the line holds %q", out.line)
		}
	}
}

func TestPlainLines(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	var out strings.Builder
	d := New(Config{Out: &out, Now: c.now})
	d.StageStart("weights", 3, 8)
	d.Progress(1, 2, "")
	c.advance(3 * time.Second)
	d.StageEnd("weights", 3, "2 points")
	d.StageStart("hmc", 4, 8)
	for i := 1; i <= 250; i++ {
		c.advance(100 * time.Millisecond)
		d.Progress(i, 500, "accepted 0.8")
	}
	d.Clear()
	d.StageEnd("hmc", 25, "")
	want := `[3/8] weights     3.0s  2 points
[4/8] hmc: 20%, 10s, 40s left, 10/s, accepted 0.8
[4/8] hmc: 40%, 20s, 30s left, 10/s, accepted 0.8
[4/8] hmc         25s  complete before
`
	if out.String() != want {
		t.Errorf("plain output\n%s, want\n%s", &out, want)
	}
}

// A continued stage starts in the middle, and a machine may change its speed: the
// remaining time must follow the recent rate alone.
func TestRemainingTimeIsRecent(t *testing.T) {
	c, out := &clock{time.Unix(1000, 0)}, &terminal{}
	d := New(Config{Out: out, Width: func() int { return 200 }, Now: c.now})
	d.StageStart("data", 0, 0)
	done := 900_000
	for range 300 { // 30 s at 1000/s
		c.advance(100 * time.Millisecond)
		done += 100
		d.Progress(done, 1_000_000, "")
	}
	if !strings.Contains(out.line, "1m10s left  1k/s") {
		t.Errorf("after a restart: %q", out.line)
	}
	for range 300 { // 30 s at 200/s
		c.advance(100 * time.Millisecond)
		done += 20
		d.Progress(done, 1_000_000, "")
	}
	if !strings.Contains(out.line, "5m20s left  200/s") {
		t.Errorf("after a slowdown: %q", out.line)
	}
	if !strings.HasPrefix(out.line, "data  █") {
		t.Errorf("a stage without number: %q", out.line)
	}
}

func TestProgressWithoutTotal(t *testing.T) {
	c, out := &clock{time.Unix(1000, 0)}, &terminal{}
	d := New(Config{Out: out, Width: func() int { return 80 }, Now: c.now})
	d.StageStart("x", 0, 0)
	c.advance(time.Second)
	d.Progress(0, 0, "")
	c.advance(time.Second)
	d.Progress(5, 0, "")
	if strings.Contains(out.line, "NaN") || strings.Contains(out.line, "-") {
		t.Errorf("%q", out.line)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 0: "0.0s", 4240 * time.Millisecond: "4.2s", 9960 * time.Millisecond: "10s", 59400 * time.Millisecond: "59s",
		59600 * time.Millisecond: "1m00s", 185 * time.Second: "3m05s", 3599 * time.Second: "59m59s", 3600 * time.Second: "1h00m", 90 * time.Hour: "90h00m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.25: "0.25", 812: "812", 999.7: "1k", 14500: "14.5k", 3.2e6: "3.2M", 1e9: "1G"} {
		if got := Count(v); got != want {
			t.Errorf("Count(%v) = %q, want %q", v, got, want)
		}
	}
}
