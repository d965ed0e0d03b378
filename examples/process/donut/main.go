// Command donut is a generator for Etalon that is an external program with a hidden
// latent: a poor simulation of the density double-donut, two rings of radii N(4, 1)
// about (±4, 0). It sees three normal latents,
//
//	side    right where z1 > -0.2533: 60 % of the points, where the truth has half
//	angle   φ = u + 0.4 sin u, u = 2πΦ(z2): not uniform, as the truth's is
//	radius  r = 4.4 + 0.8 z3 + 0.7 h: wider and larger than the truth's
//
// and h, about half of what smears the radius, is a normal number of its own that
// follows the number of the row: a sample is the same whenever it is drawn again, but
// its features are no function of the latents (hidden = true). Another density of the
// latents makes the truth exactly: shares of one half for the sides, u of density
// (1 + 0.4 cos u)/2π and z3 from N(-0.5, 0.51/0.64).
//
//	[process]
//	command = ["./donut"]
//	latent = 3
//	dim = 2
//	hidden = true
//
// A request is uint32 n, uint32 0, uint64 row0 and n×3 float32 latents, little-endian;
// the answer is uint32 n and n×2 float32 features. It is the twin of
// examples/process/python/donut.py.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"math"
	"os"
)

func main() {
	log.SetFlags(0)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal("donut: ", err)
	}
}

const (
	latents  = 3
	features = 2
	header   = 16 // bytes of a request before its latents
	block    = 4096
)

// serve answers requests until the input ends.
func serve(r io.Reader, w io.Writer) error {
	in, out := bufio.NewReaderSize(r, 1<<16), bufio.NewWriterSize(w, 1<<16)
	var head [header]byte
	for {
		switch _, err := io.ReadFull(in, head[:]); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if _, err := out.Write(head[:4]); err != nil {
			return err
		}
		if err := answer(in, out, uint64(binary.LittleEndian.Uint32(head[:])), binary.LittleEndian.Uint64(head[8:])); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// answer makes rows row0 … row0+n-1, a block at a time.
func answer(in io.Reader, out io.Writer, n, row0 uint64) error {
	var z [block * latents * 4]byte
	var x [block * features * 4]byte
	for n > 0 {
		k := min(n, block)
		if _, err := io.ReadFull(in, z[:k*latents*4]); err != nil {
			return err
		}
		for i := range k {
			at := func(j uint64) float64 {
				return float64(math.Float32frombits(binary.LittleEndian.Uint32(z[(i*latents+j)*4:])))
			}
			a, b := donut(at(0), at(1), at(2), hidden(row0+i))
			binary.LittleEndian.PutUint32(x[i*features*4:], math.Float32bits(float32(a)))
			binary.LittleEndian.PutUint32(x[(i*features+1)*4:], math.Float32bits(float32(b)))
		}
		if _, err := out.Write(x[:k*features*4]); err != nil {
			return err
		}
		n, row0 = n-k, row0+k
	}
	return nil
}

// donut makes one point of latents z1, z2, z3 and the hidden h.
func donut(z1, z2, z3, h float64) (x, y float64) {
	centre := -4.0
	if z1 > -0.2533471031357997 { // Φ = 0.4
		centre = 4
	}
	u := math.Pi * math.Erfc(-z2/math.Sqrt2)
	sin, cos := math.Sincos(u + 0.4*math.Sin(u))
	r := 4.4 + 0.8*z3 + 0.7*h
	return centre + r*cos, r * sin
}

// hidden is the normal number of a row, by Box and Muller from two uniform ones.
func hidden(row uint64) float64 {
	return math.Sqrt(-2*math.Log(uniform(2*row))) * math.Cos(2*math.Pi*uniform(2*row+1))
}

// uniform is number k, in (0, 1), of the generator SplitMix64, which can begin anywhere.
func uniform(k uint64) float64 {
	v := (k + 1) * 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return (float64((v^v>>31)>>11) + 0.5) / (1 << 53)
}
