package fastsim

import (
	"fmt"
	"math"
)

// census holds what a fit looks at of a set of showers, some 40 numbers of each.
type census struct {
	layers, x, y     int
	depth            []float64
	impactX, impactY int
	fraction, lead   float64 // see Config

	energy []float32 // layer energies, shower by shower
	total  []float64
	active []float64 // cells above zero
	spread []float64 // energy-weighted mean of |x - <x>| + |y - <y>|, in cells
	rings  [len(ages)][rings]float64
	square [][2]float64 // of each layer: energy times squared distance from the impact cell, energy

	cells []float64  // of each layer: those above zero
	first [2]float64 // of the first layers with energy: Σ depth, Σ ln E
	outer [3]float64 // of the cells far from the axis: number, Σ ln E, Σ ln² E

	ring      []uint8 // of each cell of a layer
	px, py    []float64
	fit       *longitudinal
	own       [][rings]float64 // rings of the shower's layers
	ownSquare []float64
}

func (p *Parameters) census(cfg *Config) *census {
	c := &census{
		layers: p.Layers, x: p.X, y: p.Y, depth: p.Depth, impactX: p.ImpactX, impactY: p.ImpactY,
		fraction: cfg.startFraction(), lead: cfg.lead(),
		ring: make([]uint8, p.X*p.Y), px: make([]float64, p.X), py: make([]float64, p.Y),
		own: make([][rings]float64, p.Layers), ownSquare: make([]float64, p.Layers), square: make([][2]float64, p.Layers), fit: newLongitudinal(p.Depth), cells: make([]float64, p.Layers),
	}
	for ix := range p.X {
		for iy := range p.Y {
			c.ring[ix*p.Y+iy] = uint8(ringOf(ix-p.ImpactX, iy-p.ImpactY))
		}
	}
	return c
}

func (c *census) len() int { return len(c.total) }

// add takes in one shower; number is for the error of one that has no profile.
func (c *census) add(number int, cells []float32) error {
	clear(c.px)
	clear(c.py)
	clear(c.own)
	total, active := 0.0, 0
	for l := range c.layers {
		layer := cells[l*c.x*c.y : (l+1)*c.x*c.y]
		sum, square, before := 0.0, 0.0, active
		for i, e := range layer {
			if e == 0 {
				continue
			}
			if e < 0 {
				return fmt.Errorf("fastsim: shower %d: layer %d has a cell of %v MeV; energies from 0 are accepted", number, l, e)
			}
			v := float64(e)
			active++
			sum += v
			c.own[l][c.ring[i]] += v
			if c.ring[i] >= outerRing {
				e := math.Log(v)
				c.outer[0]++
				c.outer[1] += e
				c.outer[2] += e * e
			}
			ix, iy := i/c.y, i%c.y
			c.px[ix] += v
			c.py[iy] += v
			dx, dy := float64(ix-c.impactX), float64(iy-c.impactY)
			square += v * (dx*dx + dy*dy)
		}
		c.ownSquare[l] = square
		c.cells[l] += float64(active - before)
		total += sum
		c.energy = append(c.energy, float32(sum))
	}
	if total == 0 {
		return fmt.Errorf("fastsim: shower %d has no energy in any cell; showers are accepted", number)
	}
	if math.IsInf(total, 0) {
		return fmt.Errorf("fastsim: shower %d has an energy that is not finite", number)
	}
	energy := c.energy[len(c.energy)-c.layers:]
	start := crossing(energy, c.depth, total, c.fraction) - c.lead
	maximum, _, ok := c.fit.fit(energy, start)
	if !ok {
		return fmt.Errorf("fastsim: shower %d has energy in fewer than three layers behind its start: it has no longitudinal profile", number)
	}
	for l, e := range energy {
		if e > 0 {
			c.first[0] += c.depth[l]
			c.first[1] += math.Log(float64(e))
			break
		}
	}
	for l, s := range c.ownSquare {
		c.square[l][0] += s
		c.square[l][1] += float64(energy[l])
	}
	for l, own := range c.own {
		if age := (c.depth[l] - start) / maximum; age > 0 {
			k := ageKnot(age)
			for i, e := range own {
				c.rings[k][i] += e
			}
		}
	}
	c.total = append(c.total, total)
	c.active = append(c.active, float64(active))
	c.spread = append(c.spread, deviation(c.px)+deviation(c.py))
	return nil
}

