package bibae

import (
	"etalon/engine/cpu"
	"etalon/graph"
)

// view is a batch in a graph.
type view struct {
	x, e, y      *graph.Node // showers in MeV, energies, compressed showers
	mean, logVar *graph.Node
	z            *graph.Node // latents, drawn
	u, fakeX     *graph.Node // what the decoder makes of them, and in MeV
	fakeY        *graph.Node
}

// view adds a batch with its fakes. The same streams in every program make the same
// fakes at the same step.
func (l *learner) view(g *graph.Graph) view {
	m := l.model
	v := view{x: g.Input("x", m.Dim()), e: g.Input("e", 1)}
	v.y = m.Config.compressed(v.x)
	v.mean, v.logVar = m.encode("", v.x, v.y, v.e)
	v.z = graph.Add(v.mean, graph.Mul(graph.Exp(graph.MulScalar(v.logVar, 0.5)), g.RandomNormal("bibae/epsilon", m.Config.Latent)))
	noise, cells := m.uniform(g, "bibae/training")
	v.u = m.decode("", v.z, noise, cells, v.e)
	v.fakeX = m.shower(v.u)
	v.fakeY = v.fakeX
	if m.Config.Unit != 0 {
		v.fakeY = graph.ReLU(v.u)
	}
	return v
}

// compile builds the updates of the critics and of the autoencoder.
func (l *learner) compile(e *cpu.Engine) error {
	if err := l.compileCritics(e); err != nil {
		return err
	}
	return l.compileAutoencoder(e)
}

// criticLoss adds the loss of all critics to a graph, the distances that they see
// (learner.Losses), and the latents of the batch.
func (l *learner) criticLoss(g *graph.Graph) (loss *graph.Node, distances []*graph.Node, latents *graph.Node, err error) {
	v := l.view(g)
	fake, z := graph.Stop(v.fakeY), graph.Stop(v.z)
	normal := g.RandomNormal("bibae/normal", l.model.Config.Latent)
	// What the penalties are taken at is the same for both critics.
	where := func(real, fake *graph.Node, stream string) *graph.Node {
		return graph.Stop(between(real, fake, g.RandomUniform(stream, 1)))
	}
	ref, mixed := graph.Stop(v.y), where(v.y, fake, "bibae/penalty/showers")
	mixedZ := where(normal, z, "bibae/penalty/latents")
	var realS, fakeS, mixedS *graph.Node
	if l.cfg.Sums > 0 {
		realS, fakeS = l.sums.ofTruth(v.x), graph.Stop(l.sums.ofDecoder(v.u, v.fakeX))
		mixedS = where(realS, fakeS, "bibae/penalty/sums")
	}
	var seen [2][]*graph.Node
	for i, prefix := range []string{l.kept.prefix, l.fresh.prefix} {
		add := func(distance, penalty *graph.Node) {
			seen[i] = append(seen[i], distance)
			part := graph.Sub(graph.MulScalar(penalty, l.cfg.Penalty), distance)
			if loss == nil {
				loss = part
			} else {
				loss = graph.Add(loss, part)
			}
		}
		p, err := penalty(l.judges.judge(prefix, mixed, ref, v.e), l.penalised(mixed, ref)...)
		if err != nil {
			return nil, nil, nil, err
		}
		add(graph.MeanRows(graph.Sub(l.judges.judge(prefix, v.y, v.y, v.e), l.judges.judge(prefix, fake, v.y, v.e))), p)
		if p, err = latentPenalty(l.judges.judgeLatents(prefix, mixedZ), mixedZ); err != nil {
			return nil, nil, nil, err
		}
		add(meanOf(graph.Sub(l.judges.judgeLatents(prefix, normal), l.judges.judgeLatents(prefix, z))), p)
		if l.cfg.Sums > 0 {
			if p, err = penalty(l.judges.judgeSums(prefix, mixedS), mixedS); err != nil {
				return nil, nil, nil, err
			}
			add(graph.MeanRows(graph.Sub(l.judges.judgeSums(prefix, realS), l.judges.judgeSums(prefix, fakeS))), p)
		}
	}
	return loss, append([]*graph.Node{seen[0][0], seen[1][0]}, seen[0][1:]...), v.z, nil
}

