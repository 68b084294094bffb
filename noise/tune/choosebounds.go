package tune

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// restrict leaves a rule that nothing is known of only what is safe without
// truth: to bridge gaps, and to wait a little. That no incident has concerned it
// yet does not tell that its alerts are needless.
func (h *history) restrict(m *menu, s Subject) {
	known := slices.ContainsFunc(m.incidents, func(i int) bool { return h.block(i) >= 0 })
	if h.options.Judged && (known || h.policy == Aggressive) {
		return
	}
	m.unproven = true
	patience := h.patience()
	m.candidates = slices.DeleteFunc(m.candidates, func(c candidate) bool {
		wait := c.change.Shape.For - s.Rule.For
		return !c.today && !c.change.Delete && (slices.Contains(c.change.Remedies, RemedyThreshold) ||
			wait > patience || c.change.Shape.KeepFiringFor < s.Rule.KeepFiringFor)
	})
}

// earn takes from changed forms the incidents that the rule does not tell of in
// time as it is. A rule is changed to be quieter, not to be another detector: that
// an alert at another limit would have met an incident is chance until someone
// asked it to.
func (m *menu) earn() {
	today := m.candidates[0].grades
	for i := range m.candidates {
		for n, g := range today {
			if g < inTime {
				m.candidates[i].grades[n] = min(m.candidates[i].grades[n], g)
			}
		}
	}
}

// fewTrials is how many needless alerts it takes to call a rule useless. After 20
// without a useful one, at most one in seven is of use, at 95% (the rule of three:
// Hanley and Lippman-Hand, JAMA 249, 1983). A certificate that nearly expired once
// tells nothing of the next time.
const fewTrials = 20

// standing is the share of the time from which on a rule that told of nothing is
// one that nobody heeds, however seldom it began to fire.
const standing = 0.9

// thin tells whether a rule that told of no incident in time fired too little to
// be called useless for it. A label that makes an alert of every value is looked
// through.
func (h *history) thin(m *menu) bool {
	useful := slices.ContainsFunc(m.candidates[0].grades, func(g grade) bool { return g >= inTime })
	var window time.Duration
	for _, b := range h.blocks {
		window += b.Duration()
	}
	return !useful && sum(m.candidates[m.plain].outside) < fewTrials && float64(m.firing) < standing*float64(window)
}

// heartbeat tells whether a rule fires by design, to show that alerts get
// through: it reads no series but alerts, or says that it is of no severity.
func (s Subject) heartbeat() bool {
	own := func(metric string) bool { return metric != "ALERTS" && metric != "ALERTS_FOR_STATE" }
	return s.Rule.Severity() == "none" || !slices.ContainsFunc(s.Form.Metrics(), own)
}

// sound tells whether a form is about an incident more often than not, beyond
// chance: of the incidents it told of in time and its episodes outside them. That
// others tell of the same is no reason to quiet such a rule.
func (c *candidate) sound() bool {
	told := 0
	for _, g := range c.grades {
		if g >= inTime {
			told++
		}
	}
	low, _ := slo.Proportion{Count: told, Of: told + sum(c.outside)}.Interval()
	return low > 0.5
}

// mayGo tells whether a rule may be taken out for what it did. For what its text
// proves, see spare.
func (p *problem) mayGo(m *menu) bool {
	return p.policy != Conservative && m.deletion != 0 && !m.unproven && !m.thin
}

// barred tells whether a form is not to be considered, whatever it saves: what
// drops incidents that the rule should keep telling of itself, and what idle
// rules should not become.
func (p *problem) barred(m *menu, at int) bool {
	switch {
	case at == 0:
		return false
	case (p.policy == Conservative || m.sound) && p.drops(m, &m.candidates[at]):
		return true
	case at == m.deletion:
		return !p.mayGo(m)
	case p.stands(m, at):
		return true
	}
	return !m.unproven && !p.helps(m, at) && p.idle(m, at)
}

// idle tells whether a form that tells of no incident in time should not be
// considered. Nothing says where its limit should be, so it keeps today's. It may
// wait longer, as a net for what is worse than anything so far, where other rules
// tell of what it told of. One that told of nothing should be taken out instead,
// if it may; else it may wait longer where that quiets it by half.
func (p *problem) idle(m *menu, at int) bool {
	if slices.Contains(m.candidates[at].change.Remedies, RemedyThreshold) {
		return true
	}
	if p.helps(m, 0) {
		return false
	}
	concerned := 0
	for _, i := range m.incidents {
		if p.weight[i] > 0 {
			concerned++
		}
	}
	quieted := p.noise(&m.candidates[at]) <= p.noise(&m.candidates[0])/2
	return m.thin || !quieted || concerned >= fewIncidents && p.mayGo(m)
}

// lingering is by what share of the time a change may make each alert that ever
// fired stand longer outside incidents than today. What is bridged until it hardly
// ends is not quieter, but stale.
const lingering = 0.1

// stands tells whether a form stands too long.
func (p *problem) stands(m *menu, at int) bool {
	grown := 0.0
	for b, on := range p.blocks {
		if on {
			grown += m.candidates[at].repeats[b] - m.candidates[0].repeats[b]
		}
	}
	const perWeek = float64(7 * 24 * time.Hour / repeatInterval)
	return grown > lingering*perWeek*p.weeks*float64(max(1, m.alerts))
}
