package figure

import (
	"math"
	"strconv"
	"strings"
)

// A Tick is a mark on an axis. Minor ticks are shorter and have no label.
type Tick struct {
	Value float64
	Label string
	Minor bool
}

// LinearTicks returns ticks at multiples of 1, 2 or 5 times a power of ten in
// [lo, hi], about n of them labelled.
func LinearTicks(lo, hi float64, n int) []Tick {
	if !(hi > lo) || n < 1 || math.IsInf(hi-lo, 0) {
		return nil
	}
	step, minor := niceStep((hi - lo) / float64(n))
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	eps := 1e-9 * (hi - lo)
	var ticks []Tick
	sub := step / float64(minor)
	for k := math.Ceil((lo - eps) / sub); k*sub <= hi+eps; k++ {
		v := k * sub
		if math.Mod(k, float64(minor)) != 0 {
			ticks = append(ticks, Tick{Value: v, Minor: true})
			continue
		}
		ticks = append(ticks, Tick{Value: v, Label: linearLabel(v, step, decimals)})
	}
	return ticks
}

// niceStep returns the step of 1, 2 or 5 times a power of ten that is nearest
// above raw, and into how many minor steps it falls.
func niceStep(raw float64) (step float64, minor int) {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	switch m := raw / power; {
	case m <= 1:
		return power, 5
	case m <= 2:
		return 2 * power, 4
	case m <= 5:
		return 5 * power, 5
	default:
		return 10 * power, 5
	}
}

func linearLabel(v, step float64, decimals int) string {
	if math.Abs(v) < step/2 {
		return "0"
	}
	if math.Abs(v) >= 1e6 || decimals > 4 {
		return Number(v, 3)
	}
	if math.Abs(v) >= 1e4 && decimals == 0 {
		return Count(int(math.Round(v)))
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', decimals, 64), "-", "−", 1)
}

// LogTicks returns the powers of ten in [lo, hi], labelled as such, with minor
// ticks between; over many decades every second or third one is labelled.
func LogTicks(lo, hi float64) []Tick {
	if !(lo > 0) || !(hi > lo) || math.IsInf(hi, 0) {
		return nil
	}
	first := int(math.Floor(math.Log10(lo) + 1e-9))
	last := int(math.Ceil(math.Log10(hi) - 1e-9))
	every := 1 + (last-first)/9
	var ticks []Tick
	for d := first; d <= last; d++ {
		p := math.Pow(10, float64(d))
		for m := 1; m < 10; m++ {
			v := float64(m) * p
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
				continue
			}
			t := Tick{Value: v, Minor: m > 1}
			if m == 1 && (d-first)%every == 0 {
				t.Label = PowerOfTen(d)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// PowerOfTen returns 10^d as marked-up text; 1 and 10 are written out.
func PowerOfTen(d int) string {
	switch d {
	case 0:
		return "1"
	case 1:
		return "10"
	}
	return "10^{" + strings.Replace(strconv.Itoa(d), "-", "−", 1) + "}"
}

// Number returns v with the given number of significant digits as marked-up
// text; very large and very small ones are written with a power of ten.
func Number(v float64, digits int) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case v == 0:
		return "0"
	}
	e := strconv.FormatFloat(v, 'e', digits-1, 64)
	mantissa, exponent, _ := strings.Cut(e, "e")
	d, _ := strconv.Atoi(exponent)
	if d < -3 || d > 5 {
		return strings.Replace(mantissa, "-", "−", 1) + "·" + PowerOfTen(d)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', max(0, digits-1-d), 64), "-", "−", 1)
}

// Count returns n with thin groups of three digits, as in 1 000 000.
func Count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && len(digits) > 4 {
			b.WriteRune('\u00a0')
		}
		b.WriteRune(d)
	}
	return b.String()
}
