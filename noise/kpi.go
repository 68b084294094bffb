package noise

import (
	"time"
)

// KPIID names a figure; ids are stable.
type KPIID string

// The figures for the whole of a window.
const (
	KPIPerDay         KPIID = "episodes_per_day"
	KPIPerHour        KPIID = "episodes_per_hour"
	KPIPerTenMinutes  KPIID = "episodes_per_ten_minutes"
	KPIBusyHours      KPIID = "busy_hours"
	KPIBusyTenMinutes KPIID = "busy_ten_minutes"
	KPIMostInTen      KPIID = "most_in_ten_minutes"
	KPIFlood          KPIID = "time_in_flood"
	KPITopTen         KPIID = "top_ten_share"
	KPINuisance       KPIID = "flapping_or_fleeting_rules"
	KPIStale          KPIID = "stale_on_worst_day"
	KPIStanding       KPIID = "standing_now"
	KPIHighSeverity   KPIID = "high_severity_share"
	KPIRaisedSeverity KPIID = "high_and_medium_severity_share"
	KPIShifts         KPIID = "shifts_over_two_incidents"
)

// Verdict says what a figure is against the benchmark it is judged by.
type Verdict string

// The verdicts.
const (
	VerdictGood       Verdict = "good"       // meets the target
	VerdictAcceptable Verdict = "acceptable" // misses the target, keeps the limit
	VerdictOver       Verdict = "over"       // breaks the limit, or the target where there is no limit
	VerdictTooShort   Verdict = "too_short"  // the window is too short to judge
	VerdictUnknown    Verdict = "unknown"    // there is no figure, or none that can be judged
)

// Unit is what a figure counts.
type Unit string

// The units. A ratio is in [0,1].
const (
	UnitEpisodes Unit = "episodes"
	UnitRatio    Unit = "ratio"
	UnitRules    Unit = "rules"
	UnitAlerts   Unit = "alerts"
	UnitShifts   Unit = "shifts"
)

// KPI is one figure for the whole, beside the figure it is judged by.
type KPI struct {
	ID    KPIID
	Label string
	Known bool    // without it Value is nothing
	Value float64 // in Unit
	Unit  Unit

	// Target and Limit are nil where the source names none. A figure meets them
	// at or under; where Below is set, only under.
	Target, Limit *float64
	Below         bool
	Verdict       Verdict

	// Count is the numerator and Of the denominator, in OfUnit; a figure that
	// is no share is over or at the end of Of. Of is 0 where there is none.
	Count  float64
	Of     float64
	OfUnit string

	Source string // of the target and the limit
}

// The sources of the benchmarks.
const (
	sourceISA  = "ISA-18.2-2016 clause 16; IEC 62682"
	sourceHSE  = "EEMUA 191, as quoted in HSE CHIS 6"
	sourceBoth = sourceISA + "; " + sourceHSE
	sourceSRE  = "Site Reliability Engineering (Google), Being On-Call"
)

// enoughToJudge is the least data that ISA-18.2 asks for before its targets
// mean anything.
const enoughToJudge = 30 * 24 * time.Hour

const (
	shift           = 12 * time.Hour
	longestIncident = 4 * time.Hour // of pages without a pause
	incidentsAShift = 2
	busyHour        = 30 // starts in an hour
	busyTenMinutes  = 10 // starts in ten minutes
)

// kpis measures the whole. The tally has been finished.
func kpis(s *Summary, t *tally) []KPI {
	out := append(rates(s, t), shares(s, t)...)
	out = append(out, counts(s, t)...)
	out = append(out, severities(s)...)
	out = append(out, shifts(s, t))
	for i := range out {
		k := &out[i]
		k.Known = k.Known && s.Observed
		if k.Verdict == "" {
			k.Verdict = k.judge(s.Window.Duration() >= enoughToJudge || k.ID == KPIShifts)
		}
	}
	return out
}

