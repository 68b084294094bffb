package remedy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// leastHeld is how many needless episodes an inhibition has to hold back to be
// spoken of, and mostSources how many rules are tried as its source.
const (
	leastHeld   = 5
	mostSources = 5
)

// overlaps are the significant pairs of the first part by the rule that fires
// with the other, those of the noisy rules only.
func (w *work) overlaps(noisy []Contest) map[int][]overlap.Pair {
	out := map[int][]overlap.Pair{}
	got := overlap.Measure(w.history(), overlap.Options{})
	for _, p := range got.Pairs {
		i, err := strconv.Atoi(p.A.File)
		if err != nil || len(p.On) == 0 || !slices.ContainsFunc(noisy, func(c Contest) bool { return c.Subject == i }) {
			continue
		}
		out[i] = append(out[i], p)
	}
	for _, pairs := range out {
		slices.SortStableFunc(pairs, func(a, b overlap.Pair) int {
			switch {
			case a.Containment > b.Containment:
				return -1
			case a.Containment < b.Containment:
				return 1
			}
			return 0
		})
	}
	return out
}

// history is what the rules fire today in the first part. Each goes under a name
// of file that tells its place, since others may share its name and group.
func (w *work) history() noise.History {
	h := noise.History{Window: w.parts[train].window, RulesKnown: true, Markers: true}
	for i, s := range w.Subjects {
		r := s.Rule
		r.File = strconv.Itoa(i)
		h.Rules = append(h.Rules, r)
		h.Episodes = append(h.Episodes, episodes(s, r, h.Window)...)
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	return h
}

// episodes are those of a rule as it is that begin to fire in a window.
func episodes(s tune.Subject, rule noise.Rule, window slo.Interval) []noise.Episode {
	var out []noise.Episode
	samples, shape, _ := s.As(nil)
	for _, series := range samples.Series {
		series.Labels = alertOf(rule, series.Labels)
		for _, span := range tune.Simulate(samples.Grid, series.Values, shape) {
			if e := span.Episode(samples.Grid, rule, series); window.Contains(e.FiredAt) {
				out = append(out, e)
			}
		}
	}
	return out
}

// inhibition is the row of the source that holds back most of a rule's needless
// episodes; ok is false where none holds back enough of them.
func (w *work) inhibition(i int) (best entry, ok bool, err error) {
	for n, p := range w.pairs[i] {
		source, failed := strconv.Atoi(p.B.File)
		if n == mostSources {
			break
		}
		if failed != nil || !w.maySource(source, i) {
			continue
		}
		e, err := w.holdBack(i, source, p.On)
		if err != nil {
			return best, false, err
		}
		before, after := e.Held.Of, e.Held.Of-e.Held.Count
		enough := e.Held.Count >= leastHeld && float64(e.Held.Count) >= w.Options.Held*float64(before)
		if enough && (!ok || after < best.Held.Of-best.Held.Count) {
			best, ok = e, true
		}
	}
	return best, ok, nil
}

// maySource tells whether a rule may hold another back: it stays, as the plan has
// it, it is as loud, and it reaches the same people.
func (w *work) maySource(source, target int) bool {
	if source == target || w.taken[source] || w.plannedKind(source) == Delete {
		return false
	}
	from, to := w.Rules[source].Voice, w.Rules[target].Voice
	if to.Waking != WakesNobody && from.Waking != to.Waking {
		return false
	}
	if len(from.Receivers) == 0 {
		return true
	}
	return len(to.Receivers) > 0 && !slices.ContainsFunc(to.Receivers, func(r string) bool { return !slices.Contains(from.Receivers, r) })
}

// holdBack prices an inhibition.
func (w *work) holdBack(target, source int, on []string) (entry, error) {
	in := w.inhibitionOf(source, target, on)
	e := entry{Row: Row{Kind: Inhibit, Source: source, Inhibition: &in}}
	samples, shape, _ := w.Subjects[target].As(nil)
	held := w.held(target, source, on)
	heard := hush(samples, shape, held)
	for at, p := range w.parts {
		score, err := tune.Tally(heard, tune.Shape{}, p.options())
		if err != nil {
			return e, err
		}
		e.forms[at] = form{{voice: w.Rules[target].Voice, score: score, sent: p.messages(samples, shape, held)}}
	}
	before := w.parts[train].today[target][0].score.Outside
	e.Held = slo.Proportion{Count: max(0, before-e.forms[train][0].score.Outside), Of: before}
	return e, nil
}

// held tells at which slots an alert of the target is held back: one of the
// source fires that has the same values of the labels.
func (w *work) held(target, source int, on []string) quiet {
	firing := map[string][]slo.Interval{}
	from, shape, _ := w.Subjects[source].As(w.Plan.Rules[source].Change)
	for _, series := range from.Series {
		key := keyOf(alertOf(w.Subjects[source].Rule, series.Labels), on)
		for _, span := range tune.Simulate(from.Grid, series.Values, shape) {
			firing[key] = append(firing[key], slo.Interval{From: from.Grid.At(span.Fired), To: from.Grid.At(span.Resolved)})
		}
	}
	to, _, _ := w.Subjects[target].As(nil)
	slots := make([][]bool, len(to.Series))
	for i, series := range to.Series {
		slots[i] = make([]bool, to.Grid.Slots)
		for _, f := range firing[keyOf(alertOf(w.Subjects[target].Rule, series.Labels), on)] {
			for t := max(0, to.Grid.Slot(f.From)); t < min(to.Grid.Slot(f.To), to.Grid.Slots); t++ {
				slots[i][t] = true
			}
		}
	}
	return func(series, slot int) bool { return slot < len(slots[series]) && slots[series][slot] }
}

// keyOf is the values of some labels as one text.
func keyOf(ls labels.Labels, on []string) string {
	var b strings.Builder
	for _, name := range on {
		b.WriteString(strconv.Quote(ls.Get(name)))
	}
	return b.String()
}

// hush is what people are told of alerts that are held back at times: an episode
// begins where it is first not held back while it fires, and is none where that
// never is. Once it was told of it goes on, as Alertmanager does not tell anew
// of what it only held back.
func hush(s tune.Samples, shape tune.Shape, held quiet) tune.Samples {
	out := tune.Samples{Grid: s.Grid}
	for i, series := range s.Series {
		values := make([]float64, s.Grid.Slots)
		for t := range values {
			values[t] = tune.Absent()
		}
		w := newTeller(s.Grid, i, held)
		for _, span := range tune.Simulate(s.Grid, series.Values, shape) {
			first, ok := w.tell(span, func(int) {})
			for t := first; ok && t < span.Resolved; t++ {
				values[t] = 1
			}
		}
		out.Series = append(out.Series, tune.Series{Labels: series.Labels, Values: values})
	}
	return out
}

// inhibitionOf names both rules by alertname, and by severity where another rule
// of that name has another one.
func (w *work) inhibitionOf(source, target int, on []string) route.Inhibition {
	return route.Inhibition{Source: w.matchers(source), Target: w.matchers(target), Equal: slices.Sorted(slices.Values(on))}
}

func (w *work) matchers(i int) []route.Match {
	r := w.Subjects[i].Rule
	out := []route.Match{{Name: labels.AlertName, Value: r.Name}}
	for _, s := range w.Subjects {
		if s.Rule.Name == r.Name && s.Rule.Severity() != r.Severity() {
			return append(out, route.Match{Name: "severity", Value: r.Severity()})
		}
	}
	return out
}

// static are the labels of a rule that are no templates.
func static(ls labels.Labels) []labels.Label {
	var out []labels.Label
	ls.Range(func(l labels.Label) {
		if !strings.Contains(l.Value, "{{") {
			out = append(out, l)
		}
	})
	return out
}
