package exposition

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/dashboards/report"
)

func (b *book) window(d *report.Document) {
	b.set("burnish_report_start_timestamp_seconds", float64(d.From.UnixMilli())/1000)
	b.set("burnish_report_end_timestamp_seconds", float64(d.To.UnixMilli())/1000)
	b.set("burnish_report_window_seconds", d.To.Sub(d.From).Seconds())
}

// alerts writes the figures of all rules together, where anything is known of them.
func (b *book) alerts(d *report.Document) {
	if d.DataQuality.NothingKnown {
		return
	}
	t := &d.Summary
	if d.DataQuality.RulesKnown {
		b.set("burnish_alerts_rules", float64(t.Rules))
	}
	for name, n := range map[string]int{
		"burnish_alerts_rules_fired": t.RulesFired, "burnish_alerts_label_sets": t.Alerts, "burnish_alerts_episodes": t.Episodes,
		"burnish_alerts_carried_over": t.CarriedOver, "burnish_alerts_pending_only": t.PendingOnly, "burnish_alerts_standing": t.Standing,
		"burnish_alerts_flapping": t.Flapping, "burnish_alerts_floods": len(d.Floods),
	} {
		b.set(name, float64(n))
	}
	b.count("burnish_alerts_notifications", t.Notifications)
	b.count("burnish_alerts_pages", t.Pages)
	b.set("burnish_alerts_firing_seconds", t.FiringSeconds)
	b.set("burnish_alerts_flood_seconds", t.FloodSeconds)
	b.set("burnish_alerts_fleeting_ratio", t.Fleeting.Ratio())
	b.set("burnish_alerts_refire_ratio", t.Refires.Ratio())
	for level, n := range map[string]int{
		"high": t.Severity.High, "medium": t.Severity.Medium, "low": t.Severity.Low, "unclassified": t.Severity.Unclassified,
	} {
		b.set("burnish_alerts_severity_episodes", float64(n), level)
	}
	b.truth(d.Truth)
	b.receivers(d.Receivers)
}

func (b *book) truth(t *report.TruthDocument) {
	if t == nil {
		return
	}
	for action, n := range map[string]int{
		"not_given": t.Actions.NotGiven, "given_needlessly": t.Actions.GivenNeedlessly,
		"too_early_or_late": t.Actions.WrongTime, "stopped_too_soon_or_held_too_long": t.Actions.WrongDuration,
	} {
		b.set("burnish_alerts_control_actions", float64(n), action)
	}
	b.set("burnish_alerts_unjudged_episodes", float64(t.Unjudged))
	b.set("burnish_alerts_blind_spots", float64(len(t.BlindSpots)))
}

// receivers writes the busiest receivers; the others are one with an empty name.
func (b *book) receivers(all []report.Receiver) {
	busiest := slices.SortedStableFunc(slices.Values(all), func(x, y report.Receiver) int {
		return cmp.Or(cmp.Compare(y.Notifications, x.Notifications), cmp.Compare(x.Name, y.Name))
	})
	rest := map[bool]report.Receiver{}
	for i, r := range busiest {
		if i >= b.options.Receivers {
			sum := rest[r.Paging]
			rest[r.Paging] = report.Receiver{Paging: r.Paging, Notifications: sum.Notifications + r.Notifications, Pages: sum.Pages + r.Pages}
			continue
		}
		b.receiver(r)
	}
	for _, r := range rest {
		b.receiver(r)
	}
}

func (b *book) receiver(r report.Receiver) {
	paging := "no"
	if r.Paging {
		paging = "yes"
	}
	b.set("burnish_receiver_notifications", float64(r.Notifications), r.Name, paging)
	b.set("burnish_receiver_pages", float64(r.Pages), r.Name, paging)
}

// findings counts what was found and decided.
func (b *book) findings(d *report.Document) {
	found := map[[2]string]int{}
	for i := range d.Findings {
		found[[2]string{string(d.Findings[i].Kind), string(d.Findings[i].Gravity)}]++
	}
	for of, n := range found {
		b.set("burnish_findings", float64(n), of[0], of[1])
	}
	decided := map[string]int{}
	for _, x := range d.Decisions {
		decided[string(x.Verb)]++
	}
	for verb, n := range decided {
		b.set("burnish_decisions", float64(n), verb)
	}
}
