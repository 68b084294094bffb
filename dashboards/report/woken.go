package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
)

// How many receivers and rows of incident metrics are shown.
const (
	receiversShown = 12
	metricsShown   = 15
)

// wokenView is who was told, and when.
type wokenView struct {
	Intro, Assumed, Held, More string
	Receivers                  []receiverRow
	Hours                      []hoursRow
}

type receiverRow struct {
	Name                  text
	Notifications, Pages  string
	PerWeek, PagesPerWeek string
	Paging                bool
}

type hoursRow struct {
	What, Count, Deploying string
	Bar                    []segment
	Words                  string
}

// metricsView is the incident metrics.
type metricsView struct {
	Rows    []metricRow
	More    string
	Answers bool // it is known of some how soon, or whether, somebody answered
}

type metricRow struct {
	Name, Group                       text
	Kind                              string
	Incidents, Failures               string
	MTBF, MTTF, MTTR, Detection, MTTA meanView
	Acknowledged                      string
}

type meanView struct{ Mean, Of string }

func newWokenView(in Input) wokenView {
	if in.Judged == nil {
		return wokenView{}
	}
	v := wokenView{}
	if r := in.Judged.Route; r != nil {
		v.takeRoute(in, r)
	} else if in.Judged.Woken != nil {
		v.Intro = "Alertmanager was not replayed, so what was sent is not known: give its configuration. Episodes are counted by when they began to fire."
	}
	for _, h := range []struct {
		what string
		of   *truth.Woken
	}{{whatWoke(in), in.Judged.WokenBy}, {"Episodes", in.Judged.Woken}} {
		if h.of != nil && h.of.All.All() > 0 {
			v.Hours = append(v.Hours, newHoursRow(h.what, h.of.All))
		}
	}
	return v
}

// whatWoke is what moments of being told are counted in: pages, where there are
// any, else notifications. Those that only tell that alerts are over wake nobody.
func whatWoke(in Input) string {
	if in.Judged.Route != nil && slices.ContainsFunc(in.Judged.Route.Receivers, func(c route.Count) bool { return c.Pages > 0 }) {
		return "Pages"
	}
	return "Notifications"
}

func (v *wokenView) takeRoute(in Input, r *route.Result) {
	n, pages := 0, 0
	for _, c := range r.Receivers {
		n, pages = n+c.Notifications, pages+c.Pages
	}
	v.Intro = fmt.Sprintf("Replayed through Alertmanager’s routes, grouping, inhibition and silences, the %s made %s to %s, %s of them pages.",
		length(in.Current.Window), plural(n, "notification"), plural(len(r.Receivers), "receiver"), count(pages))
	if r.Assumed {
		v.Assumed = "No Alertmanager configuration was given, so a default one was replayed: the figures are a guide, not a count."
	}
	if h := r.Held; h.ByInhibition+h.BySilence+h.ByTime > 0 {
		v.Held = fmt.Sprintf("Held back: %s by inhibition, %s by silences, %s by time intervals.", plural(h.ByInhibition, "episode"), count(h.BySilence), count(h.ByTime))
	}
	order := slices.SortedStableFunc(slices.Values(r.Receivers), func(a, b route.Count) int {
		return cmp.Or(cmp.Compare(b.Pages, a.Pages), cmp.Compare(b.Notifications, a.Notifications), cmp.Compare(a.Receiver, b.Receiver))
	})
	perWeek := func(n int) string { return figure(math.Round(r.PerWeek(n)*10) / 10) }
	for _, c := range order[:min(receiversShown, len(order))] {
		v.Receivers = append(v.Receivers, receiverRow{
			Name: newText(c.Receiver, nameLimit), Paging: c.Paging, Notifications: count(c.Notifications), Pages: count(c.Pages),
			PerWeek: perWeek(c.Notifications), PagesPerWeek: perWeek(c.Pages),
		})
	}
	if rest := len(order) - len(v.Receivers); rest > 0 {
		v.More = "Not shown: " + plural(rest, "more receiver") + ". All are in the JSON."
	}
}

func newHoursRow(what string, m truth.Moments) hoursRow {
	row := hoursRow{What: what, Count: count(m.All())}
	from := 0.0
	for _, p := range []struct {
		class, label string
		n            int
	}{{"high", "asleep", m.Asleep}, {"medium", "off hours", m.OffHours}, {"low", "at work", m.AtWork}} {
		w := float64(p.n) / float64(m.All()) * 100
		row.Bar = append(row.Bar, segment{
			Class: p.class, Label: p.label + " " + count(p.n), From: strconv.FormatFloat(from, 'f', 2, 64), Width: strconv.FormatFloat(w, 'f', 2, 64), Wide: w >= 14,
		})
		from += w
	}
	row.Words = fmt.Sprintf("%s: %s while people sleep, %s off hours, %s at work", what, count(m.Asleep), count(m.OffHours), count(m.AtWork))
	if m.Deploying.Known() {
		row.Words += "; " + of(m.Deploying) + " while a deploy was under way"
	}
	if what != "Episodes" {
		row.Words += "; those that only tell that alerts are over are left out"
	}
	row.Words += "."
	return row
}

func newMetricsView(in Input) metricsView {
	if in.judgement() == nil {
		return metricsView{}
	}
	var v metricsView
	rows := slices.DeleteFunc(slices.Clone(in.Judged.Responses), func(r truth.Response) bool { return r.Incidents == 0 })
	slices.SortStableFunc(rows, func(a, b truth.Response) int { return cmp.Compare(metricOrder(&a), metricOrder(&b)) })
	for i := range rows[:min(metricsShown, len(rows))] {
		v.Rows = append(v.Rows, newMetricRow(&rows[i]))
		v.Answers = v.Answers || rows[i].MTTA.Known() || rows[i].Acknowledged.Known()
	}
	if rest := len(rows) - len(v.Rows); rest > 0 {
		v.More = "Not shown: " + plural(rest, "more row") + ". All are in the JSON."
	}
	return v
}

// metricOrder puts services first, then incidents of none, then SLOs.
func metricOrder(r *truth.Response) int {
	switch {
	case r.SLO != "":
		return 2
	case r.Service == "":
		return 1
	}
	return 0
}

func newMetricRow(r *truth.Response) metricRow {
	mean := func(m truth.Mean) meanView {
		text, basis := meanText(m.Mean, m.Count)
		return meanView{text, basis}
	}
	row := metricRow{
		Name: newText(cmp.Or(r.SLO, r.Service, "no service"), nameLimit), Kind: "service", Incidents: count(r.Incidents), Failures: count(r.Failures),
		MTBF: mean(r.MTBF), MTTF: mean(r.MTTF), MTTR: mean(r.MTTR), Detection: mean(r.Detection), MTTA: mean(r.MTTA), Acknowledged: "–",
	}
	if r.SLO != "" {
		row.Kind = "SLO"
	}
	if r.SLO != "" || r.Service == "" {
		row.Group = labelsText(r.Labels, "")
	}
	if r.Acknowledged.Known() {
		row.Acknowledged = of(r.Acknowledged)
	}
	return row
}
