package simd

import (
	"fmt"
	"math"
	"testing"
)

// Products over random runs and panels against plain sums in float64, at every
// level; AVX2 and AVX-512 to the bit; nothing outside of the panels is written.
func TestRunGemm(t *testing.T) {
	r := newRand(1)
	for try := range 300 {
		m, k, positions := 1+r.IntN(20), 1+r.IntN(300), 1+r.IntN(6)
		ldb := Lanes * (1 + r.IntN(3))
		var list []Run
		for range r.IntN(5) {
			a, b := r.IntN(k), r.IntN(20)
			list = append(list, Run{a, b, 1 + r.IntN(k-a)})
		}
		packed := r.IntN(2) == 0
		w := normals(r, m*k, 0) // A[i,p] = w[p·m + i]
		off := r.IntN(3)
		b := normals(r, (20+k+8)*ldb, off)
		h := normals(r, positions*m*ldb, 0)
		bias := normals(r, m, 0)
		start := normals(r, positions*m*ldb, 0)
		var panels []Panel
		for p := range positions {
			panels = append(panels, Panel{B: r.IntN(8) * ldb, C: p*m*ldb + Lanes*r.IntN(ldb/Lanes)})
		}
		e := Epilogue(r.IntN(4))
		var first []float32
		for _, l := range Supported() {
			t.Run(fmt.Sprintf("%d/%v", try, l), func(t *testing.T) {
				defer SetLevel(l)()
				c := sentinels(len(start), off)
				copy(c, start)
				g := &RunGemm{M: m, A: w, CS: m, B: b, LDB: ldb, C: c, LDC: ldb, Epilogue: e, Bias: bias, Slope: 0.25, H: h}
				var runs Runs
				if packed {
					g.A, g.Packed, g.Terms = make([]float32, m*k), true, k
					PackTiles(g.A, w, 1, m, m, k)
					runs.Set(list, 1)
				} else {
					scaled := append([]Run(nil), list...)
					for i := range scaled {
						scaled[i].A *= m
					}
					runs.Set(scaled, m)
				}
				g.Run(&runs, panels)
				checkAround(t, c, "C", off)
				inside := make([]bool, len(c))
				for _, p := range panels {
					for i := range m {
						for j := range Lanes {
							at := p.C + i*ldb + j
							inside[at] = true
							s, scale := 0.0, 1.0
							for _, run := range list {
								for q := range run.N {
									x := float64(w[(run.A+q)*m+i]) * float64(b[p.B+(run.B+q)*ldb+j])
									s, scale = s+x, scale+math.Abs(x)
								}
							}
							switch e {
							case Accumulate:
								s += float64(start[at])
							case BiasLeaky:
								s += float64(bias[i])
								s = math.Max(s, 0.25*s)
							case LeakyGrad:
								if h[at] <= 0 {
									s *= 0.25
								}
							}
							if math.Abs(float64(c[at])-s) > 2e-6*scale {
								t.Fatalf("row %d, column %d: %v, want %v", i, j, c[at], s)
							}
						}
					}
				}
				for at := range c {
					if !inside[at] && c[at] != start[at] {
						t.Fatalf("%d outside of the panels was written", at)
					}
				}
				if l == Generic {
					return
				}
				if first == nil {
					first = append(first, c...)
				}
				for at := range c {
					if math.Float32bits(c[at]) != math.Float32bits(first[at]) {
						t.Fatalf("%d: %v, another level %v", at, c[at], first[at])
					}
				}
			})
		}
	}
}

// PackTiles of both orders of A gives the same.
func TestPackTiles(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := newRand(2)
		for range 20 {
			m, k := 1+r.IntN(40), 1+r.IntN(40)
			a := normals(r, m*k, 0)
			b := make([]float32, m*k)
			for i := range m {
				for p := range k {
					b[i*k+p] = a[p*m+i]
				}
			}
			x, y := make([]float32, m*k), make([]float32, m*k)
			PackTiles(x, a, 1, m, m, k)
			PackTiles(y, b, k, 1, m, k)
			for i := range x {
				if x[i] != y[i] {
					t.Fatalf("%d×%d: element %d", m, k, i)
				}
			}
		}
	})
}

func TestRunGemmPanics(t *testing.T) {
	var runs Runs
	runs.Set([]Run{{0, 0, 3}}, 1)
	for name, change := range map[string]func(g *RunGemm, p *Panel){
		"A":            func(g *RunGemm, _ *Panel) { g.A = g.A[:11] },
		"B":            func(g *RunGemm, _ *Panel) { g.B = g.B[:47] },
		"C":            func(g *RunGemm, _ *Panel) { g.C = g.C[:63] },
		"terms":        func(g *RunGemm, _ *Panel) { g.Terms = 2 },
		"place in B":   func(_ *RunGemm, p *Panel) { p.B = 1 },
		"place before": func(_ *RunGemm, p *Panel) { p.C = -1 },
		"bias":         func(g *RunGemm, _ *Panel) { g.Epilogue = BiasLeaky },
		"mask":         func(g *RunGemm, _ *Panel) { g.Epilogue = LeakyGrad },
		"epilogue":     func(g *RunGemm, _ *Panel) { g.Epilogue = 9 },
	} {
		g := &RunGemm{M: 4, A: make([]float32, 12), Packed: true, Terms: 3, B: make([]float32, 48), LDB: 16, C: make([]float32, 64), LDC: 16}
		p := []Panel{{}}
		g.Run(&runs, p)
		change(g, &p[0])
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			g.Run(&runs, p)
		}()
	}
}

// BenchmarkRunGemm times convolutions in cache: 3 positions, kernels of 27 taps.
func BenchmarkRunGemm(b *testing.B) {
	for _, l := range Supported() {
		for _, s := range []struct{ channels, filters int }{{128, 128}, {8, 16}, {1, 128}, {8, 8}} {
			b.Run(fmt.Sprintf("level=%v/shape=%d-%d", l, s.channels, s.filters), func(b *testing.B) {
				defer SetLevel(l)()
				k := 27 * s.channels
				var list []Run
				for i := range 9 {
					list = append(list, Run{3 * i * s.channels, 15 * i * s.channels, 3 * s.channels})
				}
				var runs Runs
				runs.Set(list, 1)
				g := &RunGemm{M: s.filters, A: make([]float32, k*s.filters), Packed: true, Terms: k, B: make([]float32, 16*135*s.channels), LDB: 16, C: make([]float32, 3*16*s.filters), LDC: 16}
				panels := []Panel{{0, 0}, {2 * 16 * s.channels, 16 * s.filters}, {4 * 16 * s.channels, 32 * s.filters}}
				for b.Loop() {
					g.Run(&runs, panels)
				}
				b.ReportMetric(2*float64(k*s.filters*48)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}
