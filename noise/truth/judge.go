package truth

// Judge holds the alerts of a window against the incidents in it. It is pure,
// and the order of episodes, incidents and SLOs does not matter. Incidents whose
// end lies before their start are left out; one without an end goes on until the
// window's end. docs/truth.md says what each figure counts.
//
// It takes one pass over the episodes, grouped by label set, and looks only at
// incidents that an episode met: a second or two for a million episodes.
func Judge(c Case, o Options) Judgement {
	o = o.withDefaults(c.History.Window)
	j := Judgement{
		Window: o.Window, Options: o,
		Known: c.Declared || len(c.Incidents) > 0 || len(c.Watched) > 0,
	}
	if !j.Known || o.Window.Empty() {
		return j
	}
	g := newGround(c, o)
	cast := newCast(c.History, g.window)
	t := newTies(g)
	of := make([]*tie, len(cast.alerts))
	for i := range cast.alerts {
		of[i] = t.of(cast.alerts[i].name, cast.alerts[i].labels)
	}
	lifts := associate(cast, t, of)
	b := newBench(g, cast, of)
	j.Rules = b.scores(t, lifts)
	for _, s := range j.Rules {
		j.Unjudged += s.Unjudged
		j.Actions.GivenNeedlessly += s.Actions.GivenNeedlessly
		j.Actions.WrongTime += s.Actions.WrongTime
		j.Actions.WrongDuration += s.Actions.WrongDuration
	}
	for u := range g.units {
		j.SLOs = append(j.SLOs, b.sloScore(int32(u)))
	}
	for i := range g.incidents {
		if !g.incidents[i].inWindow {
			continue
		}
		v := b.verdict(int32(i))
		if !v.Told() {
			j.Actions.NotGiven++
		}
		j.Incidents = append(j.Incidents, v)
	}
	return j
}

// scores judges every rule, then adds what only all of them together tell.
func (b *bench) scores(t *ties, lifts map[int32]float64) []Score {
	scores := make([]Score, len(b.cast.rows))
	for r := range b.cast.rows {
		row := &b.cast.rows[r]
		var texts []*tie
		for _, ls := range row.texts {
			texts = append(texts, t.of(row.Name, ls))
		}
		scores[r] = b.judge(int32(r), texts)
		if scores[r].Basis == BasisMeasured {
			scores[r].Lift = lifts[int32(r)]
		}
	}
	for r := range scores {
		b.addShared(int32(r), &scores[r])
		b.compare(int32(r))
	}
	return scores
}

// addShared adds what depends on what the other rules told.
func (b *bench) addShared(r int32, s *Score) {
	b.missed[r].each(func(i int32) {
		if !b.told[i].isFresh {
			s.Actions.NotGiven++
		}
	})
	for _, h := range b.hits[r] {
		if h.fired == b.told[h.incident].first {
			s.First++
		}
		if b.told[h.incident].onsets == 1 {
			s.Alone++
		}
	}
}
