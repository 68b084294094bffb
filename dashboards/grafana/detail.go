package grafana

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// detail shows one SLO: the one that variables choose, or the given one.
func (g generator) detail(p *promise) Dashboard {
	s, b := g.single(p), &board{}
	b.add(s.detailFigures()...)
	b.row("Budget")
	b.add(s.burnDown(), s.rolling())
	b.row("Burn rates and what alerts on them")
	b.add(s.burnRates()...)
	b.row("Events")
	b.add(s.events()...)
	b.row("Alerts and incidents")
	b.add(s.told()...)
	out := page{
		name: detailsName, uid: g.uid(detailsName), title: "SLO detail", from: "now-24h", refresh: "1m", tags: []string{"slo"},
		about:       "One objective: its budget, how fast it burns beside what its alerts fire at, its events, and what alerts told of it.",
		annotations: g.annotations(s), variables: s.variables(p, true),
	}
	if p != nil {
		out.name, out.uid = detailName(p), detailUID(g.options.UIDPrefix, p)
		out.title = literally("SLO " + p.ID())
		out.about = literally(cmp.Or(p.Description, out.about))
		out.links = linksOf(p)
	}
	if at := g.pageOf(p); at != "" {
		out.links = append(out.links, outside("burnish: this SLO", at, "Incidents, the course of the budget, and which alerts told of it"))
	}
	return g.model(out, b)
}

// pageOf is burnish's own page of an SLO, as its address.
func (g generator) pageOf(p *promise) string {
	switch {
	case g.options.PageURL == "":
		return ""
	case p != nil:
		return g.options.PageURL + strings.ReplaceAll("/slos/"+url.PathEscape(p.Service)+"/"+url.PathEscape(p.Name), "$", "%24")
	case g.names.service == "":
		return g.options.PageURL + "/slos"
	}
	return g.options.PageURL + "/slos/${service:percentencode}/${slo:percentencode}"
}

// linksOf lead to what the definition of an SLO names.
func linksOf(p *promise) []dashboard.DashboardLink {
	var out []dashboard.DashboardLink
	for _, to := range []struct{ title, url string }{{"Runbook", p.Runbook}, {"Dashboard", p.Dashboard}} {
		if url := webAddress(to.url); url != "" {
			out = append(out, outside(to.title, url, "What the definition of the SLO names"))
		}
	}
	return out
}

func (s subject) detailFigures() []dashboard.Panel {
	tile := func(p panel) dashboard.Panel {
		p.width, p.noValue = 4, "unknown"
		return figure(p)
	}
	budget := s.budget()
	return []dashboard.Panel{
		tile(panel{
			title: "Budget left", about: "What is left of the error budget of the SLO's window, each group for itself. Under 0 it is overspent.",
			unit: "percentunit", decimals: new(1.0), steps: budgetSteps(), queries: []query{now(budget, s.legend(""))},
		}),
		tile(panel{
			title: "Good events", about: "Share of good events in the SLO's window.", unit: "percentunit", decimals: new(3.0), steps: from(plain),
			queries: []query{now(s.good(), s.legend(""))},
		}),
		tile(panel{
			title: "Objective", about: "The share of good events that was promised.", unit: "percentunit", decimals: new(3.0), steps: from(plain),
			queries: []query{now(s.objective(), "objective")},
		}),
		tile(panel{
			title: "Burn rate, last hour", about: "How fast the budget burns: 1 spends exactly the budget over the window.",
			unit: "short", decimals: new(2.0), steps: from(good, at(justOver(1), watch), at(6, bad)), queries: []query{now(s.burn(time.Hour), s.legend(""))},
		}),
		figure(panel{
			title: "Gone in", about: "How long the budget lasts at the last hour's burn rate. Nothing is shown where nothing burns.", width: 4, noValue: "not burning",
			unit: "s", steps: from(bad, at(1, watch), at(threeDays.Seconds(), good)), queries: []query{now(s.exhausted(), s.legend(""))},
		}),
		tile(panel{
			title: "Incidents", about: "Loss incidents in the window of burnish's report.", unit: "none", steps: from(plain),
			queries: []query{now("max by (group) (burnish_incidents{"+s.own+"})", "{{group}}")},
		}),
	}
}

// beginning is the start of the time shown, to the last five minutes.
const beginning = "scalar(last_over_time(vector(time())[5m:5m] @ start()))"

