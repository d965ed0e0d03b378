package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	redraw     = 100 * time.Millisecond // between two drawings on a terminal
	plainEvery = 10 * time.Second       // between two plain lines
	barCells   = 20
	eraseLine  = "\r\x1b[K"
)

// Config says where and how a Display writes.
type Config struct {
	Out io.Writer
	// Width returns the columns of the terminal that Out is; nil where Out is none.
	Width func() int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Display shows the stages of a command. Its methods may be called from several
// goroutines. Write errors are ignored: progress is no result.
type Display struct {
	mu  sync.Mutex
	cfg Config

	name         string
	index, total int
	began        time.Time // of the stage
	shown        time.Time // of the last drawing or plain line
	rate         rate
	drawn        bool // an unfinished line stands on the terminal
}

// New returns a display.
func New(cfg Config) *Display {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Display{cfg: cfg}
}

// For returns a display on w: with a bar where w is a terminal that can rewrite a
// line.
func For(w io.Writer) *Display {
	cfg := Config{Out: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		cfg.Width = func() int {
			w, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 80
			}
			return w
		}
	}
	return New(cfg)
}

// StageStart begins stage number index (from 1) of total; a total of 0 shows no
// numbers.
func (d *Display) StageStart(name string, index, total int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.name, d.index, d.total = name, index, total
	d.began = d.cfg.Now()
	d.shown = d.began
	d.rate = rate{}
	if d.cfg.Width != nil {
		d.draw(d.label())
	}
}

// Progress tells that done of total units of the stage are complete; info says
// more in a few words.
func (d *Display) Progress(done, total int, info string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	d.rate.add(now, done)
	pause := redraw
	if d.cfg.Width == nil {
		pause = plainEvery
	}
	if now.Sub(d.shown) < pause {
		return
	}
	d.shown = now
	share := 0.0
	if total > 0 {
		share = min(max(float64(done)/float64(total), 0), 1)
	}
	if d.cfg.Width != nil {
		d.draw(d.label() + "  " + bar(share, barCells) + fmt.Sprintf(" %3.0f%%  ", 100*share) + strings.Join(d.times(now, done, total, info), "  "))
		return
	}
	fmt.Fprintf(d.cfg.Out, "%s: %.0f%%, %s\n", strings.TrimRight(d.label(), " "), 100*share, strings.Join(d.times(now, done, total, info), ", "))
}

// times lists elapsed and remaining time, rate and info. The remaining time comes
// from the recent rate.
func (d *Display) times(now time.Time, done, total int, info string) []string {
	list := []string{Duration(now.Sub(d.began))}
	if v := d.rate.perSecond(now, done); v > 0 {
		list[0] += ", " + Duration(time.Duration(float64(max(total-done, 0))/v*float64(time.Second))) + " left"
		list = append(list, Count(v)+"/s")
	}
	if info = strings.Join(strings.Fields(info), " "); info != "" {
		list = append(list, info)
	}
	return list
}

// StageEnd completes the stage after seconds of work, those of earlier sessions
// included. A stage without a note was complete before.
func (d *Display) StageEnd(name string, seconds float64, note string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.name = name
	if note == "" {
		note = "complete before"
	}
	d.line(fmt.Sprintf("%s  %s  %s", d.label(), Duration(time.Duration(seconds*float64(time.Second))), note))
}

// Message writes a line of its own.
func (d *Display) Message(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.line(text)
}

// Clear removes an unfinished line from the terminal.
func (d *Display) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.drawn {
		io.WriteString(d.cfg.Out, eraseLine)
		d.drawn = false
	}
}

func (d *Display) label() string {
	if d.total == 0 {
		return d.name
	}
	return fmt.Sprintf("[%d/%d] %-10s", d.index, d.total, d.name)
}

// draw rewrites the terminal's last line.
func (d *Display) draw(text string) {
	width := d.cfg.Width()
	if width < 20 {
		width = 80 // not known
	}
	io.WriteString(d.cfg.Out, eraseLine+cut(text, width-1))
	d.drawn = true
}

func (d *Display) line(text string) {
	erase := ""
	if d.drawn {
		erase = eraseLine
	}
	io.WriteString(d.cfg.Out, erase+text+"\n")
	d.drawn = false
}
