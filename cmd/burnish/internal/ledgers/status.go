package ledgers

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// Standing is one group of an SLO, how it stands, and what happened lately.
type Standing struct {
	report.SLOGroup
	// Newest is the end of the newest step that was looked at; zero where there is
	// none among the recent ones.
	Newest time.Time
	// Burning tells that a step of the last quarter of an hour lost budget faster
	// than the promise allows, so that a loss may be under way.
	Burning bool
}

// Status is how all SLOs stand as of the last refresh, without losses and the course
// of budgets; false before the first.
func (b *Book) Status(ctx context.Context) (out report.SLOStatus, ok bool, err error) {
	at, ok := b.AsOf()
	if !ok {
		return out, false, nil
	}
	b.mtx.Lock()
	defer b.mtx.Unlock()
	out.At = at
	out.Groups = make([]report.SLOGroup, 0, len(b.order))
	for _, s := range b.slos {
		standings, err := b.standings(ctx, s.ID(), b.o.Windows)
		if err != nil {
			return out, false, err
		}
		for _, g := range standings {
			out.Groups = append(out.Groups, g.SLOGroup)
		}
		if len(standings) == 0 {
			out.Unknown = append(out.Unknown, s)
		}
	}
	return out, true, nil
}

// Of is how one SLO stands as of the last refresh, group by group, with the burn
// rates of the given windows; none where the book knows nothing of it.
func (b *Book) Of(ctx context.Context, s slo.SLO, windows []time.Duration) ([]Standing, error) {
	if _, ok := b.AsOf(); !ok {
		return nil, nil
	}
	b.mtx.Lock()
	defer b.mtx.Unlock()
	return b.standings(ctx, s.ID(), windows)
}

// standings is for those who hold mtx.
func (b *Book) standings(ctx context.Context, id string, windows []time.Duration) ([]Standing, error) {
	at, _ := b.AsOf()
	p := b.plans[id]
	if p == nil {
		return nil, nil
	}
	if err := b.open(ctx, p.ledgers, windows, at); err != nil {
		return nil, err
	}
	var out []Standing
	for _, l := range p.ledgers {
		same := func(s Standing) bool { return labels.Equal(s.Group, l.sli.Group) }
		if l.blocks.Interval().Overlaps(p.reach) && !slices.ContainsFunc(out, same) {
			out = append(out, b.standing(l, windows, at))
		}
	}
	slices.SortFunc(out, func(a, b Standing) int { return labels.Compare(a.Group, b.Group) })
	return out, nil
}

// recently is how far back a step may lie by which a loss is under way: losses that
// close are one, and data trail by minutes.
const recently = 15 * time.Minute

func (b *Book) standing(l *ledger, windows []time.Duration, at time.Time) Standing {
	p := l.plan
	b.reader.Read(l.blocks)
	out := Standing{SLOGroup: report.SLOGroup{SLO: *p.slo, Group: l.sli.Group, Exact: l.sli.Exact}}
	out.Status = p.slo.StatusAt(&b.reader, at, slo.StatusOptions{BurnWindows: windows, Basis: forecastBasis, Exclusions: p.excluded})
	steps := l.blocks.Recent(slo.Interval{From: at.Add(-max(recently, 2*l.sli.Step)), To: at})
	for i, known := range steps.Known {
		end := steps.From.Add(time.Duration(i+1) * steps.Step)
		if known && end.After(out.Newest) {
			out.Newest = end
		}
		if steps.Bad[i] > 0 && steps.Bad[i] >= p.slo.Budget()*steps.Total[i]*(1-1e-9) {
			out.Burning = true
		}
	}
	return out
}

// Bytes is about how much memory the ledgers take.
func (b *Book) Bytes() int {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	n := 0
	for _, l := range b.order {
		n += l.blocks.Bytes()
	}
	return n
}
