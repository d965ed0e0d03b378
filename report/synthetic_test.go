package report

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A synthetic run: the truth is the double donut. The generator maps a normal
// z to a ring by the halves of the plane, to an angle and to a radius by
// |z|, and wrongly fills the holes; its density is known, and so are the
// exact weights.

const fillShare = 0.06 // of the generator's points that lie in the holes

func normalDensity(x, mean, sigma float64) float64 {
	u := (x - mean) / sigma
	return math.Exp(-u*u/2) / (sigma * math.Sqrt(2*math.Pi))
}

func truthRadius(r float64) float64 {
	return normalDensity(r, 4, 1) + normalDensity(-r, 4, 1)
}

func generatorRadius(r float64) float64 {
	f := (1 - fillShare) * (normalDensity(r, 4, 1.05) + normalDensity(-r, 4, 1.05))
	if r < 4 {
		f += fillShare / 4
	}
	return f
}

// ringDensity is the density in the plane of radii distributed as radial
// about the centres (±4, 0).
func ringDensity(x, y float64, radial func(float64) float64) float64 {
	a, b := math.Hypot(x-4, y), math.Hypot(x+4, y)
	return (radial(a)/a + radial(b)/b) / (4 * math.Pi)
}

func exactLogWeight(x, y float64) float64 {
	return math.Log(ringDensity(x, y, truthRadius) / ringDensity(x, y, generatorRadius))
}

func generate(z1, z2 float64) (x, y float64) {
	phi := math.Atan2(z2, z1)
	u := 1 - math.Exp(-(z1*z1+z2*z2)/2)
	r := 4 * u / fillShare
	if u > fillShare {
		p := min(max((u-fillShare)/(1-fillShare), 1e-12), 1-1e-12)
		r = 4 + 1.05*math.Sqrt2*math.Erfinv(2*p-1)
	}
	centre := 4.0
	if z1 < 0 {
		centre = -4
	}
	return centre + r*math.Cos(2*phi), r * math.Sin(2*phi)
}

// sampleGenerator draws n points; with trust in (0, 1] latents are accepted
// with probability proportional to the exact weight to that power.
func sampleGenerator(r *rand.Rand, n int, trust float64) (x, z []float32) {
	for len(x) < 2*n {
		z1, z2 := r.NormFloat64(), r.NormFloat64()
		a, b := generate(z1, z2)
		if trust > 0 && r.Float64() > math.Exp(trust*exactLogWeight(a, b))/1.2 {
			continue
		}
		x = append(x, float32(a), float32(b))
		z = append(z, float32(z1), float32(z2))
	}
	return x, z
}

func sampleTruth(r *rand.Rand, n int) []float32 {
	var x []float32
	for range n {
		radius, phi := 4+r.NormFloat64(), 2*math.Pi*r.Float64()
		centre := 4.0
		if r.Float64() < 0.5 {
			centre = -4
		}
		x = append(x, float32(centre+radius*math.Cos(phi)), float32(radius*math.Sin(phi)))
	}
	return x
}

// npy returns an .npy file of version 1.0.
func npy(descr, shape string, values any) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	for (10+len(header)+1)%64 != 0 {
		header += " "
	}
	header += "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	order := binary.ByteOrder(binary.LittleEndian)
	if descr[0] == '>' {
		order = binary.BigEndian
	}
	binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	binary.Write(&b, order, values)
	return b.Bytes()
}

func points(v []float32) []byte {
	return npy("<f4", fmt.Sprintf("(%d, 2)", len(v)/2), v)
}

func vector(v []float64) []byte { return npy("<f8", fmt.Sprintf("(%d,)", len(v)), v) }

func put(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func putJSON(t testing.TB, dir, name string, v any) {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, name, data)
}

type object = map[string]any

// writeRun writes a complete run directory of n points a sample.
func writeRun(t testing.TB, dir string, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	put(t, dir, "samples/truth.npy", points(sampleTruth(r, n)))
	x, z := sampleGenerator(r, n, 0)
	put(t, dir, "samples/baseline.npy", points(x))
	put(t, dir, "samples/baseline_latent.npy", points(z))
	exact, learned := make([]float64, n), make([]float64, n)
	for i := range exact {
		exact[i] = exactLogWeight(float64(x[2*i]), float64(x[2*i+1]))
		learned[i] = 0.97*exact[i] + 0.02*math.Sin(float64(x[2*i])) + 0.02*r.NormFloat64() + 0.4
	}
	put(t, dir, "samples/log_weights.npy", vector(learned))
	put(t, dir, "samples/exact_log_weights.npy", vector(exact))
	for name, trust := range map[string]float64{"hmc": 0.98, "laser": 0.85} {
		r := rand.New(rand.NewPCG(uint64(len(name)), 9))
		x, z := sampleGenerator(r, n, trust)
		put(t, dir, "samples/"+name+".npy", points(x))
		put(t, dir, "samples/"+name+"_latent.npy", points(z))
	}
	writeRecords(t, dir, n, r)
}

