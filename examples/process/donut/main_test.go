package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
)

func request(row0 uint64, z []float32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(z)/latents))
	b = binary.LittleEndian.AppendUint64(append(b, 0, 0, 0, 0), row0)
	b, _ = binary.Append(b, binary.LittleEndian, z)
	return b
}

// rows reads n rows from the head of an answer, and returns what follows.
func rows(t *testing.T, answer []byte, n int) (x []float32, rest []byte) {
	t.Helper()
	x = make([]float32, n*features)
	if len(answer) < 4+4*len(x) || binary.LittleEndian.Uint32(answer) != uint32(n) {
		t.Fatalf("%d bytes are no answer of %d rows", len(answer), n)
	}
	if _, err := binary.Decode(answer[4:], binary.LittleEndian, x); err != nil {
		t.Fatal(err)
	}
	return x, answer[4+4*len(x):]
}

// latentRows draws n rows; the first column follows the shares of the truth, the other
// columns the truth's densities of the visible latents if exact is set.
func latentRows(n int, exact bool) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	z := make([]float32, 0, n*latents)
	for range n {
		if !exact {
			z = append(z, float32(r.NormFloat64()), float32(r.NormFloat64()), float32(r.NormFloat64()))
			continue
		}
		side := math.Copysign(1, r.Float64()-0.5)
		u := 2 * math.Pi * r.Float64()
		for r.Float64() > (1+0.4*math.Cos(u))/1.4 {
			u = 2 * math.Pi * r.Float64()
		}
		z = append(z, float32(side), float32(math.Sqrt2*math.Erfinv(u/math.Pi-1)), float32(-0.5+math.Sqrt(0.51)/0.8*r.NormFloat64()))
	}
	return z
}

// A row does not depend on the request that it comes with.
func TestRowsFollowTheirNumbers(t *testing.T) {
	const n = block + 904
	z := latentRows(n, false)
	in := slices.Concat(request(7, z), request(7, z[:30*latents]), request(37, z[30*latents:]))
	var out bytes.Buffer
	if err := serve(bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	whole, rest := rows(t, out.Bytes(), n)
	first, rest := rows(t, rest, 30)
	second, rest := rows(t, rest, n-30)
	if !slices.Equal(whole, append(first, second...)) || len(rest) > 0 {
		t.Error("requests in parts give other rows")
	}
	if err := serve(bytes.NewReader(in[:len(in)-1]), &out); err == nil {
		t.Error("an input that ends in a row was accepted")
	}
}

// Under the latent density that the comment names, the output has the truth's shares,
// radii and angles; under the prior it has none of them. Means of 200000 points: six
// standard errors are 0.007 for the side, 0.009 for a cosine, 0.013 for the radius and
// 0.019 for its variance.
func TestTruthCanBeReached(t *testing.T) {
	const n = 200_000
	for _, exact := range []bool{true, false} {
		var right, cos, radius, square float64
		z := latentRows(n, exact)
		for i := range n {
			h := hidden(uint64(i))
			x, y := donut(float64(z[3*i]), float64(z[3*i+1]), float64(z[3*i+2]), h)
			centre := math.Copysign(4, float64(z[3*i])+0.2533471031357997)
			r := 4.4 + 0.8*float64(z[3*i+2]) + 0.7*h
			if centre > 0 {
				right += 1. / n
			}
			if math.Abs(math.Hypot(x-centre, y)-math.Abs(r)) > 1e-9 {
				t.Fatalf("row %d: (%v, %v) is not at the radius %v about %v", i, x, y, r, centre)
			}
			cos += (x - centre) / r / n
			radius += r / n
			square += r * r / n
		}
		variance := square - radius*radius
		t.Logf("exact %v: right %.4f, cos %.4f, radius %.4f, variance %.4f", exact, right, cos, radius, variance)
		near := math.Abs(right-0.5) < 0.007 && math.Abs(cos) < 0.009 && math.Abs(radius-4) < 0.013 && math.Abs(variance-1) < 0.019
		if near != exact {
			t.Errorf("exact %v: right %v, cos %v, radius %v, variance %v", exact, right, cos, radius, variance)
		}
	}
}

// The program in Python makes the same points, up to the rounding of its functions.
func TestTwin(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("there is no python3: the twin is not run")
		return
	}
	const n = 500
	in := request(1<<40, latentRows(n, false))
	var out bytes.Buffer
	if err := serve(bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "../python/donut.py")
	c.Stdin = bytes.NewReader(in)
	answer, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	a, _ := rows(t, out.Bytes(), n)
	b, _ := rows(t, answer, n)
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 2e-6 {
			t.Fatalf("value %d: %v here, %v in Python", i, a[i], b[i])
		}
	}
}

// The blocks of hidden numbers are standard normal and independent of their
// neighbours: of 200000, six standard errors of mean, variance and correlation are
// 0.0135, 0.019 and 0.0135.
func TestHidden(t *testing.T) {
	const n = 200_000
	var mean, square, neighbour float64
	last := hidden(1<<50 - 1)
	for i := range uint64(n) {
		h := hidden(1<<50 + i)
		mean, square, neighbour = mean+h/n, square+h*h/n, neighbour+h*last/n
		last = h
	}
	if math.Abs(mean) > 0.0135 || math.Abs(square-1) > 0.019 || math.Abs(neighbour) > 0.0135 {
		t.Errorf("mean %v, square %v, correlation of neighbours %v", mean, square, neighbour)
	}
}
