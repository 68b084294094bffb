package exposition

import "github.com/burnish-sre/burnish/dashboards/report"

// quality writes how well the history behind the report is known.
func (b *book) quality(q *report.DataQuality) {
	b.flag("burnish_data_known", !q.NothingKnown)
	b.set("burnish_data_warnings", float64(len(q.Warnings)))
	if q.NothingKnown {
		return
	}
	b.known("burnish_data_coverage_ratio", q.Coverage)
	b.flag("burnish_data_staleness_markers", q.Markers)
	b.flag("burnish_data_rules_known", q.RulesKnown)
	b.set("burnish_data_pipeline_touched_ratio", q.Touched.Ratio())
	b.edges("start", q.StartsKnown)
	b.edges("end", q.EndsKnown)
	if q.HealthKnown {
		b.spells(q.Spells)
	}
}

func (b *book) edges(edge string, n report.Edges) {
	for certainty, n := range map[string]int{
		"exact": n.Exact, "within_interval": n.WithinInterval, "within_gap": n.WithinGap,
		"lost": n.Lost, "cut": n.Cut, "open": n.Open,
	} {
		b.set("burnish_data_edges", float64(n), edge, certainty)
	}
}

func (b *book) spells(all []report.Spell) {
	count, length := map[string]int{}, map[string]float64{}
	for _, s := range all {
		count[string(s.Kind)]++
		length[string(s.Kind)] += s.To.Sub(s.From).Seconds()
	}
	for kind, n := range count {
		b.set("burnish_data_spells", float64(n), kind)
		b.set("burnish_data_spell_seconds", length[kind], kind)
	}
}
