package gate

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Standing is one group of an SLO and how it stands.
type Standing struct {
	SLO    slo.SLO
	Group  string // for people; empty without grouping
	Status slo.Status
	// Newest is the instant up to which its events were watched; zero where that is
	// not known.
	Newest time.Time
	// Losses are its loss incidents.
	Losses []slo.Loss
}

// Incident is one that people declared.
type Incident struct {
	slo.Interval
	ID      string
	SLO     string // slo.SLO.ID; may be empty
	Service string // may be empty
}

// concerns tells whether the incident is about the SLO: it names it, or its service,
// or nothing.
func (i Incident) concerns(s slo.SLO) bool {
	if i.SLO != "" {
		return i.SLO == s.ID()
	}
	return i.Service == "" || i.Service == s.Service
}

// Case is what the gate is asked about.
type Case struct {
	Now       time.Time
	Standings []Standing
	// Missing are the SLOs of which the source holds no events.
	Missing []slo.SLO
	// Declared are the incidents that people declared.
	Declared []Incident
	// Change is the kind of change, as Policy.Exempt has them; may be empty.
	Change string
	// Comparisons are how the canary did by the events of each SLO, and Rollouts what
	// is next for it; there may be none.
	Comparisons []Comparison
	Rollouts    []Rollout
}

// openFor is how long after its last bad step a loss still counts as open: losses
// no further apart are one.
const openFor = 10 * time.Minute

// Decide answers whether the change may go out. The same case and policy give the
// same answer.
func Decide(c Case, p Policy) Answer {
	d := deciding{Case: c, policy: p, exempt: c.Change != "" && slices.Contains(p.Exempt, c.Change)}
	d.answer = Answer{At: c.Now.UTC(), Change: c.Change, SLOs: c.names(), Comparisons: c.Comparisons, Rollouts: c.Rollouts}
	if len(d.answer.SLOs) == 0 {
		d.unknown(Reason{Check: CheckData, Text: "No SLO was asked about, so nothing is known."}, p.Limits)
	}
	d.freezes()
	for _, s := range c.Standings {
		d.standing(s)
	}
	for _, s := range c.Missing {
		d.unknown(Reason{Check: CheckData, SLO: s.ID(), Text: "The source holds no events of it."}, p.For(s))
		d.incidents(Standing{SLO: s}, p.For(s))
	}
	for _, x := range c.Comparisons {
		d.canary(x)
	}
	for _, x := range c.Rollouts {
		d.atRisk(x)
	}
	d.duties()
	d.answer.conclude()
	return d.answer
}

