package cascade

import (
	"math"

	"etalon/rng"
)

const chunk = 1024

// random are the numbers of one shower, made some at a time.
type random struct {
	stream   rng.Stream
	step     uint64
	row      uint64
	next     int
	uniforms [chunk]float32
}

func (r *random) seek(row uint64) {
	r.step, r.row, r.next = row&(1<<48-1), row>>48<<40, chunk
}

func (r *random) uniform() float64 {
	if r.next == chunk {
		r.stream.UniformRows(r.uniforms[:], chunk, r.step, r.row, chunk, 1)
		r.row += chunk
		r.next = 0
	}
	u := r.uniforms[r.next]
	r.next++
	return float64(u)
}

func (r *random) exponential() float64 { return -math.Log(r.uniform()) }

func (r *random) azimuth() [2]float64 { return compass[int(r.uniform()*directions)] }

func (r *random) normal() float64 {
	return math.Sqrt(2*r.exponential()) * compass[int(r.uniform()*directions)][0]
}

const directions = 1 << 12

// compass has the directions around an axis.
var compass = func() (t [directions][2]float64) {
	for i := range t {
		t[i][1], t[i][0] = math.Sincos(2 * math.Pi * (float64(i) + 0.5) / directions)
	}
	return t
}()

// exponentials are equally probable values of an exponential distribution.
var exponentials = func() (t [directions]float64) {
	for i := range t {
		t[i] = -math.Log1p(-(float64(i) + 0.5) / directions)
	}
	return t
}()
