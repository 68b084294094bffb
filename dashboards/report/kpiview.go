package report

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

type kpiView struct {
	Label, Value, Basis, Benchmark, Source string
	Before                                 string // empty where unknown
	Verdict                                noise.Verdict
	Says                                   string // the verdict in words
	Bullet                                 *bullet
	Trend                                  *trendChart // nil where too few weeks are known
	id                                     noise.KPIID
	unit                                   noise.Unit
}

// headlineKPIs are the figures shown large.
func headlineKPIs() []noise.KPIID {
	return []noise.KPIID{
		noise.KPIPerDay, noise.KPIMostInTen, noise.KPIFlood,
		noise.KPITopTen, noise.KPIStale, noise.KPIShifts,
	}
}

func (v *view) takeKPIs(in Input) {
	byID := map[noise.KPIID]kpiView{}
	for _, k := range in.Current.KPIs {
		row := newKPIView(in, k)
		v.KPIs, byID[k.ID] = append(v.KPIs, row), row
	}
	for _, id := range headlineKPIs() {
		if row, ok := byID[id]; ok {
			v.Figures = append(v.Figures, row)
		}
	}
	v.JudgedBy = "The targets are those of a control-room operator’s alarm console, and this history is not one operator’s pager: take them as a yardstick."
	if in.Current.Window.Duration() < 30*24*time.Hour {
		v.JudgedBy = "ISA-18.2 asks for at least 30 days of data before its targets mean anything. This report spans " + days(in.Current.Window) + ", so most figures stand beside their target without a verdict."
	}
}

// takeTrends puts its course beside each figure.
func (v *view) takeTrends(t *Trends) {
	for i := range v.KPIs {
		k := &v.KPIs[i]
		k.Trend = kpiTrend(t, k.id, k.Label, k.unit)
		v.HasTrends = v.HasTrends || k.Trend != nil
	}
}

func newKPIView(in Input, k noise.KPI) kpiView {
	row := kpiView{
		Label: k.Label, Value: unknown, Basis: denominator(k), Benchmark: benchmark(k), Source: k.Source,
		Verdict: k.Verdict, Says: verdictSays(k.Verdict), Bullet: newBullet(k), id: k.ID, unit: k.Unit,
	}
	if k.Known {
		row.Value = value(k, k.Value)
	}
	if k.Known && k.Verdict == noise.VerdictUnknown {
		row.Says = "too few rules to judge"
	}
	if before, ok := previousKPI(in, k.ID); ok {
		row.Before = value(before, before.Value)
	}
	return row
}

func verdictSays(v noise.Verdict) string {
	switch v {
	case noise.VerdictGood:
		return "meets the target"
	case noise.VerdictAcceptable:
		return "misses the target, keeps the limit"
	case noise.VerdictOver:
		return "over"
	case noise.VerdictTooShort:
		return "too short to judge"
	case noise.VerdictUnknown:
	}
	return unknown
}
