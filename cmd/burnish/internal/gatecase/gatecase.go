package gatecase

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/ledgers"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// Options say what is asked. Now and Policy are needed; the rest may be left out.
type Options struct {
	Now    time.Time
	Policy gate.Policy
	// Declared are incidents that people declared.
	Declared []noise.Incident
	Change   string
	// Ledgers answer at once for the SLOs that they know of and that lose no budget
	// just now; the source is asked about the others. Nil asks it about all.
	Ledgers *ledgers.Book
	// Canary is what a canary and its baseline are told by; nil for none.
	Canary *Canary
	// Phases are those of a roll-out to plan, and Share what runs the change now.
	// Without phases nothing is planned.
	Phases []float64
	Share  float64
}

// Ask gathers the case of some SLOs. Warnings are the source's.
func Ask(ctx context.Context, src collector.Source, slos []slo.SLO, o Options) (c gate.Case, warnings []string, err error) {
	c = gate.Case{Now: o.Now, Change: o.Change, Declared: declared(o.Declared)}
	rest, err := atOnce(ctx, &c, slos, o)
	if err == nil && len(rest) > 0 {
		warnings, err = count(ctx, src, rest, &c, o)
		inOrder(c.Standings, slos)
	}
	if err != nil {
		return c, warnings, err
	}
	if o.Canary != nil {
		var more []string
		c.Comparisons, more, err = o.Canary.compare(ctx, src, slos, o.Policy.Canary)
		warnings = append(warnings, more...)
		if err != nil {
			return c, warnings, err
		}
	}
	return c, warnings, plan(&c, o)
}

// atOnce takes what the ledgers know, and gives the SLOs that have to be counted: a
// loss may be under way, of which the ledgers don't know where it began.
func atOnce(ctx context.Context, c *gate.Case, slos []slo.SLO, o Options) (rest []slo.SLO, err error) {
	if o.Ledgers == nil {
		return slos, nil
	}
	for _, s := range slos {
		of, err := o.Ledgers.Of(ctx, s, burnWindows([]slo.SLO{s}, o.Policy))
		if err != nil {
			return nil, fmt.Errorf("ask how %s stands: %w", s.ID(), err)
		}
		if len(of) == 0 || slices.ContainsFunc(of, func(g ledgers.Standing) bool { return g.Burning || g.Newest.IsZero() }) {
			rest = append(rest, s)
			continue
		}
		for _, g := range of {
			one := standing(g.SLOGroup)
			one.Newest = earlier(g.Newest, c.Now)
			c.Standings = append(c.Standings, one)
		}
	}
	return rest, nil
}

// inOrder puts what was taken at once and what was counted into the order of the SLOs.
func inOrder(standings []gate.Standing, slos []slo.SLO) {
	place := make(map[string]int, len(slos))
	for i, s := range slos {
		place[s.ID()] = i
	}
	slices.SortStableFunc(standings, func(a, b gate.Standing) int { return place[a.SLO.ID()] - place[b.SLO.ID()] })
}

// count has the source count the events of SLOs.
func count(ctx context.Context, src collector.Source, slos []slo.SLO, c *gate.Case, o Options) (warnings []string, err error) {
	st, warnings, err := pipeline.SLOStatus(ctx, src, slos, pipeline.SLOOptions{Now: o.Now, BurnWindows: burnWindows(slos, o.Policy)})
	if err != nil {
		return warnings, fmt.Errorf("ask how the SLOs stand: %w", err)
	}
	c.Missing = st.Unknown
	for _, g := range st.Groups {
		c.Standings = append(c.Standings, standing(g))
	}
	return warnings, date(ctx, src, slos, dated{c, st.At})
}

// burnWindows are the windows that the limits of any of the SLOs name.
func burnWindows(slos []slo.SLO, p gate.Policy) []time.Duration {
	var out []time.Duration
	for _, s := range slos {
		for _, b := range p.For(s).Burn {
			out = append(out, b.Window)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func standing(g report.SLOGroup) gate.Standing {
	out := gate.Standing{SLO: g.SLO, Status: g.Status, Losses: g.Losses}
	if !g.Group.IsEmpty() {
		out.Group = g.Group.String()
	}
	return out
}

// recently is how far back the newest events are looked for.
const recently = 6 * time.Hour

// dated is a case and the instant of the source's newest sample.
type dated struct {
	*gate.Case
	newest time.Time
}

// date finds how new the events of each standing are.
func date(ctx context.Context, src collector.Source, slos []slo.SLO, c dated) error {
	for _, s := range slos {
		groups, _, err := collector.ReadSLI(ctx, src, s, slo.Interval{From: c.newest.Add(-recently), To: c.newest})
		if err != nil {
			return fmt.Errorf("ask how new the events of %s are: %w", s.ID(), err)
		}
		newest := map[string]time.Time{}
		for _, g := range groups {
			covered := g.Steps.Covered()
			if len(covered) == 0 {
				continue
			}
			name := ""
			if !g.Group.IsEmpty() {
				name = g.Group.String()
			}
			newest[name] = earlier(covered[len(covered)-1].To, c.Now)
		}
		for i := range c.Standings {
			if c.Standings[i].SLO.ID() == s.ID() {
				c.Standings[i].Newest = newest[c.Standings[i].Group]
			}
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// declared are incidents as the gate takes them.
func declared(in []noise.Incident) []gate.Incident {
	var out []gate.Incident
	for _, i := range in {
		out = append(out, gate.Incident{Interval: i.Interval, ID: i.ID, SLO: i.SLO, Service: i.Labels.Get("service")})
	}
	return out
}

// plan plans the roll-out by each SLO whose traffic is known, its groups together.
func plan(c *gate.Case, o Options) error {
	if len(o.Phases) == 0 {
		return nil
	}
	for _, traffic := range traffics(c.Standings) {
		r, err := gate.PlanRollout(traffic.Traffic, o.Phases, o.Share, o.Policy.Canary)
		if err != nil {
			return fmt.Errorf("plan the roll-out by %s: %w", traffic.slo, err)
		}
		r.SLO = traffic.slo
		c.Rollouts = append(c.Rollouts, r)
	}
	return nil
}

type traffic struct {
	gate.Traffic
	slo string
}

// traffics are what each SLO sees in its window: the mean rate of its events while
// they were watched, and their error ratio. One that sees nothing, or nothing but
// errors, is left out.
func traffics(in []gate.Standing) []traffic {
	var order []string
	sums := map[string]slo.Tally{}
	whose := map[string]gate.Standing{}
	for _, s := range in {
		id := s.SLO.ID()
		if _, seen := sums[id]; !seen {
			order = append(order, id)
			whose[id] = s
		}
		t, sum := s.Status.Tally, sums[id]
		sum.Bad, sum.Total, sum.Covered = sum.Bad+t.Bad, sum.Total+t.Total, max(sum.Covered, t.Covered)
		sums[id] = sum
	}
	var out []traffic
	for _, id := range order {
		sum, s := sums[id], whose[id]
		if !sum.Known() || sum.Covered <= 0 || sum.ErrorRatio() >= 1 {
			continue
		}
		out = append(out, traffic{gate.Traffic{
			PerSecond: sum.Total / sum.Covered.Seconds(), Baseline: sum.ErrorRatio(), Budget: s.SLO.Budget(),
			Window: s.SLO.Window.Whole(s.Status.At).Duration(),
		}, id})
	}
	return out
}
