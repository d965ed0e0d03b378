package metric

// shortlist keeps, for each of n owners, the k entries of smallest key.
type shortlist struct {
	k     int
	count []int
	worst []int64 // an entry must have a smaller key than this to get in
	all   []listed
}

type listed struct {
	key   int64
	other int32 // -1: struck out
}

func newShortlist(n, k int, limit int64) *shortlist {
	l := &shortlist{k: k, count: make([]int, n), worst: make([]int64, n), all: make([]listed, n*k)}
	for o := range l.worst {
		l.reset(o, limit)
	}
	return l
}

func (l *shortlist) reset(owner int, limit int64) {
	l.count[owner], l.worst[owner] = 0, limit
}

func (l *shortlist) entries(owner int) []listed {
	return l.all[owner*l.k : owner*l.k+l.count[owner]]
}

// insert puts an entry whose key is below worst[owner] in its place.
func (l *shortlist) insert(owner int, key int64, other int32) {
	if l.count[owner] < l.k {
		l.count[owner]++
	}
	e := l.entries(owner)
	at := len(e) - 1
	for at > 0 && e[at-1].key > key {
		e[at] = e[at-1]
		at--
	}
	e[at] = listed{key, other}
	if len(e) == l.k {
		l.worst[owner] = e[len(e)-1].key
	}
}

// strike strikes the entry of other out of the lists of the given owners.
func (l *shortlist) strike(owners []listed, other int32) {
	for _, o := range owners {
		for k, e := range l.entries(int(o.other)) {
			if e.other == other {
				l.entries(int(o.other))[k].other = -1
			}
		}
	}
}
