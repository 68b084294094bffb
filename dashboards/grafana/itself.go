package grafana

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// itself shows whether burnish is well and how well it knows what it says.
func (g generator) itself() Dashboard {
	b := &board{}
	b.add(itsFigures()...)
	b.row("Refreshes")
	b.add(refreshes()...)
	b.row("How well it knows")
	b.add(knowledge()...)
	b.row("What comes in and goes out")
	b.add(traffic()...)
	b.row("What it costs")
	b.add(costs()...)
	return g.model(page{
		name: itselfName, uid: g.uid(itselfName), title: "burnish itself", from: "now-24h", refresh: "1m", tags: []string{"monitoring"},
		about:     "Whether burnish is well: how fresh its figures are, how well the data behind them is known, and what it costs.",
		variables: g.burnishVariables(),
	}, b)
}

func itsFigures() []dashboard.Panel {
	tile := func(title, about, expr, legend string, p panel) dashboard.Panel {
		p.title, p.about, p.width, p.noValue, p.queries = title, about, 4, "unknown", []query{now(expr, legend)}
		return figure(p)
	}
	return []dashboard.Panel{
		tile("Age of the report", "Time since the last refresh that succeeded.",
			"time() - max by (instance) (burnish_last_refresh_timestamp_seconds{"+itsOwn+"})", "{{instance}}", panel{unit: "s", steps: from(good, at(900, watch), at(3600, bad))}),
		tile("Source", "Whether the source could be read at the last refresh: 1 is yes.",
			"min by (source) (burnish_source_up{"+itsOwn+"})", "{{source}}", panel{unit: "bool_yes_no", steps: from(bad, at(1, good))}),
		tile("Data known", "Share of the report's window in which Prometheus recorded anything.",
			mine("burnish_data_coverage_ratio"), "coverage", panel{unit: "percentunit", decimals: new(1.0), steps: from(bad, at(0.9, watch), at(0.99, good))}),
		tile("Warnings", "Warnings that the source gave while it was read.", mine("burnish_data_warnings"), "warnings", panel{unit: "none", steps: from(good, at(1, watch))}),
		tile("Series left out", "Rules and groups of SLOs that have no series of their own because there are too many.",
			mine("burnish_rules_hidden")+" + ("+mine("burnish_slos_hidden")+" or vector(0))", "hidden", panel{unit: "none", steps: from(plain)}),
		tile("Version", "The version that runs, by instance.", "max by (version) (burnish_build_info{"+itsOwn+"})", "{{version}}", panel{unit: "none", steps: from(plain), nameOnly: true}),
	}
}

func refreshes() []dashboard.Panel {
	return []dashboard.Panel{
		graph(panel{
			title: "Refreshes", width: 8, unit: "cpm", min: new(0.0), steps: from(plain),
			about: "Refreshes a minute, and those that failed by reason.",
			queries: []query{
				over("60 * sum by (instance) (rate(burnish_refreshes_total{"+itsOwn+"}[$__rate_interval]))", "all {{instance}}"),
				over("60 * sum by (instance, reason) (rate(burnish_refresh_failures_total{"+itsOwn+"}[$__rate_interval]))", "failed: {{reason}} {{instance}}"),
			},
		}, drawing{}),
		graph(panel{
			title: "How long a refresh takes", width: 8, unit: "s", min: new(0.0), steps: from(plain),
			about: "Median and 95th percentile of refreshes.",
			queries: []query{
				over("histogram_quantile(0.5, sum by (le) (rate(burnish_refresh_duration_seconds_bucket{"+itsOwn+"}[$__rate_interval])))", "median"),
				over("histogram_quantile(0.95, sum by (le) (rate(burnish_refresh_duration_seconds_bucket{"+itsOwn+"}[$__rate_interval])))", "95th percentile"),
			},
		}, drawing{}),
		graph(panel{
			title: "Age of what is served", width: 8, unit: "s", min: new(0.0), steps: from(plain),
			about:   "Time since the end of the window that the figures are about.",
			queries: []query{over("time() - max by (instance) (burnish_report_end_timestamp_seconds{"+itsOwn+"})", "{{instance}}")},
		}, drawing{}),
	}
}

