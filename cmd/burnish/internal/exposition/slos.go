package exposition

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// promise is a group of an SLO and how it stands.
type promise struct {
	name, service, team string
	group               string
	objective, window   float64
	coverage            float64
	gone                bool
	errors, left        *float64
	exhaustion          *float64
	burn                map[string]*float64
}

func (p promise) labels() []string { return []string{p.name, p.service, p.group} }

// promises writes how the SLOs stand, those with the least budget left first, as
// far as the bound goes, and what befell them.
func (b *book) promises(s Snapshot) {
	all := promisesOf(s)
	slices.SortStableFunc(all, byAttention)
	shown := all[:min(len(all), b.options.SLOs)]
	for _, p := range shown {
		b.promise(p)
	}
	if len(all) > 0 {
		b.set("burnish_slo_status_timestamp_seconds", float64(asOf(s).UnixMilli())/1000)
		b.set("burnish_slos_hidden", float64(len(all)-len(shown)))
	}
	if s.Report != nil {
		b.recall(s.Report, shown)
		b.incidents(s.Report, shown)
	}
}

// asOf is when the figures of SLOs are from.
func asOf(s Snapshot) time.Time {
	if s.SLOs != nil {
		return s.SLOs.At
	}
	return s.Report.To
}

// byAttention puts the least budget left first and what is not known last.
func byAttention(a, b promise) int {
	if (a.left == nil) != (b.left == nil) {
		return cmp.Compare(orZero(a.left == nil), orZero(b.left == nil))
	}
	least := 0
	if a.left != nil {
		least = cmp.Compare(*a.left, *b.left)
	}
	return cmp.Or(least, cmp.Compare(a.service, b.service), cmp.Compare(a.name, b.name), cmp.Compare(a.group, b.group))
}

func orZero(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (b *book) promise(p promise) {
	of := p.labels()
	b.set("burnish_slo_info", 1, append(of, p.team)...)
	b.set("burnish_slo_objective_ratio", p.objective, of...)
	b.set("burnish_slo_window_seconds", p.window, of...)
	b.set("burnish_slo_coverage_ratio", p.coverage, of...)
	b.known("burnish_slo_error_ratio", p.errors, of...)
	b.known("burnish_slo_budget_remaining_ratio", p.left, of...)
	if p.gone {
		b.set("burnish_slo_exhaustion_seconds", 0, of...)
	} else {
		b.known("burnish_slo_exhaustion_seconds", p.exhaustion, of...)
	}
	for _, w := range slices.Sorted(maps.Keys(p.burn)) {
		b.known("burnish_slo_burn_rate", p.burn[w], append(of, w)...)
	}
}

func promisesOf(s Snapshot) []promise {
	switch {
	case s.SLOs != nil:
		out := make([]promise, 0, len(s.SLOs.Groups))
		for i := range s.SLOs.Groups {
			out = append(out, fromStatus(&s.SLOs.Groups[i]))
		}
		return out
	case s.Report != nil:
		out := make([]promise, 0, len(s.Report.SLOs))
		for i := range s.Report.SLOs {
			out = append(out, fromDocument(&s.Report.SLOs[i]))
		}
		return out
	}
	return nil
}

func fromStatus(g *report.SLOGroup) promise {
	st := g.Status
	p := promise{
		name: g.SLO.Name, service: g.SLO.Service, team: g.SLO.Owner, group: flat(g.Group.Map()),
		objective: g.SLO.Objective, window: g.SLO.Window.Whole(st.At).Duration().Seconds(), coverage: st.Tally.Coverage(),
		gone: st.Exhaustion.Gone, errors: figure(st.ErrorRatio), left: figure(st.BudgetRemaining),
		exhaustion: figure(st.Exhaustion.Best), burn: map[string]*float64{},
	}
	for w, burn := range st.Burn {
		p.burn[model.Duration(w).String()] = figure(burn)
	}
	return p
}

func fromDocument(s *report.SLO) promise {
	return promise{
		name: s.Name, service: s.Service, team: text(s.Owner), group: flat(s.Group),
		objective: s.Objective, window: s.Window, coverage: s.Coverage,
		gone: s.Exhaustion.Gone, errors: s.ErrorRatio, left: s.Remaining, exhaustion: s.Exhaustion.Best, burn: s.BurnRates,
	}
}

func figure(f slo.Figure) *float64 {
	if !f.Known {
		return nil
	}
	return &f.Value
}

// flat is the labels of a group as one value, as in "cluster=eu,zone=b". Real labels
// would have names of the user's choice, which may clash with burnish's own or differ
// between the SLOs of one metric.
func flat(group map[string]string) string {
	parts := make([]string, 0, len(group))
	for _, name := range slices.Sorted(maps.Keys(group)) {
		parts = append(parts, flatEscapes.Replace(name)+"="+flatEscapes.Replace(group[name]))
	}
	return strings.Join(parts, ",")
}

// flatEscapes keeps different groups different.
var flatEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`, "=", `\=`)

// whose is the SLO and group that the labels of an incident or a judgement name:
// they are the group's, and the service where the group has none of that name.
func whose(id string, labels map[string]string, shown map[string]promise) (promise, bool) {
	if p, ok := shown[id+"\xff"+flat(labels)]; ok {
		return p, true
	}
	rest := maps.Clone(labels)
	delete(rest, "service")
	p, ok := shown[id+"\xff"+flat(rest)]
	return p, ok
}

func byKey(shown []promise) map[string]promise {
	out := make(map[string]promise, len(shown))
	for _, p := range shown {
		out[slo.SLO{Service: p.service, Name: p.name}.ID()+"\xff"+p.group] = p
	}
	return out
}

func (b *book) recall(d *report.Document, shown []promise) {
	if d.Truth == nil {
		return
	}
	all := byKey(shown)
	for _, w := range d.Truth.SLOs {
		if p, ok := whose(w.SLO, w.Labels, all); ok {
			b.set("burnish_slo_recall_ratio", w.Recall.Ratio(), p.labels()...)
		}
	}
}

// goesOn is how long ago an incident may have ended and still be open: losses no
// further apart are one, see [slo.LossOptions.Merge].
const goesOn = 10 * time.Minute

// incidents counts what befell each SLO that was watched, and what was declared of
// none of them.
func (b *book) incidents(d *report.Document, shown []promise) {
	all, total, open := byKey(shown), map[string]int{}, map[string]bool{}
	for i := range d.Incidents {
		in := &d.Incidents[i]
		if !in.From.Before(d.To) || !in.To.After(d.From) {
			continue
		}
		key := "" // of no SLO, or of one that has no series
		if p, ok := whose(text(in.SLO), in.Group, all); ok {
			key = strings.Join(p.labels(), "\xff")
		}
		total[key]++
		open[key] = open[key] || in.To.Add(goesOn).After(d.To)
	}
	for _, p := range shown {
		if p.coverage > 0 {
			key := strings.Join(p.labels(), "\xff")
			b.set("burnish_incidents", float64(total[key]), p.labels()...)
			b.flag("burnish_incident_open", open[key], p.labels()...)
		}
	}
	if total[""] > 0 {
		b.set("burnish_incidents", float64(total[""]), "", "", "")
		b.flag("burnish_incident_open", open[""], "", "", "")
	}
}
