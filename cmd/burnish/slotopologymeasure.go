package main

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/topology"
)

// writePage writes the page into the place that it has in a text.
func writePage(w io.Writer, before []byte, v *topology.View) error {
	var page bytes.Buffer
	if err := v.WriteMarkdown(&page); err != nil {
		return err
	}
	_, err := w.Write(topology.Replace(before, page.Bytes()))
	return err
}

// measuredBy is what a reading and its judgement tell of each SLO.
func measuredBy(r *pipeline.Reading, j *truth.Judgement) topology.Measured {
	out := topology.Measured{Window: r.Window.Duration(), SLOs: map[string]topology.Observed{}}
	tallies, seen := map[string]slo.Tally{}, seenOf(r)
	for _, g := range r.SLOs.Groups {
		t := tallies[g.SLO.ID()]
		t.Bad, t.Total = t.Bad+g.Status.Tally.Bad, t.Total+g.Status.Tally.Total
		tallies[g.SLO.ID()] = t
	}
	for id, t := range tallies {
		o := observed(id, j)
		o.Seen = seen[id]
		o.Level = slo.Figure{Value: 1 - t.ErrorRatio(), Known: t.Known()}
		out.SLOs[id] = o
	}
	return out
}

// seenOf is how much of the window the events of each SLO were counted in, by the group
// of which most was.
func seenOf(r *pipeline.Reading) map[string]slo.Figure {
	out := map[string]slo.Figure{}
	for _, w := range r.Truth.Watched {
		var sum time.Duration
		for _, c := range w.Covered {
			from, to := c.From, c.To
			if from.Before(r.Window.From) {
				from = r.Window.From
			}
			if to.After(r.Window.To) {
				to = r.Window.To
			}
			sum += max(0, to.Sub(from))
		}
		share := sum.Seconds() / max(1, r.Window.Duration().Seconds())
		out[w.SLO] = slo.Figure{Value: max(out[w.SLO].Value, share), Known: true}
	}
	return out
}

// observed is what the judgement tells of one SLO, its groups together.
func observed(id string, j *truth.Judgement) topology.Observed {
	var o topology.Observed
	var lasted, delays []time.Duration
	for _, l := range lossesOf(id, j) {
		o.Incidents = append(o.Incidents, l.Incident)
		lasted = append(lasted, l.To.Sub(l.From))
		o.Recall.Of++
		if !l.told {
			o.Missed = append(o.Missed, l.ID)
			continue
		}
		o.Recall.Count++
		if l.noticed {
			delays = append(delays, l.after)
		}
	}
	o.Detection, o.Restore = median(delays), median(lasted)
	for i := range j.SLOs {
		if s := &j.SLOs[i]; s.SLO == id {
			o.Actions.NotGiven += s.Actions.NotGiven
			o.Actions.GivenNeedlessly += s.Actions.GivenNeedlessly
			o.Actions.WrongTime += s.Actions.WrongTime
			o.Actions.WrongDuration += s.Actions.WrongDuration
		}
	}
	tellers(&o, id, j)
	return o
}

// lossOf is one loss of an SLO and how it was told of.
type lossOf struct {
	topology.Incident
	told, noticed bool
	after         time.Duration // until the first alert, where one began with it
}

// lossesOf are the losses of an SLO in time order. Those that overlap, as a declared
// incident does with the loss that was measured, are one: it cost what the costliest
// did, and was told of if any was.
func lossesOf(id string, j *truth.Judgement) []lossOf {
	var out []lossOf
	for i := range j.Incidents { // ordered by start
		x := &j.Incidents[i]
		if x.SLO != id {
			continue
		}
		l := lossOf{Incident: topology.Incident{ID: x.ID, From: x.From, To: x.To}, told: x.Told()}
		l.after, l.noticed = x.Detection()
		if x.Burned != nil {
			l.Burned = slo.Figure{Value: *x.Burned, Known: true}
		}
		if n := len(out); n > 0 && x.From.Before(out[n-1].To) {
			out[n-1].join(l)
			continue
		}
		out = append(out, l)
	}
	return out
}

// join takes a loss in that begins later and overlaps.
func (l *lossOf) join(o lossOf) {
	if o.To.After(l.To) {
		l.To = o.To
	}
	if o.Burned.Known && (!l.Burned.Known || o.Burned.Value > l.Burned.Value) {
		l.Burned = o.Burned
	}
	l.told = l.told || o.told
	if after := o.after + o.From.Sub(l.From); o.noticed && (!l.noticed || after < l.after) {
		l.noticed, l.after = true, after
	}
}

func median(in []time.Duration) slo.Figure {
	if len(in) == 0 {
		return slo.Figure{}
	}
	slices.Sort(in)
	return slo.Figure{Value: (in[(len(in)-1)/2] + in[len(in)/2]).Seconds() / 2, Known: true}
}

// tellers names the rules that tell of an SLO: those that did in its incidents, that
// which told of most first, of several the one that was right most often, then the
// soonest; or without an incident those that are tied to it.
func tellers(o *topology.Observed, id string, j *truth.Judgement) {
	if len(o.Incidents) == 0 {
		for i := range j.Rules {
			if r := &j.Rules[i]; slices.Contains(r.SLOs, id) && !slices.Contains(o.Rules, r.Name) {
				o.Rules = append(o.Rules, r.Name)
			}
		}
		slices.Sort(o.Rules)
	} else {
		o.Rules = toldOf(id, j)
	}
	for i := range j.Rules {
		r := &j.Rules[i]
		if len(o.Rules) > 0 && r.Name == o.Rules[0] && slices.Contains(r.SLOs, id) && r.Reset.Known() {
			o.Reset = slo.Figure{Value: r.Reset.Median.Seconds(), Known: true}
			return
		}
	}
}

// toldOf names the rules that told of an SLO's incidents.
func toldOf(id string, j *truth.Judgement) []string {
	delays := map[string][]time.Duration{} // one for each incident that the rule told of
	for i := range j.Incidents {
		if v := &j.Incidents[i]; v.SLO == id && v.Told() {
			for name, after := range soonest(v) {
				delays[name] = append(delays[name], after)
			}
		}
	}
	right := map[string]float64{}
	for i := range j.Rules {
		if r := &j.Rules[i]; r.Precision.Known() {
			right[r.Name] = max(right[r.Name], r.Precision.Ratio())
		}
	}
	return slices.SortedFunc(maps.Keys(delays), func(a, b string) int {
		return cmp.Or(
			-cmp.Compare(len(delays[a]), len(delays[b])), -cmp.Compare(right[a], right[b]),
			cmp.Compare(median(delays[a]).Value, median(delays[b]).Value), cmp.Compare(a, b),
		)
	})
}

// soonest is after how long each rule told of an incident: those whose alerts began
// with it, or where none did those that fired already.
func soonest(v *truth.Verdict) map[string]time.Duration {
	out := map[string]time.Duration{}
	_, began := v.Detection()
	for _, s := range v.Signals {
		if s.Onset != began {
			continue
		}
		after := max(0, s.FiredAt.Sub(v.From))
		if before, ok := out[s.Name]; !ok || after < before {
			out[s.Name] = after
		}
	}
	return out
}
