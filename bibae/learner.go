package bibae

import (
	"fmt"
	"math"
	"strconv"

	"etalon/calo"
	"etalon/engine/cpu"
	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/rng"
	"etalon/train"
)

// learner trains a model. One step is CriticSteps updates of all critics and one of the
// autoencoder, on the batch and with the noise of the last of them.
type learner struct {
	cfg     Training
	model   *Model
	showers *calo.Sparse
	sums    *sums
	judges  critics
	seed    uint64

	kept, fresh *group // the critics of every kind: for good, and those that start anew after each epoch
	auto        *group
	critics     *update
	autoencoder *update
	average     *train.Average // or nil

	batches  *train.Batches
	cells    []float32 // of the batch
	energies []float32
	latents  []float32 // of the batch, encoded
	lengths  []float32
	prior    points    // draws of the latents' prior
	fading   []float32 // weight of the squared difference of cells
}

// points are rows of latents with their squared lengths.
type points struct{ rows, lengths, columns []float32 }

var _ train.Learner = (*learner)(nil)

// NewLearner prepares the training of a model on showers that have passed the cut, with
// the energies of their particles (the model's Energy where the store has none). The
// model is changed in place.
//
// With C, C_z and C_s the critics of showers, latents and sums, x̂ the decoder's shower
// beside x, z the encoded latents and n draws of N(0, 1), the critics minimise
//
//	C(x̂, x) - C(x, x) + C_z(z) - C_z(n) + C_s(s(x̂)) - C_s(s(x)) + λ·penalties
//
// and the autoencoder, averaging over the two critics of each kind,
//
//	-w·C(x̂, x) - w_z·C_z(z) - w_s·C_s(s(x̂)) + w_KL·KL + w_MMD·MMD²(z, n) + …
//
// (arXiv:2005.05334, section 3.3; WGAN-GP: arXiv:1704.00028). After each epoch one critic of
// every kind starts anew, with its optimiser (arXiv:2009.03796, section III B).
func NewLearner(e *cpu.Engine, m *Model, showers *calo.Sparse, cfg Training, seed uint64) (train.Learner, error) {
	if err := cfg.Check(m.Config); err != nil {
		return nil, err
	}
	if showers.Shape != m.Config.Shape() {
		return nil, fmt.Errorf("bibae: showers of %v cells for a model of %v", showers.Shape, m.Config.Shape())
	}
	if showers.Len() < 2 || showers.Energies != nil && len(showers.Energies) != showers.Len() {
		return nil, fmt.Errorf("bibae: %d showers with %d energies; two showers at least, and no energies or one each, are needed", showers.Len(), len(showers.Energies))
	}
	if err := m.takeEnergies(showers); err != nil {
		return nil, err
	}
	l := &learner{cfg: cfg, model: m, showers: showers, sums: newSums(m.Config, cfg.cut(), showers), seed: seed, fading: make([]float32, 1)}
	m.start(showers, l.sums)
	l.judges = critics{net: m.Config, cfg: cfg.Critic, sums: l.sums.count()}
	l.kept = &group{params: l.judges.init(rng.New(seed, "bibae/critics")), prefix: "kept/"}
	l.fresh = &group{params: l.freshCritics(0), prefix: "fresh/"}
	l.auto = &group{params: m.Params}
	if cfg.Average > 0 {
		l.auto.params = m.Params.Clone()
		l.average = train.NewAverage(cfg.Average, m.Params.Flat())
	}
	l.batches = train.NewBatches(rng.New(seed, "bibae/batches"), train.Group{Lo: 0, Hi: showers.Len(), Share: cfg.Batch})
	rows, d := l.batches.Rows(), m.Config.Latent
	l.cells, l.energies = make([]float32, rows*m.Dim()), make([]float32, rows)
	l.latents, l.lengths = make([]float32, rows*d), make([]float32, rows)
	l.prior = points{make([]float32, rows*d), make([]float32, rows), make([]float32, rows*d)}
	if err := l.compile(e); err != nil {
		return nil, fmt.Errorf("bibae: %w", err)
	}
	return l, nil
}

// takeEnergies sets the model's energy to the mean of the showers'.
func (m *Model) takeEnergies(showers *calo.Sparse) error {
	sum := 0.0
	for i, v := range showers.Energies {
		if !(v > 0) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("bibae: the particle of shower %d has the energy %v; positive numbers are accepted", i, v)
		}
		sum += float64(v)
	}
	if len(showers.Energies) > 0 {
		m.Energy = sum / float64(len(showers.Energies))
	}
	return nil
}