func (k *KPI) judge(longEnough bool) Verdict {
	switch {
	case !k.Known:
		return VerdictUnknown
	case !longEnough:
		return VerdictTooShort
	case k.keeps(k.Target):
		return VerdictGood
	case k.keeps(k.Limit):
		return VerdictAcceptable
	}
	return VerdictOver
}

func (k *KPI) keeps(bound *float64) bool {
	switch {
	case bound == nil:
		return false
	case k.Below:
		return k.Value < *bound
	}
	return k.Value <= *bound
}

// rates are the means over the window.
func rates(s *Summary, t *tally) []KPI {
	rate := func(id KPIID, label string, per time.Duration, ofUnit string) KPI {
		n := s.Window.Duration().Hours() / per.Hours()
		k := KPI{ID: id, Label: label, Unit: UnitEpisodes, Count: float64(s.Episodes), Of: n, OfUnit: ofUnit, Source: sourceBoth}
		if n > 0 {
			k.Known, k.Value = true, float64(s.Episodes)/n
		}
		return k
	}
	day := rate(KPIPerDay, "Episodes per day", 24*time.Hour, "days")
	day.Target, day.Limit = new(144.0), new(288.0)
	hour := rate(KPIPerHour, "Episodes per hour", time.Hour, "hours")
	hour.Target, hour.Limit = new(6.0), new(12.0)
	ten := rate(KPIPerTenMinutes, "Episodes per 10 minutes", 10*time.Minute, "ten-minute periods")
	ten.Target, ten.Limit = new(1.0), new(2.0)
	most := KPI{
		ID: KPIMostInTen, Label: "Most starts in any 10 minutes", Unit: UnitEpisodes, Known: true,
		Value: float64(mostInTen(t.starts)), Target: new(10.0),
		Of: day.Of, OfUnit: "days", Source: sourceBoth,
	}
	most.Count = most.Value
	return []KPI{day, hour, ten, most}
}

// shares are the parts of the window and of the episodes.
func shares(s *Summary, t *tally) []KPI {
	share := func(id KPIID, label string, count, of float64) KPI {
		k := KPI{ID: id, Label: label, Unit: UnitRatio, Count: count, Of: of, Below: true, Target: new(0.01), Source: sourceISA}
		if of > 0 {
			k.Known, k.Value = true, count/of
		}
		return k
	}
	hours, busyHours := t.busy(time.Hour, busyHour)
	hour := share(KPIBusyHours, "Hours with more than 30 starts", busyHours, hours)
	hour.OfUnit = "hours"
	tens, busyTens := t.busy(10*time.Minute, busyTenMinutes)
	ten := share(KPIBusyTenMinutes, "10-minute periods with more than 10 starts", busyTens, tens)
	ten.OfUnit = "ten-minute periods"
	flood := share(KPIFlood, "Time in flood", s.FloodFor.Hours(), s.Window.Duration().Hours())
	flood.OfUnit = "hours"
	top := share(KPITopTen, "Share of the 10 noisiest rules", float64(topTen(s.Rules)), float64(s.Episodes))
	top.OfUnit, top.Below, top.Limit = "episodes", false, new(0.05)
	if s.RulesFired <= 10 {
		top.Verdict = VerdictUnknown // ten of ten are always all
	}
	return []KPI{hour, ten, flood, top}
}

// busy counts the periods of the window, the last one perhaps cut short, and
// those of them with more starts than the limit.
func (t *tally) busy(period time.Duration, limit int) (periods, busy float64) {
	ms := period.Milliseconds()
	last, n := int64(-1), 0
	for _, s := range t.starts {
		if at := (s.at - t.from) / ms; at != last {
			last, n = at, 0
		}
		if n++; n == limit+1 {
			busy++
		}
	}
	return float64((t.to - t.from + ms - 1) / ms), busy
}

func topTen(noisiestFirst []RuleStats) (episodes int) {
	for _, r := range noisiestFirst[:min(10, len(noisiestFirst))] {
		episodes += r.Episodes
	}
	return episodes
}

