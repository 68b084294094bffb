package gate

import (
	"slices"

	"github.com/burnish-sre/burnish/slo"
)

// services are those of the SLOs asked about.
func (d *deciding) services() []string {
	var out []string
	for _, s := range d.Standings {
		out = append(out, s.SLO.Service)
	}
	for _, s := range d.Missing {
		out = append(out, s.Service)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (d *deciding) freezes() {
	services := d.services()
	frozen := false
	for _, f := range d.policy.Freezes {
		at, on := f.At(d.Now)
		if !on || !f.covers(services) {
			continue
		}
		frozen = true
		if at.To.After(d.answer.OpensAt) {
			d.answer.OpensAt = at.To
		}
		d.judge(Reason{
			Check: CheckFreeze, Unit: UnitSeconds, Figure: known(at.To.Sub(d.Now).Seconds()), Limit: known(0), Text: freezeText(f, at),
		}, false)
	}
	if !frozen && len(d.policy.Freezes) > 0 {
		d.judge(Reason{Check: CheckFreeze, Unit: UnitSeconds, Figure: known(0), Limit: known(0), Text: "No freeze is on."}, true)
	}
}

// canary takes the comparison. An exemption does not help a canary that is worse:
// a fix that breaks more is no fix.
func (d *deciding) canary(c Comparison) {
	r := Reason{Check: CheckCanary, SLO: c.SLO, Unit: UnitRatio, Figure: c.Canary.Ratio(), Limit: c.Baseline.Ratio(), Text: canaryText(c)}
	switch c.Verdict {
	case CanaryWorse:
		r.Effect = EffectDeny
		d.answer.take(r)
	case CanaryTooLittle, CanaryUnknown:
		d.unknown(r, d.policy.Limits)
	case CanaryBetter, CanaryNoEvidence:
		d.judge(r, true)
	}
}

// atRisk asks whether the next phase puts too much at risk: more than the policy
// allows, or more than is left of the budget.
func (d *deciding) atRisk(x Rollout) {
	next := x.NextPhase()
	if next == nil {
		return
	}
	limit := d.policy.Limits.MaxAtRisk
	for _, s := range d.Standings {
		if x.SLO != "" && x.SLO != s.SLO.ID() {
			continue
		}
		limit = d.policy.For(s.SLO).MaxAtRisk
		if left := s.Status.BudgetRemaining; left.Known {
			limit = min(limit, max(0, left.Value))
		}
	}
	r := Reason{Check: CheckAtRisk, SLO: x.SLO, Unit: UnitRatio, Limit: known(limit), Text: atRiskText(*next, limit)}
	if next.Possible {
		r.Figure = known(next.AtRisk)
	}
	d.compare(r, d.policy.Limits, func(v float64) bool { return v <= limit })
}

// duties are those of the lowest budget, each once.
func (d *deciding) duties() {
	lowest := slo.Figure{}
	for _, s := range d.Standings {
		left := s.Status.BudgetRemaining
		if left.Known && (!lowest.Known || left.Value < lowest.Value) {
			lowest = left
		}
	}
	if !lowest.Known {
		return
	}
	for _, duty := range d.policy.Duties {
		if lowest.Value < duty.Below || lowest.Value == 0 && duty.Below == 0 {
			d.answer.Duties = append(d.answer.Duties, duty)
		}
	}
	slices.SortStableFunc(d.answer.Duties, func(a, b Duty) int {
		switch {
		case a.Below > b.Below:
			return -1
		case a.Below < b.Below:
			return 1
		}
		return 0
	})
}