// burnDown is the budget that the time shown spent, beside an even spend.
func (s subject) burnDown() dashboard.Panel {
	p := panel{
		title: "Burn-down of the time shown", width: 12, unit: "percentunit", decimals: new(0.0), max: new(1.0), steps: from(bad, at(0, plain)),
		about: "What would be left of the whole budget if it had been full when the time shown began. The dashed grey line spends it evenly: above it, the budget lasts the window. " +
			"Show the whole window to see where the budget went.",
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{dashed("^even spend.*", "#8e8e8e")},
	}
	for _, d := range periods(s.promises) {
		p.queries = append(p.queries,
			over(s.left(d), s.legend("left")),
			over("1 - (time() - "+beginning+") / "+number(d.Seconds())+" + 0 * max("+s.period(d)+")", "even spend over "+length(d)))
	}
	return graph(p, drawing{thresholds: true, softMin: new(0.0)})
}

// rolling is the budget as it stands at each time.
func (s subject) rolling() dashboard.Panel {
	return graph(panel{
		title: "Budget left", width: 12, unit: "percentunit", decimals: new(0.0), max: new(1.0), steps: from(bad, at(0, plain)),
		about:   "What was left of the budget of the window that ended at each time. It rises when an old loss leaves the window. Under the dashed line it is overspent.",
		queries: []query{over(s.budget(), s.legend("left"))},
	}, drawing{thresholds: true, softMin: new(0.0)})
}

func (s subject) events() []dashboard.Panel {
	sli := graph(panel{
		title: "Good events", width: 12, unit: "percentunit", max: new(1.0), steps: from(plain),
		about: "Share of good events over five minutes and over an hour, and the objective. Where no event happened there is no line.",
		queries: []query{
			over("1 - "+s.ratio(5*time.Minute), s.legend("over 5m")), over("1 - "+s.ratio(time.Hour), s.legend("over 1h")), over(s.objective(), "objective"),
		},
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{dashed("^objective$", bad)},
	}, drawing{})
	if s.first().names.traffic == nil {
		return []dashboard.Panel{sli}
	}
	return []dashboard.Panel{sli, graph(panel{
		title: "Events", width: 12, unit: "cps", min: new(0.0), steps: from(plain),
		about:   "All events a second. A ratio of few events says little.",
		queries: []query{over(s.traffic(), s.legend("all")), over("("+s.traffic()+") * ("+s.ratio(5*time.Minute)+")", s.legend("bad"))},
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{
			like("^bad.*", property("color", map[string]any{"mode": "fixed", "fixedColor": bad})),
		},
	}, drawing{})}
}

// told is what fired, and what burnish makes of it.
func (s subject) told() []dashboard.Panel {
	by := strings.Join(append([]string{"alertname"}, s.groups...), ", ")
	return []dashboard.Panel{
		states(panel{
			title: "Alerts", width: 12, unit: "short", noValue: "No alert of the SLO fired.", steps: from(good, at(1, watch), at(2, bad)), mappings: severityWords(),
			about: "When the burn-rate alerts of the SLO fired: 2 is a page, 1 a ticket.",
			queries: []query{over("2 * max by ("+by+") ("+s.alerts("page")+")\nor\nmax by ("+by+") ("+s.alerts("ticket")+")",
				"{{alertname}} "+s.legend(""))},
		}),
		graph(panel{
			title: "Incidents and how they were told", width: 12, unit: "percentunit", min: new(0.0), max: new(1.0), steps: from(plain),
			about: "As burnish judges it: 100% while an incident goes on; the share of incidents in the report's window of which an alert told; and the share of the SLO's window in which events were counted.",
			queries: []query{
				over("max by (group) (burnish_incident_open{"+s.own+"})", "incident open {{group}}"),
				over("max by (group) (burnish_slo_recall_ratio{"+s.own+"})", "incidents told {{group}}"),
				over("max by (group) (burnish_slo_coverage_ratio{"+s.own+"})", "counted {{group}}"),
			},
			overrides: []dashboard.DashboardFieldConfigSourceOverrides{
				like("^incident open.*", property("custom.fillOpacity", 30), property("custom.lineWidth", 0), property("custom.lineInterpolation", "stepAfter"),
					property("color", map[string]any{"mode": "fixed", "fixedColor": bad})),
			},
		}, drawing{}),
	}
}
