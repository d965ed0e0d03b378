package progress

import (
	"fmt"
	"strings"
	"time"
)

// Duration writes a time to two places: 4.2s, 42s, 3m05s, 1h05m.
func Duration(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 9.95:
		return fmt.Sprintf("%.1fs", max(s, 0))
	case s < 59.5:
		return fmt.Sprintf("%.0fs", s)
	case s < 3599.5:
		t := int(s + 0.5)
		return fmt.Sprintf("%dm%02ds", t/60, t%60)
	default:
		t := int(s/60 + 0.5)
		return fmt.Sprintf("%dh%02dm", t/60, t%60)
	}
}

// Count writes a number of units with a metric prefix: 812, 14.5k, 3.20M.
func Count(v float64) string {
	switch {
	case v >= 999.5e6:
		return fmt.Sprintf("%.3gG", v/1e9)
	case v >= 999.5e3:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 999.5:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

// bar draws a share from 0 to 1 with the given number of cells.
func bar(share float64, cells int) string {
	full := int(share*float64(cells) + 1e-9)
	full = min(max(full, 0), cells)
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full)
}

// cut shortens a text to at most width characters.
func cut(s string, width int) string {
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	return string(r[:width-1]) + "…"
}