func knowledge() []dashboard.Panel {
	return []dashboard.Panel{
		graph(panel{
			title: "Coverage", width: 8, unit: "percentunit", min: new(0.0), max: new(1.0), steps: from(plain),
			about: "Share of the report's window in which Prometheus recorded anything, and the least share of any SLO's window in which events were counted.",
			queries: []query{
				over(mine("burnish_data_coverage_ratio"), "alerts"),
				over("min(burnish_slo_coverage_ratio{"+itsOwn+"})", "least of an SLO"),
			},
		}, drawing{}),
		graph(panel{
			title: "Edges by certainty", width: 8, unit: "none", min: new(0.0), steps: from(plain),
			about:   "Starts and ends of episodes by how well they are known. Lost and in a gap: nobody saw when.",
			queries: []query{over("sum by (certainty) (max by (edge, certainty) (burnish_data_edges{"+itsOwn+"}))", "{{certainty}}")},
		}, drawing{stacked: true}),
		graph(panel{
			title: "Spells of the pipeline", width: 8, unit: "s", min: new(0.0), steps: from(plain),
			about:   "Time of the report's window in which the pipeline was unwell: outages, restarts, missed and failed evaluations. Nothing is shown where it was well.",
			queries: []query{over("max by (kind) (burnish_data_spell_seconds{"+itsOwn+"})", "{{kind}}")},
		}, drawing{}),
	}
}

// traffic is what a daemon stores and sends; one without a store, or without
// receivers, has none.
func traffic() []dashboard.Panel {
	perMinute := func(metric, by string) string {
		return "60 * sum by (" + by + ") (rate(" + metric + "{" + itsOwn + "}[$__rate_interval]))"
	}
	return []dashboard.Panel{
		graph(panel{
			title: "History behind by", width: 6, unit: "s", min: new(0.0), steps: from(plain), noValue: "no history is kept",
			about:   "How far the stored alert history is behind now, by source. It falls while a source is caught up with.",
			queries: []query{over("time() - max by (source) (burnish_gather_watermark_timestamp_seconds{"+itsOwn+"})", "{{source}}")},
		}, drawing{}),
		graph(panel{
			title: "Events from Alertmanager", width: 6, unit: "cpm", min: new(0.0), steps: from(plain), noValue: "nothing is pushed",
			about: "Events a minute that were stored, that were known already, and deliveries that were refused.",
			queries: []query{
				over("60 * sum(rate(burnish_ingest_events_stored_total{"+itsOwn+"}[$__rate_interval]))", "stored"),
				over(perMinute("burnish_ingest_events_deduplicated_total", "door"), "known already: {{door}}"),
				over(perMinute("burnish_ingest_refused_total", "reason"), "refused: {{reason}}"),
			},
		}, drawing{}),
		graph(panel{
			title: "Waiting to be stored", width: 6, unit: "none", min: new(0.0), steps: from(plain), noValue: "nothing is pushed",
			about:   "Events that wait to be stored.",
			queries: []query{over("sum by (instance) (burnish_ingest_queue_events{"+itsOwn+"})", "{{instance}}")},
		}, drawing{}),
		graph(panel{
			title: "Reports sent", width: 6, unit: "none", min: new(0.0), steps: from(plain), noValue: "nothing is sent",
			about:   "Reports delivered and given up within the day before each time, by target.",
			queries: []query{{expr: "sum by (target, outcome) (increase(burnish_delivery_reports_total{" + itsOwn + "}[1d]))", legend: "{{target}} {{outcome}}", interval: "1h"}},
		}, drawing{bars: true, stacked: true}),
	}
}

func costs() []dashboard.Panel {
	return []dashboard.Panel{
		graph(panel{
			title: "CPU", width: 8, unit: "percentunit", min: new(0.0), steps: from(plain), about: "Share of one core.",
			queries: []query{over("rate(process_cpu_seconds_total{"+itsOwn+"}[$__rate_interval])", "{{instance}}")},
		}, drawing{}),
		graph(panel{
			title: "Memory", width: 8, unit: "bytes", min: new(0.0), steps: from(plain), about: "Resident memory and the part of it that is Go's heap.",
			queries: []query{
				over("process_resident_memory_bytes{"+itsOwn+"}", "resident {{instance}}"), over("go_memstats_heap_inuse_bytes{"+itsOwn+"}", "heap {{instance}}"),
			},
		}, drawing{}),
		graph(panel{
			title: "Series of burnish", width: 8, unit: "none", min: new(0.0), steps: from(plain), about: "Samples that a scrape of burnish takes.",
			queries: []query{over("scrape_samples_scraped{"+itsOwn+"}", "{{instance}}")},
		}, drawing{}),
	}
}
