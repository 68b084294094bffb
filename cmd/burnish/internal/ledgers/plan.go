package ledgers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// plan is what is needed of an SLO as of the last refresh.
type plan struct {
	slo *slo.SLO
	*span
	// excluded is what does not count between the two instants.
	excluded []slo.Interval
	known    slo.Interval
	// ledgers are its groups, by source and step.
	ledgers []*ledger
}

// span is the time that the windows of an SLO take. SLOs of the same window share it.
type span struct {
	reach slo.Interval // the longest of the windows
	edges []time.Time  // where windows and exclusions begin and end
}

// forecastBasis is the window by which exhaustion is foretold; see slo.StatusOptions.
const forecastBasis = 6 * time.Hour

// plan says what is needed of every SLO at an instant.
func (b *Book) plan(slos []slo.SLO, at time.Time) error {
	if len(slos) != len(b.slos) || len(slos) > 0 && &slos[0] != &b.slos[0] {
		plans := make(map[string]*plan, len(slos))
		for i := range slos {
			s := &slos[i]
			p := &plan{slo: s}
			if before := b.plans[s.ID()]; before != nil {
				p.ledgers = before.ledgers
			}
			plans[s.ID()] = p
		}
		b.plans, b.slos, b.listed = plans, slos, nil
		for _, p := range plans {
			for _, l := range p.ledgers {
				l.plan = p
			}
		}
	}
	shared := map[slo.Window]*span{}
	for _, p := range b.plans {
		if p.span = shared[p.slo.Window]; p.span == nil {
			p.span = newSpan(p.slo.Window, at, b.o.Windows)
			shared[p.slo.Window] = p.span
		}
		if err := p.exclude(); err != nil {
			return err
		}
	}
	return nil
}

func newSpan(window slo.Window, at time.Time, windows []time.Duration) *span {
	s := &span{reach: window.At(at)}
	s.edges = append(s.edges, s.reach.From)
	for _, w := range append([]time.Duration{forecastBasis}, windows...) {
		from := at.Add(-w)
		s.edges = append(s.edges, from)
		if from.Before(s.reach.From) {
			s.reach.From = from
		}
	}
	return s
}

// exclude adds the edges of what does not count.
func (p *plan) exclude() error {
	if len(p.slo.Exclusions) == 0 {
		return nil
	}
	if err := p.spellOut(); err != nil {
		return err
	}
	own := span{reach: p.reach, edges: slices.Clone(p.edges)}
	p.span = &own
	for _, x := range p.excluded {
		for _, t := range []time.Time{x.From, x.To} {
			if p.reach.Contains(t) {
				p.edges = append(p.edges, t)
			}
		}
	}
	return nil
}

// spellOut finds what does not count, an hour ahead, since recurrences are slow to
// spell out.
func (p *plan) spellOut() (err error) {
	if !p.known.Empty() && !p.reach.From.Before(p.known.From) && !p.reach.To.After(p.known.To) {
		return nil
	}
	p.known = slo.Interval{From: p.reach.From, To: p.reach.To.Add(time.Hour)}
	if p.excluded, err = p.slo.Excluded(p.known); err != nil {
		p.known = slo.Interval{}
		return fmt.Errorf("find the exclusions of %s: %w", p.slo.ID(), err)
	}
	return nil
}

// list brings the ledgers in line with the SLOs and with what the store holds.
func (b *Book) list(ctx context.Context) error {
	ids, err := b.store.SLIIDs(ctx)
	if err != nil {
		return err
	}
	there, fresh := make(map[int64]bool, len(ids)), false
	for _, id := range ids {
		there[id] = true
		fresh = fresh || !b.listed[id]
	}
	if fresh {
		if err := b.add(ctx); err != nil {
			return err
		}
	}
	for id, l := range b.ledgers {
		if there[id] && b.plans[l.sli.SLO] == l.plan {
			continue
		}
		delete(b.ledgers, id)
		l.plan.ledgers = slices.DeleteFunc(l.plan.ledgers, func(o *ledger) bool { return o == l })
		b.order = slices.DeleteFunc(b.order, func(o *ledger) bool { return o == l })
	}
	return nil
}

// add makes ledgers for what the store holds of the SLOs.
func (b *Book) add(ctx context.Context) error {
	slis, err := b.store.SLIs(ctx)
	if err != nil {
		return err
	}
	for _, p := range b.plans {
		p.ledgers = p.ledgers[:0]
	}
	b.listed = make(map[int64]bool, len(slis))
	for _, i := range slis {
		b.listed[i.ID] = true
		p := b.plans[i.SLO]
		if p == nil {
			continue
		}
		l := b.ledgers[i.ID]
		if l == nil {
			blocks, err := slo.NewBlocks(i.Step, history.BlockSteps)
			if err != nil {
				continue // of a step that nothing writes; it has to be counted
			}
			l = &ledger{sli: i, blocks: blocks}
			b.ledgers[i.ID] = l
			b.order = append(b.order, l)
		}
		l.plan = p
		p.ledgers = append(p.ledgers, l)
	}
	return nil
}