func (l *learner) compileCritics(e *cpu.Engine) error {
	loss, distances, latents, err := l.criticLoss(graph.New())
	if err != nil {
		return err
	}
	extras := append(distances, latents)
	if l.critics, err = newUpdate(e, l.seed, loss, extras, l.cfg.CriticAdam, l.kept, l.fresh); err != nil {
		return err
	}
	if err := l.critics.prog.Into(len(extras), l.latents); err != nil {
		return err
	}
	return l.auto.params.Bind(l.critics.prog, "")
}

// penalised lists what the penalty of the critic of showers is taken with respect to: with a path
// on the difference, also the shower that the other was made of.
func (l *learner) penalised(mixed, ref *graph.Node) []*graph.Node {
	if l.cfg.Critic.Difference {
		return []*graph.Node{mixed, ref}
	}
	return []*graph.Node{mixed}
}

// autoencoderLoss adds the loss of encoder and decoder to a graph, and its terms: likeness, KL,
// similarities of the latents with themselves and with the prior.
func (l *learner) autoencoderLoss(g *graph.Graph) (loss *graph.Node, terms []*graph.Node) {
	v := l.view(g)
	rows, d := l.batches.Rows(), l.model.Config.Latent
	kl := divergence(v.mean, v.logVar)
	// MMD² = k(z, z) - 2·k(z, n) + k(n, n); by symmetry the derivative of the first term is
	// twice that with respect to one side.
	own := similarity(v.z, g.Shared("mmd/z", rows, d), g.Shared("mmd/z/lengths", rows))
	other := similarity(v.z, g.Shared("mmd/n", rows, d), g.Shared("mmd/n/lengths", rows))
	loss = graph.Add(graph.MulScalar(kl, l.cfg.KL), graph.MulScalar(graph.Sub(own, other), 2*l.cfg.MMD))
	add := func(weight float64, term *graph.Node) {
		loss = graph.Add(loss, graph.MulScalar(term, weight))
	}
	real, fake := l.sums.ofTruth(v.x), l.sums.ofDecoder(v.u, v.fakeX)
	likeness := meanOf(graph.Square(graph.Sub(fake, real)))
	if l.cfg.Likeness > 0 {
		add(l.cfg.Likeness, likeness)
	}
	if l.cfg.Cells > 0 && l.cfg.CellEpochs > 0 {
		near := graph.MeanRows(graph.SumFeatures(graph.Square(graph.Sub(v.fakeY, v.y))))
		add(1e-3, graph.Mul(near, g.Shared("fading", 1)))
	}
	for _, prefix := range []string{l.kept.prefix, l.fresh.prefix} {
		if l.cfg.Adversarial > 0 {
			add(-l.cfg.Adversarial/2, graph.MeanRows(l.judges.judge(prefix, v.fakeY, v.y, v.e)))
		}
		if l.cfg.LatentAdversarial > 0 {
			add(-l.cfg.LatentAdversarial/2, meanOf(l.judges.judgeLatents(prefix, v.z)))
		}
		if l.cfg.Sums > 0 {
			add(-l.cfg.Sums/2, graph.MeanRows(l.judges.judgeSums(prefix, fake)))
		}
	}
	return loss, []*graph.Node{likeness, kl, own, other}
}

func (l *learner) compileAutoencoder(e *cpu.Engine) error {
	loss, terms := l.autoencoderLoss(graph.New())
	var err error
	if l.autoencoder, err = newUpdate(e, l.seed, loss, terms, l.cfg.Adam, l.auto); err != nil {
		return err
	}
	p := l.autoencoder.prog
	for name, values := range map[string][]float32{"mmd/z": l.latents, "mmd/z/lengths": l.lengths, "mmd/n": l.prior.rows, "mmd/n/lengths": l.prior.lengths, "fading": l.fading} {
		if err := p.Bind(name, values); err != nil {
			return err
		}
	}
	for _, k := range []*group{l.kept, l.fresh} {
		if err := k.params.Bind(p, k.prefix); err != nil {
			return err
		}
	}
	return nil
}
