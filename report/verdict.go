package report

import (
	"fmt"
	"math"
	"strings"
)

// excess returns by how much a score's JSD exceeds its floor, in nats.
func (s *score) excess() (float64, bool) {
	if s == nil || s.Floor == nil {
		return 0, false
	}
	return s.JSD - s.Floor.JSD, true
}

// atFloor is the part of the floor within which an excess is taken as none:
// the floor itself fluctuates by a few per cent.
const atFloor = 0.05

// verdict returns one sentence on what the refinement achieved.
func (m *metrics) verdict() string {
	base := m.score("baseline")
	excess, ok := base.excess()
	if !ok {
		return "Without a score of the baseline and a floor, nothing can be said about what was gained."
	}
	ratio := base.JSD / base.Floor.JSD
	if excess <= atFloor*base.Floor.JSD {
		return fmt.Sprintf("The baseline cannot be told from the truth with this many points (JSD %.2f × floor): there was nothing to refine.", ratio)
	}
	text := fmt.Sprintf("The baseline's JSD is %.2f times the statistical floor", ratio)
	var parts []string
	for _, key := range []string{"laser", "hmc", "dctr"} {
		s := m.score(key)
		left, ok := s.excess()
		if !ok {
			continue
		}
		share, remark := removed(excess, left, s.Floor.JSD)
		if len(parts) == 0 {
			parts = append(parts, methodLabel(key)+" removed "+share+" of the excess"+remark)
		} else {
			parts = append(parts, methodLabel(key)+" "+share+remark)
		}
	}
	if len(parts) == 0 {
		return text + "; no refinement was scored." + m.topology()
	}
	return text + "; " + listed(parts) + "." + m.topology()
}

// removed says which share of the baseline's excess is gone where left of it
// remains; "all" is said only of what cannot be told from the floor.
func removed(excess, left, floor float64) (share, remark string) {
	percent := int(math.Floor(100*(1-left/excess) + 0.5))
	switch {
	case left <= atFloor*floor:
		return "all", ""
	case percent < 0:
		return "none", fmt.Sprintf(" (it added %d %%)", -percent)
	case percent == 0:
		return "none", ""
	}
	return fmt.Sprintf("%d %%", min(percent, 99)), ""
}

// topology returns a sentence on Betti numbers, or nothing.
func (m *metrics) topology() string {
	base := m.score("baseline")
	if len(m.TruthBetti) != 2 || base == nil || len(base.Betti) != 2 {
		return ""
	}
	same := func(b []int) bool {
		return len(b) == 2 && b[0] == m.TruthBetti[0] && b[1] == m.TruthBetti[1]
	}
	if same(base.Betti) {
		return ""
	}
	var who []string
	for _, key := range []string{"laser", "hmc", "dctr"} {
		if s := m.score(key); s != nil && same(s.Betti) {
			who = append(who, methodLabel(key))
		}
	}
	if len(who) == 0 {
		return " The topology of the truth is not reached yet."
	}
	return " The topology of the truth, which the baseline misses, is restored by " + listed(who) + "."
}

// listed joins words as in "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
