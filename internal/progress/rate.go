package progress

import "time"

const (
	rateSpacing = 250 * time.Millisecond // between kept marks
	rateWindow  = 20 * time.Second       // how far back the rate looks
	rateTrust   = 500 * time.Millisecond // below it no rate is given
)

// mark is a moment and the units that were done by then.
type mark struct {
	at   time.Time
	done int
}

// rate estimates units per second from the recent past alone: work that a
// continued command did before it was interrupted does not count, and a machine
// that became slower is noticed. The zero value is ready.
type rate struct{ marks []mark }

func (r *rate) add(at time.Time, done int) {
	if n := len(r.marks); n > 0 {
		if done < r.marks[n-1].done {
			r.marks = r.marks[:0] // another part of the work begins
		} else if at.Sub(r.marks[n-1].at) < rateSpacing {
			return
		}
	}
	r.marks = append(r.marks, mark{at, done})
	drop := 0
	for drop+2 < len(r.marks) && at.Sub(r.marks[drop+1].at) >= rateWindow {
		drop++
	}
	r.marks = append(r.marks[:0], r.marks[drop:]...)
}

// perSecond returns the rate up to now, or 0 where too little was seen.
func (r *rate) perSecond(at time.Time, done int) float64 {
	if len(r.marks) == 0 {
		return 0
	}
	first := r.marks[0]
	dt := at.Sub(first.at)
	if dt < rateTrust || done <= first.done {
		return 0
	}
	return float64(done-first.done) / dt.Seconds()
}