// moment returns the mean squared distance from the impact cell that the energy of a
// layer has, in cells; 0 for a layer without energy.
func (c *census) moment(l int) float64 {
	if c.square[l][1] == 0 {
		return 0
	}
	return c.square[l][0] / c.square[l][1]
}

// deviation returns the mean distance from the mean of the positions 0, 1, … with the
// given weights.
func deviation(weights []float64) float64 {
	sum, mean, d := 0.0, 0.0, 0.0
	for i, w := range weights {
		sum += w
		mean += float64(i) * w
	}
	mean /= sum
	for i, w := range weights {
		d += math.Abs(float64(i)-mean) * w
	}
	return d / sum
}

// view is a census under a given response of the layers.
type view struct {
	// column k has of every shower what belongs to number k of the simulation: the
	// logarithms of energy, maximum and exponent, the start, and the logarithms of
	// spread and active cells.
	column [numbers][]float64
	depth  []float64 // energy-weighted mean depth of every shower
	// observed and expected are the mean energies of the layers and those of the fitted
	// profiles.
	observed, expected []float64
	scatter            *scatter
	// cells is how the logarithm of active cells scatters about what layers tell.
	cells float64
}

func (c *census) view(response []float64) *view {
	v := &view{depth: make([]float64, c.len()), observed: make([]float64, c.layers), expected: make([]float64, c.layers)}
	for k := range v.column {
		v.column[k] = make([]float64, c.len())
	}
	c.fit.setResponse(response)
	seen, share := make([]float64, c.layers), make([]float64, c.layers)
	v.scatter = newScatter(c.layers)
	for i, total := range c.total {
		energy := c.energy[i*c.layers : (i+1)*c.layers]
		start := crossing(energy, c.depth, total, c.fraction) - c.lead
		maximum, a, _ := c.fit.fit(energy, start)
		sum := profile(seen, c.depth, response, start, maximum, a)
		for l, v := range seen {
			share[l] = v / sum
		}
		for k, x := range [numbers]float64{math.Log(total / sum), math.Log(maximum), math.Log(a), start, math.Log(max(c.spread[i], 1e-3)), math.Log(c.active[i])} {
			v.column[k][i] = x
		}
		for l, p := range share {
			e, mu := float64(energy[l]), total*p
			v.depth[i] += c.depth[l] * e / total
			v.observed[l] += e
			v.expected[l] += mu
		}
	}
	v.cells = c.scatterOfCells(v.column[latMultiplicity])
	for i := range c.total {
		v.scatter.take(c.energy[i*c.layers : (i+1)*c.layers])
	}
	v.scatter.finish(c.len())
	for l := range c.layers {
		v.observed[l] /= float64(c.len())
		v.expected[l] /= float64(c.len())
	}
	return v
}

// mean returns the mean and standard deviation of a column.
func (v *view) mean(k int) (mean, sd float64) {
	return moments(v.column[k])
}

// profileNumbers are those that the longitudinal fit gives of each shower: energy,
// maximum, exponent, start.
const profileNumbers = latWidth

// correlation returns that of the normal scores of the profile's numbers.
func (v *view) correlation() [][]float64 {
	var s [profileNumbers][]float64
	for k := range s {
		s[k] = normalScores(v.column[k])
	}
	c := identity(profileNumbers)
	for i := range c {
		for j := range c {
			if i == j {
				continue
			}
			var ij, ii, jj float64
			for r := range s[i] {
				ij += s[i][r] * s[j][r]
				ii += s[i][r] * s[i][r]
				jj += s[j][r] * s[j][r]
			}
			if ii > 0 && jj > 0 {
				c[i][j] = ij / math.Sqrt(ii*jj)
			}
		}
	}
	return c
}