func writeRecords(t testing.TB, dir string, n int, r *rand.Rand) {
	t.Helper()
	floor := object{"jsd": 1.19e-3, "emd": 0.0121, "jsd_paper": 0.0386, "emd_paper": 0.0152}
	row := func(method string, jsd, emd, nEff float64, b0, b1 int) object {
		return object{
			"method": method, "jsd": jsd, "emd": emd, "jsd_paper": jsd / 0.0308, "emd_paper": emd / 0.795,
			"n": n, "n_eff": nEff, "betti": []int{b0, b1}, "floor": floor,
		}
	}
	putJSON(t, dir, "metrics.json", object{
		"name": "double-donut", "preset": "paper", "seed": 1, "version": "v0.1.0", "n": n, "generator": "gan",
		"stages": []object{{"name": "generator"}},
		"scores": []object{
			row("baseline", 8.31e-3, 0.181, float64(n), 1, 0), row("dctr", 1.62e-3, 0.034, 0.97*float64(n), 1, 2),
			row("hmc", 1.41e-3, 0.029, 0.6*float64(n), 1, 2), row("laser", 1.97e-3, 0.041, float64(n), 1, 2),
		},
		"floor": floor, "truth_betti": []int{1, 2}, "range": []float64{-11, 11, -7, 7}, "bins": 100,
		"weights": object{
			"n_eff": 0.97 * float64(n), "n_eff_fraction": 0.97, "max_share": 1.2 / float64(n), "max": 1.21, "min": 0.01,
			"exact_correlation": 0.9871, "exact_correlation_trimmed": 0.9912, "exact_rmse": 0.0412,
		},
	})
	putJSON(t, dir, "timings.json", object{
		"stages": []object{
			{"name": "data", "seconds": 0.41}, {"name": "generator", "seconds": 312.2}, {"name": "classifier", "seconds": 402.9},
			{"name": "refiner", "seconds": 655}, {"name": "hmc", "seconds": 121.4}, {"name": "scores", "seconds": 48.2},
		},
		"total_seconds": 1540.1, "threads": 2, "cpu": "Example CPU 2.0 GHz", "simd": "avx512", "go": "go1.26",
	})
	putJSON(t, dir, "history.json", syntheticHistory(r))
	putJSON(t, dir, "hmc.json", syntheticChains(r, n))
	putJSON(t, dir, "omnifold.json", syntheticOmnifold(r, n))
	put(t, dir, "run.toml", []byte("name = \"double-donut\"\npreset = \"paper\"\n\n[flow]\nblocks = 12\n# <not a tag> & \"quoted\"\n"))
}

func syntheticHistory(r *rand.Rand) object {
	decay := func(n int, from, to, rate, noise float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = to + (from-to)*math.Exp(-rate*float64(i)/float64(n)) + noise*r.NormFloat64()
		}
		return v
	}
	steps := func(n, by int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64((i + 1) * by)
		}
		return v
	}
	return object{
		"generator":  object{"x": steps(100, 240), "epoch": steps(100, 1), "train": decay(100, 2.9, 2.311, 25, 0.002), "valid": decay(100, 2.8, 2.313, 25, 0.003), "lr": decay(100, 1e-3, 0, 3, 0)},
		"classifier": object{"x": steps(50, 240), "epoch": steps(50, 1), "train": decay(50, 0.692, 0.6852, 12, 3e-5), "valid": decay(50, 0.691, 0.6854, 12, 4e-5)},
		"refiner":    object{"x": steps(5000, 10), "disc": decay(5000, 1.30, 1.3855, 40, 0.004), "gen": decay(5000, 0.75, 0.6941, 40, 0.006)},
	}
}

func syntheticChains(r *rand.Rand, n int) object {
	trace := make([][]float64, 8)
	for i := range trace {
		c := make([]float64, 2000)
		for k := 1; k < len(c); k++ {
			c[k] = 0.8*c[k-1] + 0.6*r.NormFloat64()
		}
		trace[i] = c
	}
	accept := make([]float64, 3000)
	for i := range accept {
		accept[i] = 0.93 + 0.02*r.NormFloat64() - 0.3*math.Exp(-float64(i)/150)
	}
	return object{
		"chains": 100, "step_size": 0.21, "leapfrog": 12, "accept": 0.93, "divergences": 0, "rhat": []float64{1.0008, 1.0011},
		"ess_bulk": []float64{0.6 * float64(n), 0.58 * float64(n)}, "ess_tail": []float64{0.5 * float64(n), 0.52 * float64(n)},
		"iat": []float64{9.1, 8.7}, "n": n, "trace": object{"z1": trace}, "accept_history": accept,
	}
}

// syntheticOmnifold is an unfolding that halves what is left in each iteration.
func syntheticOmnifold(r *rand.Rand, n int) object {
	var iterations []object
	for i := range 7 {
		left := math.Pow(0.5, float64(i))
		iterations = append(iterations, object{
			"mean_change": 0.24*left + 0.004, "n_eff": (0.78 + 0.1*left) * float64(n),
			"auc": 0.5 + 0.105*left + 0.001*r.NormFloat64(), "auc_error": 0.0036, "valid1": 0.693, "valid2": 0.67,
			"jsd": 2.41e-3 + 3.2e-3*left*left, "emd": 0.0125 + 0.08*left,
		})
	}
	return object{"iterations": iterations, "references": object{
		"baseline": object{"jsd": 2.11e-2, "emd": 0.4}, "direct": object{"jsd": 5.52e-3, "emd": 0.11},
		"dctr": object{"jsd": 2.41e-3, "emd": 0.014}, "floor": object{"jsd": 2.31e-3, "emd": 0.0121},
	}}
}
