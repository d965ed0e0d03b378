package preprocess

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Kind names what is done to a column.
type Kind string

// The kinds.
const (
	// Standardise shifts and scales the column to mean 0 and standard deviation 1.
	Standardise Kind = "standardise"
	// Log takes ln(x + Offset) first, of x above -Offset.
	Log Kind = "log"
	// Logit takes ln((x - Lo)/(Hi - x)) first, of x from Lo to Hi.
	Logit Kind = "logit"
	// None leaves the column as it is, unscaled.
	None Kind = "none"
)

// Column is what is done to one column. The zero value standardises. Its text form is
// "standardise", "none", "log", "log(OFFSET)" or "logit(LO,HI)".
type Column struct {
	Kind   Kind
	Offset float64 // of Log
	Lo, Hi float64 // of Logit
}

const (
	// edge is how close to its bounds, in units of their distance, a value counts as
	// further inside: logits end at ±13.8.
	edge = 1e-6
	// resolved is the least distance of bounds, in units of the larger one, within which
	// float32 has enough values.
	resolved = 1e-4
	// least is the least number whose logarithm is taken.
	least = 1.2e-38
	// lowest and highest are the logarithms that are undone; beyond them float32 ends.
	lowest, highest = -87, 88
)

// kind is Kind, with the default.
func (c Column) kind() Kind {
	if c.Kind == "" {
		return Standardise
	}
	return c.Kind
}

// Check returns an error for settings that make no transform.
func (c Column) Check() error {
	switch c.kind() {
	case Standardise, None:
		if c.Offset != 0 || c.Lo != 0 || c.Hi != 0 {
			return fmt.Errorf("preprocess: %s with numbers; it takes none", c.kind())
		}
	case Log:
		if c.Lo != 0 || c.Hi != 0 || !(math.Abs(c.Offset) <= 1e30) {
			return fmt.Errorf("preprocess: %s; an offset of at most 1e30 is accepted", c)
		}
	case Logit:
		largest := max(math.Abs(c.Lo), math.Abs(c.Hi))
		if c.Offset != 0 || !(largest <= 1e30) || !(c.Hi-c.Lo > 1e-30) || !(c.Hi-c.Lo > resolved*largest) {
			return fmt.Errorf("preprocess: %s; logit(LO,HI) with LO < HI, which float32 tells apart, is accepted", c)
		}
	default:
		return fmt.Errorf("preprocess: %.40q; standardise, log, log(OFFSET), logit(LO,HI) and none are accepted", string(c.Kind))
	}
	return nil
}

// String is the text form.
func (c Column) String() string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch {
	case c.Kind == Log && c.Offset != 0:
		return fmt.Sprintf("log(%s)", number(c.Offset))
	case c.Kind == Logit:
		return fmt.Sprintf("logit(%s,%s)", number(c.Lo), number(c.Hi))
	}
	return string(c.kind())
}

// MarshalText implements encoding.TextMarshaler.
func (c Column) MarshalText() ([]byte, error) { return []byte(c.String()), c.Check() }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Column) UnmarshalText(text []byte) error {
	name, rest, has := strings.Cut(strings.TrimSpace(string(text)), "(")
	r := Column{Kind: Kind(strings.TrimSpace(name))}
	var numbers []float64
	if has {
		inner, ok := strings.CutSuffix(rest, ")")
		for _, s := range strings.Split(inner, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			ok = ok && err == nil
			numbers = append(numbers, v)
		}
		if !ok {
			return fmt.Errorf("preprocess: %.60q; standardise, log, log(OFFSET), logit(LO,HI) and none are accepted", text)
		}
	}
	switch {
	case r.Kind == Log && len(numbers) == 1:
		r.Offset = numbers[0]
	case r.Kind == Logit && len(numbers) == 2:
		r.Lo, r.Hi = numbers[0], numbers[1]
	case has || r.Kind == Logit || r.Kind == "":
		return fmt.Errorf("preprocess: %.60q; standardise, log, log(OFFSET), logit(LO,HI) and none are accepted", text)
	}
	if err := r.Check(); err != nil {
		return err
	}
	*c = r
	return nil
}

// bounds are the least and the largest accepted value. A bound is what float32 makes of
// the number that was given, as the values of the column are.
func (c Column) bounds() (lo, hi float64) {
	switch c.Kind {
	case Log:
		if c.Offset == 0 {
			return least, math.MaxFloat32
		}
		return float64(math.Nextafter32(float32(-c.Offset), math.MaxFloat32)), math.MaxFloat32
	case Logit:
		return float64(float32(c.Lo)), float64(float32(c.Hi))
	}
	return -math.MaxFloat32, math.MaxFloat32
}

// margin is the least distance from a bound that is told from it.
func (c Column) margin() float64 {
	if c.Kind == Log {
		return max(least, step(c.Offset)/2)
	}
	lo, hi := c.bounds()
	return max(edge*(hi-lo), step(max(math.Abs(lo), math.Abs(hi)))/2)
}

// step is the distance of float32 numbers at v.
func step(v float64) float64 {
	f := float32(math.Abs(v))
	return float64(math.Nextafter32(f, math.MaxFloat32)) - float64(f)
}

// forward returns T(x); a value beyond the bounds counts as the nearest one inside.
func (c Column) forward(x float64) float64 {
	switch c.Kind {
	case Log:
		return math.Log(max(x+float64(float32(c.Offset)), c.margin()))
	case Logit:
		lo, hi := c.bounds()
		return math.Log(max(x-lo, c.margin())) - math.Log(max(hi-x, c.margin()))
	}
	return x
}

// inverse returns T⁻¹(y), inside of the bounds.
func (c Column) inverse(y float64) float64 {
	lo, hi := c.bounds()
	switch c.Kind {
	case Log:
		return min(max(math.Exp(min(max(y, lowest), highest))-float64(float32(c.Offset)), lo), hi)
	case Logit:
		return min(max(lo+(hi-lo)/(1+math.Exp(-y)), lo), hi)
	}
	return y
}

// accepted describes the values that are accepted.
func (c Column) accepted() string {
	if c.Kind == Log {
		return fmt.Sprintf("%s accepts values above %g", c, 0-c.Offset)
	}
	return fmt.Sprintf("%s accepts values from %g to %g", c, c.Lo, c.Hi)
}
