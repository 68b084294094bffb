package gate

import (
	"path"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/strict"
)

// PolicySchema is what the version of a policy's text has to be.
const PolicySchema = "burnish/gate-policy/v1"

// Zones finds a time zone by its IANA name, as time.LoadLocation does.
type Zones func(name string) (*time.Location, error)

var (
	limitKeys  = []string{"budget", "burn", "incidents", "data", "unknown", "max_at_risk"}
	policyKeys = append([]string{"version", "overrides", "freeze", "duties", "exempt", "canary", "phases"}, limitKeys...)
)

// ParsePolicy reads a policy. What it leaves out is as in DefaultPolicy. The error
// joins everything that is wrong, each fault with file, line and column.
func ParsePolicy(file string, text []byte, zones Zones) (Policy, error) {
	if zones == nil {
		zones = time.LoadLocation
	}
	m, r := strict.Open(file, text, "policy", policyKeys)
	p := DefaultPolicy()
	if v := m.Needed("version"); v != "" && v != PolicySchema {
		m.Fail("version", "%.60q is not %s", v, PolicySchema)
	}
	p.Limits = readLimits(m, p.Limits)
	for _, o := range m.Each("overrides", "override", append([]string{"slo", "tier"}, limitKeys...)) {
		p.Overrides = append(p.Overrides, readOverride(o, p.Limits))
	}
	for _, f := range m.Each("freeze", "freeze", []string{"name", "reason", "from", "to", "rrule", "start", "duration", "time_zone", "services"}) {
		p.Freezes = append(p.Freezes, readFreeze(f, zones))
	}
	readDuties(m, &p)
	if m.Has("exempt") {
		p.Exempt = m.Texts("exempt")
	}
	p.Canary = readCanary(m.Child("canary", []string{"alpha", "power", "times", "burn", "clumping"}), p.Canary)
	readPhases(m, &p)
	if err := r.Err(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

func readLimits(m *strict.Mapping, l Limits) Limits {
	share := strict.Range{Least: 0, Most: 1}
	budget := m.Child("budget", []string{"min_remaining", "min_lasts"})
	l.MinRemaining = budget.Ratio("min_remaining", l.MinRemaining, strict.Range{Least: -100, Most: 1})
	l.MinLasts = budget.Duration("min_lasts", l.MinLasts)
	if m.Has("burn") {
		l.Burn = nil
		for _, b := range m.Each("burn", "burn", []string{"window", "max"}) {
			l.Burn = append(l.Burn, readBurn(b))
		}
	}
	l.MaxOpen = m.Child("incidents", []string{"max_open"}).Count("max_open", l.MaxOpen, 0)
	data := m.Child("data", []string{"min_coverage", "max_age"})
	l.MinCoverage = data.Ratio("min_coverage", l.MinCoverage, share)
	l.MaxAge = data.Duration("max_age", l.MaxAge)
	if m.Has("unknown") {
		l.Unknown = Unknown(m.OneOf("unknown", string(UnknownDeny), string(UnknownWarn), string(UnknownAllow)))
	}
	l.MaxAtRisk = m.Ratio("max_at_risk", l.MaxAtRisk, strict.Range{Least: 0, Most: 100})
	return l
}

func readBurn(m *strict.Mapping) BurnLimit {
	out := BurnLimit{Window: m.Duration("window", 0), Max: m.Number("max", 0, strict.Range{Least: 0, Most: 1e9})}
	if out.Window <= 0 || out.Window > 90*24*time.Hour {
		m.Fail("window", "a duration over 0 and up to 90d is needed, as in 1h")
	}
	if out.Max <= 0 {
		m.Fail("max", "a burn rate over 0 is needed, as in 14.4")
	}
	return out
}

func readOverride(m *strict.Mapping, l Limits) Override {
	o := Override{SLO: m.Text("slo"), Tier: m.Text("tier"), Limits: readLimits(m, l)}
	if o.SLO == "" && o.Tier == "" {
		m.Fail("", "slo or tier is missing: which SLOs is it for?")
	}
	if _, err := path.Match(o.SLO, ""); err != nil {
		m.Fail("slo", "%.60q is no pattern such as checkout/*", o.SLO)
	}
	return o
}

func readFreeze(m *strict.Mapping, zones Zones) Freeze {
	f := Freeze{Name: m.Needed("name"), Reason: m.Text("reason"), Rule: m.Text("rrule"), Services: m.Texts("services"), Zone: time.UTC}
	if name := m.Text("time_zone"); name != "" {
		zone, err := zones(name)
		if err != nil || name == "Local" {
			m.Fail("time_zone", "%.60q is no time zone such as Europe/Berlin", name)
		} else {
			f.Zone = zone
		}
	}
	if f.Rule == "" {
		f.Interval = slo.Interval{From: readTime(m, "from", f.Zone), To: readTime(m, "to", f.Zone)}
		if !f.Interval.From.IsZero() && !f.Interval.To.IsZero() && f.Interval.Empty() {
			m.Fail("to", "it is not after from")
		}
		return f
	}
	f.Start, f.Duration = readTime(m, "start", f.Zone), m.Duration("duration", 0)
	if m.Has("from") || m.Has("to") {
		m.Fail("rrule", "a recurring freeze has start and duration, not from and to")
	}
	if err := f.check(); err != nil {
		m.Fail("rrule", "%v", err)
	}
	return f
}

// readTime reads a time: RFC 3339, or without an offset in the freeze's zone.
func readTime(m *strict.Mapping, key string, zone *time.Location) time.Time {
	text := m.Needed(key)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		t, err := time.ParseInLocation(layout, text, zone)
		if err == nil && t.Year() >= 1970 && t.Year() < 2200 {
			return t.UTC()
		}
	}
	m.Fail(key, "%.60q is not a time: write 2026-12-24T00:00:00Z, or 2026-12-24T00:00 in the freeze's time zone", text)
	return time.Time{}
}

func readDuties(m *strict.Mapping, p *Policy) {
	if !m.Has("duties") {
		return
	}
	p.Duties = nil
	for _, d := range m.Each("duties", "duty", []string{"below", "who", "does"}) {
		if !d.Has("below") {
			d.Fail("", "below is missing: the share of the budget, as in 25%%")
		}
		p.Duties = append(p.Duties, Duty{
			Below: d.Ratio("below", 0, strict.Range{Least: -100, Most: 1}), Who: d.Needed("who"), Does: d.Needed("does"),
		})
	}
}

func readCanary(m *strict.Mapping, s Sensitivity) Sensitivity {
	s.Alpha = m.Ratio("alpha", s.Alpha, strict.Range{Least: 1e-9, Most: 0.49})
	s.Power = m.Ratio("power", s.Power, strict.Range{Least: 0.01, Most: 0.9999})
	s.Times = m.Number("times", s.Times, strict.Range{Least: 1, Most: 1e6})
	s.Burn = m.Number("burn", s.Burn, strict.Range{Least: 1e-6, Most: 1e6})
	s.Clumping = m.Number("clumping", s.Clumping, strict.Range{Least: 1, Most: 1e6})
	return s
}

func readPhases(m *strict.Mapping, p *Policy) {
	if !m.Has("phases") {
		return
	}
	phases, err := ParseShares(m.Texts("phases"))
	if err != nil || !slices.IsSorted(phases) {
		m.Fail("phases", "want growing shares of the traffic, such as [1%%, 10%%, 100%%]")
		return
	}
	p.Phases = phases
}