func (c Case) names() []string {
	var out []string
	for _, s := range c.Standings {
		out = append(out, s.SLO.ID())
	}
	for _, s := range c.Missing {
		out = append(out, s.ID())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// deciding gathers an answer.
type deciding struct {
	Case
	policy Policy
	exempt bool
	// doubtful says that the figures at hand are of data that are known to be thin or
	// old, which was told.
	doubtful bool
	answer   Answer
}

// judge takes a check that holds or does not.
func (d *deciding) judge(r Reason, holds bool) {
	r.Effect = EffectPass
	if !holds {
		r.Effect = EffectDeny
		if d.exempt {
			r.Effect = EffectWaived
		}
	}
	d.answer.take(r)
}

// unknown takes a check that can't be answered.
func (d *deciding) unknown(r Reason, l Limits) {
	switch {
	case d.exempt:
		r.Effect = EffectWaived
	case l.Unknown == UnknownAllow:
		r.Effect = EffectPass
	case l.Unknown == UnknownWarn:
		r.Effect = EffectWarn
	default:
		r.Effect = EffectDeny
	}
	r.Unknown = true
	d.answer.take(r)
}

// compare takes a check of a figure against a limit; an unknown figure is unknown,
// and one of doubtful data counts where it is bad.
func (d *deciding) compare(r Reason, l Limits, holds func(v float64) bool) {
	switch {
	case !r.Figure.Known:
		d.unknown(r, l)
	case !holds(r.Figure.Value):
		d.judge(r, false)
	case !d.doubtful:
		d.judge(r, true)
	}
}

// standing asks about one group of an SLO. Bad news in doubtful data are believed:
// they hold the change. Good news are not, and the doubt is told once, as what it
// is.
func (d *deciding) standing(s Standing) {
	l := d.policy.For(s.SLO)
	covered, fresh := d.coverage(s, l), d.freshness(s, l)
	at := Reason{SLO: s.SLO.ID(), Group: s.Group}
	d.doubtful = !covered || !fresh
	d.budget(at, s.Status, l)
	d.doubtful = !fresh
	for _, b := range l.Burn {
		d.burn(at, s.Status, b, l)
	}
	d.doubtful = false
	d.incidents(s, l)
}

// coverage tells whether enough of the window was watched.
func (d *deciding) coverage(s Standing, l Limits) bool {
	at := Reason{SLO: s.SLO.ID(), Group: s.Group}
	coverage := at
	coverage.Check, coverage.Unit = CheckCoverage, UnitRatio
	coverage.Figure, coverage.Limit = known(s.Status.Tally.Coverage()), known(l.MinCoverage)
	coverage.Text = coverageText(coverage)
	if coverage.Figure.Value < l.MinCoverage {
		d.unknown(coverage, l)
		return false
	}
	d.judge(coverage, true)
	return true
}

// freshness tells whether the newest data are new enough.
func (d *deciding) freshness(s Standing, l Limits) bool {
	if l.MaxAge <= 0 {
		return true
	}
	age := Reason{SLO: s.SLO.ID(), Group: s.Group}
	age.Check, age.Unit, age.Limit = CheckFreshness, UnitSeconds, known(l.MaxAge.Seconds())
	if !s.Newest.IsZero() {
		age.Figure = known(max(0, d.Now.Sub(s.Newest).Seconds()))
	}
	age.Text = ageText(age)
	if !age.Figure.Known || age.Figure.Value > l.MaxAge.Seconds() {
		d.unknown(age, l)
		return false
	}
	d.judge(age, true)
	return true
}

func (d *deciding) budget(at Reason, st slo.Status, l Limits) {
	left := at
	left.Check, left.Unit, left.Figure, left.Limit = CheckBudget, UnitRatio, st.BudgetRemaining, known(l.MinRemaining)
	left.Text = budgetText(left)
	d.compare(left, l, func(v float64) bool { return v > l.MinRemaining || v == l.MinRemaining && v > 0 })
	if l.MinLasts <= 0 {
		return
	}
	lasts := at
	lasts.Check, lasts.Unit, lasts.Limit = CheckLasts, UnitSeconds, known(l.MinLasts.Seconds())
	e := st.Exhaustion
	switch {
	case e.Gone:
		lasts.Figure = known(0)
	case e.Known && e.Best.Known:
		lasts.Figure = e.Best
	case e.Known:
		lasts.Text = "At the present pace the budget lasts beyond what can be foretold."
		lasts.Figure = known(l.MinLasts.Seconds())
		d.judge(lasts, true)
		return
	}
	lasts.Text = lastsText(lasts)
	d.compare(lasts, l, func(v float64) bool { return v >= l.MinLasts.Seconds() })
}

func (d *deciding) burn(at Reason, st slo.Status, b BurnLimit, l Limits) {
	at.Check, at.Unit, at.Figure, at.Limit = CheckBurn, UnitBurn, st.Burn[b.Window], known(b.Max)
	at.Text = burnText(at, b.Window)
	d.compare(at, l, func(v float64) bool { return v < b.Max })
}

func (d *deciding) incidents(s Standing, l Limits) {
	var open []string
	for _, x := range s.Losses {
		if !x.From.After(d.Now) && d.Now.Sub(x.To) < openFor {
			open = append(open, x.ID)
		}
	}
	for _, x := range d.Declared {
		if x.concerns(s.SLO) && x.Contains(d.Now) {
			open = append(open, x.ID)
		}
	}
	r := Reason{
		Check: CheckIncidents, SLO: s.SLO.ID(), Group: s.Group, Unit: UnitCount,
		Figure: known(float64(len(open))), Limit: known(float64(l.MaxOpen)),
	}
	r.Text = incidentsText(open)
	d.judge(r, len(open) <= l.MaxOpen)
}
