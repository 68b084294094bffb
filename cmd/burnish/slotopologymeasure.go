package main

import (
	"bytes"
	"cmp"
	"io"
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
	tallies := map[string]slo.Tally{}
	for _, g := range r.SLOs.Groups {
		t := tallies[g.SLO.ID()]
		t.Bad, t.Total = t.Bad+g.Status.Tally.Bad, t.Total+g.Status.Tally.Total
		tallies[g.SLO.ID()] = t
	}
	for id, t := range tallies {
		o := observed(id, j)
		o.Level = slo.Figure{Value: 1 - t.ErrorRatio(), Known: t.Known()}
		out.SLOs[id] = o
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

// tellers names the rules that tell of an SLO: those that did in its incidents, most
// first and of several the soonest, or without an incident those that are tied to it.
func tellers(o *topology.Observed, id string, j *truth.Judgement) {
	var rules []*truth.Score
	for i := range j.Rules {
		r := &j.Rules[i]
		if slices.Contains(r.SLOs, id) && (r.Onset.Count > 0 || len(o.Incidents) == 0) {
			rules = append(rules, r)
		}
	}
	slices.SortStableFunc(rules, func(a, b *truth.Score) int {
		return cmp.Or(-cmp.Compare(a.Onset.Count, b.Onset.Count), cmp.Compare(a.Detection.Median, b.Detection.Median), cmp.Compare(a.Name, b.Name))
	})
	for _, r := range rules {
		if !slices.Contains(o.Rules, r.Name) {
			o.Rules = append(o.Rules, r.Name)
		}
	}
	if len(rules) > 0 && rules[0].Reset.Known() {
		o.Reset = slo.Figure{Value: rules[0].Reset.Median.Seconds(), Known: true}
	}
}
