package noise

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Summary is how noisy the alerts of a window were: each rule, the whole, and
// how well the history that says so is known. All counts are of firing starts;
// what Alertmanager made of them is another matter.
type Summary struct {
	Window  slo.Interval
	Options Options // as applied, defaults filled in

	Rules    []RuleStats // the noisiest first; silent ones too where RulesKnown
	KPIs     []KPI       // in the order of a report
	Floods   []Flood     // by time
	FloodFor time.Duration
	Standing []Standing // what has stood longest first
	Severity SeverityMix
	Timeline Timeline // of all rules together

	Episodes    int // began to fire in the window
	CarriedOver int // fired at its start already
	PendingOnly int
	LabelSets   int // alerts that were active
	RulesFired  int // rules with an episode, carried over ones included
	Firing      time.Duration

	// Fleeting, Refires and Flapping are those of all rules together.
	Fleeting, Refires slo.Proportion
	Flapping          int

	Touched      slo.Proportion // firing episodes in which the pipeline had a hand
	Starts, Ends EdgeCounts     // how well the edges of the firing episodes are known
	Spells       []Spell        // clipped to the window
	RulesKnown   bool           // and at least one rule was listed
	HealthKnown  bool
	Markers      bool
	Observed     bool // the source held something by which silence can be told from no data
}

// Summarize measures a window of the history. It is pure, and the order of the
// episodes does not matter. It takes one pass over them and one sort of what
// each rule did: a second or two for a million.
func Summarize(h History, o Options) Summary {
	o = o.withDefaults(h.Window)
	s := Summary{
		Window: o.Window, Options: o,
		RulesKnown: rulesKnown(h), HealthKnown: h.HealthKnown, Markers: h.Markers,
		Spells: clipSpells(h.Spells, o.Window),
	}
	s.Observed = !o.Window.Empty() && (len(h.Episodes) > 0 || s.RulesKnown || s.HealthKnown)
	if o.Window.Empty() {
		s.KPIs = kpis(&s, newTally(History{}, o))
		return s
	}
	t := newTally(h, o)
	episodes := inOrder(h.Episodes)
	t.starts = make([]start, 0, len(episodes))
	for i := range episodes {
		t.add(&episodes[i])
	}
	t.addSilent()
	s.Rules = t.finish()
	s.takeTotals(t)
	s.KPIs = kpis(&s, t)
	return s
}

// inOrder is the episodes ordered by Compare; the argument is left as it is.
func inOrder(episodes []Episode) []Episode {
	if slices.IsSortedFunc(episodes, Compare) {
		return episodes
	}
	return slices.SortedFunc(slices.Values(episodes), Compare)
}

func (s *Summary) takeTotals(t *tally) {
	s.Floods = t.floods()
	for _, f := range s.Floods {
		s.FloodFor += f.Duration()
	}
	s.Standing = t.standing
	sortStanding(s.Standing)
	s.Severity = t.mix
	s.Starts = t.fired
	s.Episodes, s.LabelSets = len(t.starts), len(t.series)
	s.Timeline = t.whole()
	for i := range s.Rules {
		s.takeRule(&s.Rules[i])
	}
	s.Refires.Of = s.Episodes
}

func (s *Summary) takeRule(r *RuleStats) {
	s.CarriedOver += r.CarriedOver
	s.PendingOnly += r.PendingOnly
	s.Firing += r.Firing
	if r.Episodes+r.CarriedOver > 0 {
		s.RulesFired++
	}
	s.Fleeting.Count += r.Fleeting.Count
	s.Fleeting.Of += r.Fleeting.Of
	s.Refires.Count += r.Refires.Count
	s.Flapping += r.Flapping
	s.Touched.Count += r.Touched
	s.Touched.Of += r.Episodes + r.CarriedOver
	s.Ends.sum(r.Ends)
}

// whole is the timeline of all rules together.
func (t *tally) whole() Timeline {
	line := Timeline{Step: t.buckets.step(), Starts: make([]int, t.buckets.n)}
	n := 0
	for i := range t.rows {
		n += len(t.rows[i].spans)
	}
	all := make([]span, 0, n)
	for i := range t.rows {
		all = append(all, t.rows[i].spans...)
		for b, n := range t.rows[i].starts {
			line.Starts[b] += n
		}
	}
	line.Firing = t.buckets.shares(union(all))
	return line
}

func clipSpells(spells []Spell, window slo.Interval) []Spell {
	var out []Spell
	for _, s := range spells {
		if both := s.Intersect(window); !both.Empty() {
			s.Interval = both
			out = append(out, s)
		}
	}
	return out
}

// Coverage is the share of the window in which Prometheus recorded anything;
// known is false where the pipeline's health is not known.
func (s *Summary) Coverage() (share float64, known bool) {
	if !s.HealthKnown || s.Window.Empty() {
		return 0, false
	}
	var out []span
	for _, x := range s.Spells {
		if x.Kind == SpellOutage {
			out = append(out, span{x.From.UnixMilli(), x.To.UnixMilli()})
		}
	}
	return 1 - length(union(out)).Seconds()/s.Window.Duration().Seconds(), true
}

// KPI is the figure with the id, if the summary has it.
func (s *Summary) KPI(id KPIID) (KPI, bool) {
	i := slices.IndexFunc(s.KPIs, func(k KPI) bool { return k.ID == id })
	if i < 0 {
		return KPI{}, false
	}
	return s.KPIs[i], true
}