// counts are the rules and alerts that should not be there.
func counts(s *Summary, t *tally) []KPI {
	nuisance := 0
	for i := range s.Rules {
		if s.Rules[i].Nuisance() {
			nuisance++
		}
	}
	count := func(id KPIID, label string, value int, target float64) KPI {
		return KPI{ID: id, Label: label, Known: true, Value: float64(value), Count: float64(value), Target: &target}
	}
	flap := count(KPINuisance, "Flapping or fleeting rules", nuisance, 0)
	flap.Unit, flap.Of, flap.OfUnit, flap.Source = UnitRules, float64(s.RulesFired), "rules that fired", sourceISA
	stale := count(KPIStale, "Stale alerts on the worst day", t.stale.worst(), 5)
	stale.Unit, stale.Below, stale.Source = UnitAlerts, true, sourceISA
	stale.Of, stale.OfUnit = float64(len(t.stale.counts)), "calendar days"
	standing := count(KPIStanding, "Alerts standing at the end", len(s.Standing), 10)
	standing.Unit, standing.Below, standing.Source = UnitAlerts, true, "EEMUA 191"
	standing.Of, standing.OfUnit = float64(s.LabelSets), "alerts that were active"
	return []KPI{flap, stale, standing}
}

// Nuisance tells whether the rule flapped, or at least half and at least three
// of its episodes with known ends were fleeting.
func (r *RuleStats) Nuisance() bool {
	return r.Flapping > 0 || (r.Fleeting.Count >= 3 && 2*r.Fleeting.Count >= r.Fleeting.Of)
}

// severities are the mix, as two figures that should stay small: the 80/15/5 of
// the standards says at most 5% high, and at most 20% high and medium together.
func severities(s *Summary) []KPI {
	of := s.Severity.Classified()
	mix := func(id KPIID, label string, count int, target float64) KPI {
		k := KPI{
			ID: id, Label: label, Unit: UnitRatio, Target: &target,
			Count: float64(count), Of: float64(of), OfUnit: "episodes with a known severity", Source: sourceBoth,
		}
		if of > 0 {
			k.Known, k.Value = true, float64(count)/float64(of)
		}
		return k
	}
	return []KPI{
		mix(KPIHighSeverity, "Share of high severity", s.Severity.High, 0.05),
		mix(KPIRaisedSeverity, "Share of high and medium severity", s.Severity.High+s.Severity.Medium, 0.20),
	}
}

// shifts counts the whole 12-hour shifts of the window in which more than two
// incidents began: high-severity starts, those with no more than Options.PageGap
// between one and the next taken together. An incident that goes on like that
// counts anew every four hours, so that alerts without a pause are not one.
func shifts(s *Summary, t *tally) KPI {
	n := (t.to - t.from) / shift.Milliseconds()
	k := KPI{
		ID: KPIShifts, Label: "12-hour shifts with more than 2 incidents", Unit: UnitShifts, Target: new(0.0),
		Of: float64(n), OfUnit: "whole shifts", Source: sourceSRE,
	}
	// Where no severity is understood, nobody can tell what pages.
	k.Known = s.Severity.Classified() > 0 || s.Episodes == 0
	if n <= 0 {
		k.Known = false
		return k
	}
	perShift := make([]int, n+1) // the last holds what begins after the whole shifts
	first, last := int64(-1), int64(-1)
	for _, x := range t.starts {
		if !x.high {
			continue
		}
		if last < 0 || x.at-last > s.Options.PageGap.Milliseconds() || x.at-first >= longestIncident.Milliseconds() {
			perShift[min(n, (x.at-t.from)/shift.Milliseconds())]++
			first = x.at
		}
		last = x.at
	}
	over := 0
	for _, incidents := range perShift[:n] {
		if incidents > incidentsAShift {
			over++
		}
	}
	k.Value, k.Count = float64(over), float64(over)
	return k
}
