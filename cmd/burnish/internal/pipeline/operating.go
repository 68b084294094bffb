package pipeline

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/detect"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// What is asked about the left-hand sides of rules: of how many rules, at how
// many instants, and how many missed incidents near misses are looked for in.
const (
	rangesAtMost    = 120
	rangeSlots      = 2000
	missesAtMost    = 20
	missRules       = 60
	leastEpisodes   = 5
	missSlots       = 4000
	missSurrounding = time.Hour
)

// operating reads where the left-hand sides of rules move, and which missed
// incidents a rule nearly caught. A query that fails leaves its rule out.
func (j *judging) operating(ctx context.Context, seen slo.Interval) error {
	j.in.Ranges = []detect.Range{}
	for _, r := range j.worthARange() {
		form, err := tune.Split(r.Expr)
		if err != nil || len(form.Atoms) != 1 {
			continue // of several limits none alone is the rule's
		}
		got, ok := j.rangeOf(ctx, r, form.Atoms[0], seen)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ok {
			j.in.Ranges = append(j.in.Ranges, got)
		}
	}
	return j.nearMisses(ctx, seen)
}

// worthARange are the rules whose range is looked at: the noisiest, and then
// silent ones.
func (j *judging) worthARange() []noise.Rule {
	index := map[noise.RuleKey]int{}
	for _, s := range j.in.Summary.Rules {
		index[noise.RuleKey{Name: s.Name, Group: s.Group, File: s.File}] += s.Episodes
	}
	episodes := func(r noise.Rule) int { return index[noise.RuleKey{Name: r.Name, Group: r.Group, File: r.File}] }
	var out []noise.Rule
	for _, r := range j.in.History.Rules {
		if n := episodes(r); n == 0 || n >= leastEpisodes {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b noise.Rule) int { return cmp.Compare(episodes(b), episodes(a)) })
	return out[:min(len(out), rangesAtMost)]
}

// incidentOptions is the truth as tune takes it.
func (j *judging) incidentOptions() tune.Options {
	var o tune.Options
	if j.out.Judgement.Known {
		o.Lead = j.out.Judgement.Options.Lead
		for i := range j.out.Judgement.Incidents {
			o.Incidents = append(o.Incidents, j.out.Judgement.Incidents[i].Incident)
		}
	}
	return o
}

// rangeOf is the operating range of a rule's left-hand side, looked at often
// enough for its quantiles and no oftener.
func (j *judging) rangeOf(ctx context.Context, r noise.Rule, a tune.Atom, seen slo.Interval) (detect.Range, bool) {
	grid := collector.RuleGrid(r, nil, seen)
	if k := (grid.Slots + rangeSlots - 1) / rangeSlots; k > 1 {
		grid.Step *= time.Duration(k)
		grid.Slots = (grid.Slots + k - 1) / k
	}
	samples, _, err := collector.ReadSamples(ctx, j.src, r, a.Query, grid)
	if err != nil {
		return detect.Range{}, false
	}
	q, err := tune.Range(samples, tune.Shape{Op: a.Op, Threshold: a.Threshold}, j.incidentOptions())
	if err != nil || !q.Known || q.Samples == 0 {
		return detect.Range{}, false
	}
	return detect.Range{
		Rule: r.Ref(), Operator: string(a.Op), Threshold: a.Threshold,
		Q50: q.P50, Q95: q.P95, Q99: q.P99, Q995: q.P995, Q999: q.P999,
		Extreme: extreme(samples, a.Op), Samples: q.Samples, FiringShare: q.Firing.Ratio(), IncidentsKnown: j.out.Judgement.Known,
	}, true
}

// extreme is the value furthest towards the firing side.
func extreme(samples tune.Samples, op tune.Op) float64 {
	best := math.NaN()
	for _, s := range samples.Series {
		for _, v := range s.Values {
			if math.IsNaN(v) {
				continue
			}
			if math.IsNaN(best) || op.Holds(v, best) {
				best = v
			}
		}
	}
	return best
}

// nearMisses looks for rules that nearly caught an incident that nobody was told
// of.
func (j *judging) nearMisses(ctx context.Context, seen slo.Interval) error {
	j.in.NearMisses = []detect.NearMiss{}
	missed := 0
	for i := range j.out.Judgement.Incidents {
		v := &j.out.Judgement.Incidents[i]
		if v.Told() || missed == missesAtMost {
			continue
		}
		missed++
		for _, r := range j.mightTell(v.Incident) {
			j.nearMiss(ctx, r, v.Incident, seen)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// mightTell are the rules whose text speaks of the incident: it names the value
// of one of the incident's labels, or none of its labels is fixed to another.
func (j *judging) mightTell(i noise.Incident) []noise.Rule {
	var out []noise.Rule
	for _, r := range j.in.History.Rules {
		if !i.Concerns(r.Labels) || len(out) == missRules {
			continue
		}
		for _, value := range i.Labels.Map() {
			if strings.Contains(r.Expr, value) || strings.Contains(r.Expr, "by (service") {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

// nearMiss tells whether a rule with another threshold or `for` would have
// caught an incident.
func (j *judging) nearMiss(ctx context.Context, r noise.Rule, i noise.Incident, seen slo.Interval) {
	form, err := tune.Split(r.Expr)
	if err != nil || len(form.Atoms) != 1 {
		return
	}
	a := form.Atoms[0]
	around := slo.Interval{From: i.From.Add(-missSurrounding - 2*r.For), To: i.To.Add(missSurrounding)}.Intersect(seen)
	grid := collector.RuleGrid(r, nil, around)
	if grid.Slots == 0 || grid.Slots > missSlots {
		return
	}
	samples, _, err := collector.ReadSamples(ctx, j.src, r, a.Query, grid)
	if err != nil || len(samples.Series) == 0 {
		return
	}
	fors := shorter(r.For, grid.Step)
	s, err := tune.Outcomes(samples, tune.Candidates{Op: a.Op, Fors: fors, Keeps: []time.Duration{r.KeepFiringFor}}, tune.Options{
		Incidents: []noise.Incident{i}, Lead: j.out.Judgement.Options.Lead, Also: []float64{a.Threshold},
	})
	if err != nil {
		return
	}
	for _, miss := range s.NearMisses(0, 0, a.Threshold, math.Abs(a.Threshold)) {
		j.in.NearMisses = append(j.in.NearMisses, nearMissOf(r, i, a, miss)...)
	}
}

// shorter is a `for` and shorter ones, down to none.
func shorter(d, step time.Duration) []time.Duration {
	out := []time.Duration{d}
	for d > step {
		d = (d / 2).Truncate(step)
		out = append(out, d)
	}
	if d > 0 {
		out = append(out, 0)
	}
	return slices.Compact(out)
}

func nearMissOf(r noise.Rule, i noise.Incident, a tune.Atom, m tune.NearMiss) []detect.NearMiss {
	var out []detect.NearMiss
	if m.Level >= 0 && a.Threshold != 0 {
		out = append(out, detect.NearMiss{
			Incident: i.ID, Rule: r.Ref(), Change: detect.ChangeThreshold,
			From: a.Threshold, To: m.Threshold, Margin: math.Abs(m.Threshold-a.Threshold) / math.Abs(a.Threshold),
		})
	}
	if m.Shorter && r.For > 0 {
		out = append(out, detect.NearMiss{
			Incident: i.ID, Rule: r.Ref(), Change: detect.ChangeFor,
			From: r.For.Seconds(), To: m.For.Seconds(), Margin: 1 - m.For.Seconds()/r.For.Seconds(),
		})
	}
	return out
}