// freshCritics returns the critics with which an epoch begins.
func (l *learner) freshCritics(epoch int) *nn.Params {
	return l.judges.init(rng.New(l.seed, "bibae/fresh").Sub(strconv.Itoa(epoch)))
}

// Losses implements train.Learner: the distances that the kept critic and the fresh one of
// showers see, C(x, x) - C(x̂, x), those of the kept critics of latents and sums, and terms of the
// autoencoder's loss without their weights.
func (l *learner) Losses() []string {
	return []string{"critic", "fresh_critic", "latent_critic", "sum_critic", "critic_loss", "likeness", "kl", "mmd", "autoencoder"}
}

// StepsPerEpoch implements train.Learner.
func (l *learner) StepsPerEpoch() int {
	return max(1, l.batches.StepsPerPass()/l.cfg.CriticSteps)
}

// Step implements train.Learner.
func (l *learner) Step(step int, factor float64, out []float64) error {
	if per := l.StepsPerEpoch(); step > 0 && step%per == 0 {
		l.fresh.reset(l.freshCritics(step / per))
	}
	clear(out)
	k, batch := l.cfg.CriticSteps, cpu.Batch{}
	for i := range k {
		t := step*k + i
		batch = cpu.Batch{Rows: l.batches.Rows(), Step: uint64(t)}
		l.load(l.batches.At(t))
		if err := l.feed(l.critics.prog); err != nil {
			return err
		}
		if err := l.critics.step(batch, factor); err != nil {
			return err
		}
		for j, from := range []int{1, 2, 3, 4, 0} {
			if from <= l.critics.extras-1 { // the last extra is the latents
				out[j] += l.critics.value(from) / float64(k)
			}
		}
	}
	l.mmdPoints(step)
	l.fading[0] = 0
	if n := l.cfg.CellEpochs * l.StepsPerEpoch(); step < n {
		l.fading[0] = float32(l.cfg.Cells * (1 - float64(step)/float64(n)))
	}
	if err := l.feed(l.autoencoder.prog); err != nil {
		return err
	}
	if err := l.autoencoder.step(batch, factor); err != nil {
		return err
	}
	d := l.model.Config.Latent
	out[5], out[6] = l.autoencoder.value(1), l.autoencoder.value(2)
	out[7] = l.autoencoder.value(3) - 2*l.autoencoder.value(4) + similar(l.prior.rows, d)
	out[8] = l.autoencoder.value(0)
	if l.average != nil {
		l.average.Update(l.auto.params.Flat(), step)
		copy(l.model.Params.Flat(), l.average.Values)
	}
	return nil
}

// load expands the showers of a batch.
func (l *learner) load(index []uint32) {
	l.showers.Expand(index, l.cells)
	for i, k := range index {
		e := l.model.Energy
		if l.showers.Energies != nil {
			e = float64(l.showers.Energies[k])
		}
		l.energies[i] = float32(e / l.model.Config.EnergyUnit)
	}
}

// feed gives the batch to a program.
func (l *learner) feed(p *cpu.Program) error {
	if err := p.Feed("x", cpu.Rows{Data: l.cells}); err != nil {
		return err
	}
	return p.Feed("e", cpu.Rows{Data: l.energies})
}

// mmdPoints prepares what the latents of the batch are held against: themselves, as the
// critics' program left them, and draws of the prior.
func (l *learner) mmdPoints(step int) {
	d, rows := l.model.Config.Latent, l.batches.Rows()
	rng.New(l.seed, "bibae/mmd").NormalRows(l.prior.columns, rows, uint64(step), 0, rows, d)
	for i := range rows {
		for j := range d {
			l.prior.rows[i*d+j] = l.prior.columns[j*rows+i]
		}
	}
	squares(l.prior.lengths, l.prior.rows)
	squares(l.lengths, l.latents)
}

// squares writes the squared lengths of rows to dst.
func squares(dst, rows []float32) {
	d := len(rows) / len(dst)
	for i := range dst {
		sum := float32(0)
		for _, v := range rows[i*d : (i+1)*d] {
			sum += float32(v * v)
		}
		dst[i] = sum
	}
}

// Validate implements train.Learner: there is no held-out loss that means anything by
// itself.
func (l *learner) Validate() (map[string]float64, error) { return nil, nil }

// State implements train.Learner.
func (l *learner) State() []safetensors.Tensor {
	s := append(l.kept.tensors("critics.kept"), l.fresh.tensors("critics.fresh")...)
	s = append(s, l.auto.tensors("autoencoder")...)
	if l.average != nil {
		s = append(s, vector("average", l.average.Values), vector("model", l.model.Params.Flat()))
	}
	return s
}
