package grafana

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/burnrate"
)

// matchers select the series of SLOs. What is recorded once for an SLO, such as its
// objective, has the labels of id alone; what is recorded for each of its groups has
// those of groups as well, of which a text begins with a comma.
type matchers struct{ id, groups string }

func (m matchers) all() string { return m.id + m.groups }

// names are the PromQL of what SLO dashboards show, in the record names of one tool.
// A nil func is what that tool does not record.
type names struct {
	slo, service string // labels that name an SLO; service is empty where there is none
	owner        string // label of info
	// infoMetric has one series for each SLO, budgetMetric one for each group of it.
	infoMetric, budgetMetric string

	info, budget, objective, exhausted, traffic func(m matchers) string
	ratio                                       func(m matchers, window time.Duration) string
	// period keeps the SLOs whose window has a length.
	period func(m matchers, length time.Duration) string
	// spent is the share of the budget of a window that was spent since start, a
	// scalar expression for a time.
	spent func(m matchers, length time.Duration, start string) string
}

// lookback is how far back a budget is looked for: rules keep it every five minutes,
// which is Prometheus' own lookback to the second.
const lookback = "15m"

func length(d time.Duration) string { return model.Duration(d).String() }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// last is the newest sample of a series that is recorded slowly.
func last(metric, m string) string {
	return "last_over_time(" + metric + "{" + m + "}[" + lookback + "])"
}

func namesOf(c burnrate.Compat) names {
	switch c {
	case burnrate.CompatSloth:
		return slothNames()
	case burnrate.CompatPyrra:
		return pyrraNames()
	case burnrate.CompatNone:
	}
	return ownNames("service")
}

// ids are the labels that name an SLO.
func (n names) ids() string {
	if n.service == "" {
		return n.slo
	}
	return n.slo + ", " + n.service
}

// each matches a series of a group to what its SLO has once.
func (n names) each() string { return "on (" + n.ids() + ") group_left ()" }

// once is a recorded figure of SLOs, one for each whatever else tells series apart.
func (n names) once(metric string, m matchers) string {
	return "max by (" + n.ids() + ") (" + last(metric, m.id) + ")"
}

// ownNames are burnish's own; service is slo_service where an SLO is kept apart by a
// label service of its series.
func ownNames(service string) names {
	n := names{slo: "slo", service: service, owner: "owner", infoMetric: "slo_info", budgetMetric: "slo:budget_remaining:ratio"}
	n.info = func(m matchers) string { return last("slo_info", m.id) }
	n.budget = func(m matchers) string { return last(n.budgetMetric, m.all()) }
	n.objective = func(m matchers) string { return n.once("slo:objective:ratio", m) }
	n.exhausted = func(m matchers) string { return "slo:budget_exhausted:seconds{" + m.all() + "}" }
	n.traffic = func(m matchers) string { return "sum_over_time(slo:events_total:step{" + m.all() + "}[5m]) / 300" }
	n.ratio = func(m matchers, w time.Duration) string {
		return "sum without (window) (slo:error:ratio{" + m.all() + `, window="` + length(w) + `"})`
	}
	n.period = func(m matchers, d time.Duration) string { return last("slo_info", m.id+`, slo_window="`+length(d)+`"`) }
	n.spent = func(m matchers, d time.Duration, start string) string {
		return fmt.Sprintf("sum_over_time((slo:events_bad:block{%s} * on () group_left () (vector(time()) > bool %s))[%s:5m])\n/\n"+
			"((sum_over_time(slo:events_total:block{%s}[%s] @ end()) > 0) * %s (1 - %s))",
			m.all(), start, length(d), m.all(), length(d), n.each(), n.objective(m))
	}
	return n
}

func slothNames() names {
	n := names{
		slo: "sloth_slo", service: "sloth_service", owner: "owner",
		infoMetric: "sloth_slo_info", budgetMetric: "slo:period_error_budget_remaining:ratio",
	}
	n.info = func(m matchers) string { return last(n.infoMetric, m.id) }
	n.budget = func(m matchers) string { return last(n.budgetMetric, m.all()) }
	n.objective = func(m matchers) string { return n.once("slo:objective:ratio", m) }
	n.ratio = func(m matchers, w time.Duration) string {
		return "sum without (sloth_window) (slo:sli_error:ratio_rate" + length(w) + "{" + m.all() + "})"
	}
	n.exhausted = func(m matchers) string {
		return "clamp_min(sum without (sloth_window) (" + n.budget(m) + "), 0) * " + n.each() + " (86400 * " + n.once("slo:time_period:days", m) + ")\n/\n" +
			"(" + n.ratio(m, time.Hour) + " / " + n.each() + " (1 - " + n.objective(m) + ") > 0)"
	}
	n.period = func(m matchers, d time.Duration) string {
		return "(" + n.once("slo:time_period:days", m) + " == " + number(d.Hours()/24) + ")"
	}
	n.spent = n.meanSpent
	return n
}

func pyrraNames() names {
	n := names{slo: "slo", owner: "owner", infoMetric: "pyrra_objective", budgetMetric: "pyrra_availability"}
	n.info = func(m matchers) string { return last(n.infoMetric, m.id) }
	n.objective = func(m matchers) string { return n.once("pyrra_objective", m) }
	n.budget = func(m matchers) string {
		return "1 - (1 - " + last(n.budgetMetric, m.all()) + ") / " + n.each() + " (1 - " + n.objective(m) + ")"
	}
	n.traffic = func(m matchers) string { return "rate(pyrra_requests_total{" + m.all() + "}[$__rate_interval])" }
	n.ratio = func(m matchers, w time.Duration) string {
		in := "{" + m.all() + "}[" + length(w) + "])"
		return "increase(pyrra_errors_total" + in + " / (increase(pyrra_requests_total" + in + " > 0)"
	}
	n.exhausted = func(m matchers) string {
		return "clamp_min(" + n.budget(m) + ", 0) * " + n.each() + " " + n.once("pyrra_window", m) + "\n/\n" +
			"((" + n.ratio(m, time.Hour) + ") / " + n.each() + " (1 - " + n.objective(m) + ") > 0)"
	}
	n.period = func(m matchers, d time.Duration) string {
		return "(" + n.once("pyrra_window", m) + " == " + number(d.Seconds()) + ")"
	}
	n.spent = n.meanSpent
	return n
}

// meanSpent is the budget spent as a mean of hourly error ratios: what can be had
// where no events are recorded. It is not weighted by traffic.
func (n names) meanSpent(m matchers, d time.Duration, start string) string {
	return fmt.Sprintf("sum_over_time(((%s) * on () group_left () (vector(time()) > bool %s))[%s:1h])\n/ %s\n(%s * (1 - %s))",
		n.ratio(m, time.Hour), start, length(d), n.each(), number(d.Hours()), n.objective(m))
}
