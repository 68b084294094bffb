package report

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// judgedInput is the small week with promises, and with all that can be said of
// what its alerts are worth. The figures are made up, and fit one another only
// as far as the report looks.
func judgedInput(t testing.TB) Input {
	in := promisingInput(t)
	in.Judged = &Judged{
		Findings: judgedFindings(), Decisions: judgedDecisions(), Judgement: judgedWeek(),
		Overlap: judgedOverlap(), Route: judgedRoute(),
		Responses: judgedResponses(),
		Answers:   map[int]truth.Ack{0: {At: monday.Add(60*time.Hour + 14*time.Minute)}},
		Woken:     &truth.Woken{All: truth.Moments{Asleep: 14, OffHours: 6, AtWork: 12, Deploying: slo.Proportion{Count: 3, Of: 32}}},
		WokenBy:   &truth.Woken{All: truth.Moments{Asleep: 9, OffHours: 4, AtWork: 8}},
	}
	return in
}

// ruleRef is a rule of the small week.
func ruleRef(name string) noise.RuleRef {
	for i, r := range smallHistory().Rules {
		if r.Name == name {
			return smallHistory().Rules[i].Ref()
		}
	}
	return noise.RuleRef{RuleKey: noise.RuleKey{Name: name, Severity: "page"}}
}

// judgedDecisions are one of each form.
func judgedDecisions() []decide.Decision {
	saves, stays := 12.5, judgedFindings()[0].Rule
	dead := noise.RuleRef{RuleKey: noise.RuleKey{Name: "Gone", Group: "node", File: "node.yml", Severity: "critical"}, Line: 14}
	return []decide.Decision{
		{Verb: decide.Delete, Rule: dead, Because: []string{"dead-0011223344"}, Why: "Gone can't fire."},
		{Verb: decide.Merge, Rule: noise.RuleRef{RuleKey: noise.RuleKey{Name: "Copy"}}, Into: &stays, Saves: &saves, Why: "They say the same."},
	}
}

func judgedFindings() []noise.Finding {
	cpu := smallHistory().Episodes[0]
	about := func(kind noise.Kind, rule string, f noise.Finding) noise.Finding {
		f.Kind, f.Rule = kind, ruleRef(rule)
		f.ID = noise.FindingID(kind, f.Rule.RuleKey)
		return f
	}
	share := func(name string, count, of int) noise.Fact {
		return noise.Fact{Name: name, Share: &slo.Proportion{Count: count, Of: of}}
	}
	return []noise.Finding{
		about(noise.KindFlapping, "CPUHigh", noise.Finding{
			Gravity: noise.GravityWarning, Action: noise.WrongDuration, Confidence: noise.Strong, Why: "Counted on 20 episodes in 7d.",
			Title:  "CPUHigh flaps: 17 of its 20 starts only go on with a burst.",
			Advice: "Add keep_firing_for: 18m (as long as 95% of the pauses in its bursts), or let it end at a lower limit than it starts at.",
			Evidence: []noise.Fact{
				share("starts_in_bursts", 17, 20), {Name: "pause_p95_seconds", Value: new(1020.0)}, {Name: "chattering_index", Value: new(0.05)}, {Name: "unknown_figure"},
			},
			Examples: []noise.Episode{cpu}, Saves: new(15.0),
		}),
		about(noise.KindNonActionable, "DiskFull", noise.Finding{
			Gravity: noise.GravityWarning, Action: noise.GivenNeedlessly, Confidence: noise.Strong, Why: "Counted on 12 episodes in 7d.",
			Title: "DiskFull fired 12 times, and never about an incident.", Advice: "Delete the rule, or send it where nobody is woken.",
			Evidence: []noise.Fact{share("episodes_about_incidents", 0, 12), {Name: "basis", Text: "labels"}}, Saves: new(4.0),
		}),
		about(noise.KindRedundant, "PodDown", noise.Finding{
			Gravity: noise.GravityWarning, Action: noise.GivenNeedlessly, Confidence: noise.Strong, Why: "Measured on 9 clusters of starts.",
			Others: []noise.RuleRef{ruleRef("CPUHigh")}, Title: "PodDown added nothing to CPUHigh: 98% of its firing lay within it, and it was never first and never alone.",
			Advice:   "Delete it, or let CPUHigh inhibit it.",
			Evidence: []noise.Fact{{Name: "containment_ratio", Value: new(0.98)}, {Name: "lift", Value: new(7.5)}}, Saves: new(2.0),
		}),
		about(noise.KindDuplicate, "PodDown", noise.Finding{
			Gravity: noise.GravityWarning, Action: noise.GivenNeedlessly, Confidence: noise.Proven, Why: "The two conditions are equal by their text.",
			Others: []noise.RuleRef{ruleRef("PodGone")}, Title: "PodDown and PodGone have the same condition.", Advice: "Keep PodGone.",
		}),
		{
			ID: "blind_spot-1", Kind: noise.KindBlindSpot, Gravity: noise.GravityError, Action: noise.NotGiven, Confidence: noise.Proven, Why: "Counted.",
			SLO: "shop/cart", Incidents: []string{"shop/cart@2026-11-15T18:00:00Z"},
			Title: "Nobody was told of 1 of 1 (100%) incidents of shop/cart.", Advice: "Generate burn-rate alerts: burnish rules generate.",
			Evidence: []noise.Fact{share("incidents_not_told", 1, 1), {Name: "budget_burned_ratio", Value: new(0.72)}}, Saves: new(-1.0),
		},
		about(noise.KindDead, "NeverFires", noise.Finding{
			Gravity: noise.GravityError, Action: noise.NotGiven, Confidence: noise.Weak, Why: "Looked at one week.",
			Title: "NeverFires can't fire: there is no metric node_dimes_total.", Advice: "Correct the name: node_times_total is there.",
			Evidence: []noise.Fact{{Name: "selector", Text: `node_dimes_total{job="node"}`}},
		}),
		about(noise.KindMissingRunbook, "CPUHigh", noise.Finding{
			Gravity: noise.GravityInfo, Action: noise.WrongTime, Confidence: noise.Proven, Why: "It follows from the text.",
			Title: "CPUHigh names no runbook.", Advice: "Add runbook_url.",
		}),
	}
}

func judgedWeek() truth.Judgement {
	cpu, disk, pod := ruleRef("CPUHigh").RuleKey, ruleRef("DiskFull").RuleKey, ruleRef("PodDown").RuleKey
	hour := func(h float64) time.Time { return monday.Add(time.Duration(h * float64(time.Hour))) }
	spread := noise.Spread{Median: 4 * time.Minute, P95: 21 * time.Minute, Count: 2}
	pay, cart := labels.FromStrings("service", "shop"), labels.FromStrings("service", "shop", "zone", "b")
	return truth.Judgement{
		Window: week(), Options: truth.Options{Lead: 10 * time.Minute}, Known: true, Unjudged: 3,
		Actions: truth.Actions{NotGiven: 1, GivenNeedlessly: 18, WrongTime: 2, WrongDuration: 5},
		Rules: []truth.Score{
			{
				RuleKey: cpu, Line: 10, Basis: truth.BasisLabels, SLOs: []string{"shop/pay"},
				Precision: slo.Proportion{Count: 2, Of: 20}, Recall: slo.Proportion{Count: 2, Of: 3}, Onset: slo.Proportion{Count: 2, Of: 3},
				Burned: 2.2, Caught: 2, Detection: spread, Lead: noise.Spread{Median: time.Minute, P95: time.Minute, Count: 1}, Reset: spread, First: 1, Alone: 1,
				Actions: truth.Actions{NotGiven: 1, GivenNeedlessly: 18, WrongDuration: 4},
			},
			{RuleKey: disk, Line: 11, Basis: truth.BasisNone, Unjudged: 3},
			{
				RuleKey: pod, Line: 12, Basis: truth.BasisMeasured, SLOs: []string{"shop/pay"}, Lift: 6.5,
				Precision: slo.Proportion{Count: 12, Of: 12}, Recall: slo.Proportion{Count: 1, Of: 1}, Onset: slo.Proportion{Count: 1, Of: 1},
				Burned: 2, Caught: 2, Detection: noise.Spread{Median: 25 * time.Minute, P95: 25 * time.Minute, Count: 1},
				Actions: truth.Actions{WrongTime: 2, WrongDuration: 1},
			},
		},
		SLOs: []truth.SLOScore{
			{
				SLO: "shop/cart", Labels: cart, Recall: slo.Proportion{Of: 1}, Onset: slo.Proportion{Of: 1}, Burned: 0.72,
				Missed: []string{"shop/cart@2026-11-15T18:00:00Z"}, Actions: truth.Actions{NotGiven: 1},
			},
			{
				SLO: "shop/pay", Labels: pay, Rules: []noise.RuleKey{cpu, pod}, Recall: slo.Proportion{Count: 2, Of: 2}, Onset: slo.Proportion{Count: 2, Of: 2},
				Burned: 2.2, Caught: 2.2, Detection: spread, TellsUs: &cpu, Actions: truth.Actions{GivenNeedlessly: 18, WrongTime: 2, WrongDuration: 5},
			},
			{SLO: "web/up", Labels: labels.FromStrings("instance", "a:9100", "service", "web"), Rules: []noise.RuleKey{disk}},
		},
		Incidents: []truth.Verdict{
			{
				Incident: noise.Incident{
					Interval: slo.Interval{From: hour(60), To: hour(62)}, ID: "war-room-7", Declared: true, Severity: "SEV-1", Note: "Payments failed for all of Europe.",
					Labels: labels.FromStrings("service", "shop"), SLO: "shop/pay",
				},
				SLOs: []int{1}, DetectedAt: hour(60.05), Hidden: 2,
				Signals: []truth.Signal{
					{RuleKey: cpu, Labels: labels.FromStrings("instance", "a:9100"), FiredAt: hour(60.05), ResolvedAt: hour(61), Onset: true, Basis: truth.BasisLabels},
					{RuleKey: pod, Labels: labels.FromStrings("instance", "pod-a"), FiredAt: hour(60.4), Onset: true, Basis: truth.BasisMeasured},
					{RuleKey: disk, Labels: labels.FromStrings("instance", "db:9100"), FiredAt: hour(-30), Basis: truth.BasisOpen},
				},
			},
			{
				Incident: noise.Incident{
					Interval: slo.Interval{From: hour(162), To: hour(163)}, ID: "shop/pay@2026-11-15T18:00:00Z", SLO: "shop/pay", Labels: pay, Burned: new(2.0),
				},
				SLOs: []int{1}, DetectedAt: hour(162.1),
				Signals: []truth.Signal{{RuleKey: cpu, Labels: labels.FromStrings("instance", "a:9100"), FiredAt: hour(162.1), ResolvedAt: hour(163), Onset: true, Basis: truth.BasisLabels}},
			},
			{
				Incident: noise.Incident{
					Interval: slo.Interval{From: hour(162), To: hour(168)}, ID: "shop/cart@2026-11-15T18:00:00Z", SLO: "shop/cart", Labels: cart, Burned: new(0.72),
				},
				SLOs: []int{0},
			},
		},
	}
}

func judgedOverlap() *overlap.Result {
	cpu, pod, gone := ruleRef("CPUHigh"), ruleRef("PodDown"), ruleRef("PodGone")
	return &overlap.Result{
		Compared: 6,
		Pairs: []overlap.Pair{
			{
				A: pod, B: gone, Relation: overlap.Duplicate, On: []string{"instance"}, Containment: 0.99, Jaccard: 0.98, Lift: 12.4, Q: 0.0001,
				Starts: slo.Proportion{Count: 9, Of: 9}, After: slo.Proportion{Count: 8, Of: 9}, Median: 30 * time.Second,
			},
			{
				A: pod, B: cpu, Relation: overlap.Redundant, Containment: 0.96, Jaccard: 0.4, Lift: 7.5, Q: 0.001,
				Starts: slo.Proportion{Count: 9, Of: 9}, After: slo.Proportion{Count: 3, Of: 9}, Median: -4 * time.Minute,
			},
			{
				A: cpu, B: gone, Relation: overlap.Together, Containment: 0.3, Jaccard: 0.2, Lift: 2.1, Q: 0.03,
				Starts: slo.Proportion{Count: 5, Of: 20}, After: slo.Proportion{Count: 1, Of: 20}, First: 4, Alone: 11,
			},
		},
		Clusters: []overlap.Cluster{{Name: gone, Members: []noise.RuleRef{pod, gone}}},
	}
}

func judgedRoute() *route.Result {
	return &route.Result{
		Window:    week(),
		Receivers: []route.Count{{Receiver: "oncall", Paging: true, Notifications: 16, Pages: 9}, {Receiver: "slack", Notifications: 5}},
		Rules: []route.RuleCount{
			{RuleKey: ruleRef("CPUHigh").RuleKey, Notifications: 15, Pages: 8, Sole: 14},
			{RuleKey: ruleRef("PodDown").RuleKey, Notifications: 6, Pages: 1, Sole: 5},
		},
		Held: route.Silenced{ByInhibition: 4, BySilence: 2, ByTime: 1},
	}
}

func judgedResponses() []truth.Response {
	mean := func(d time.Duration, n int) truth.Mean { return truth.Mean{Mean: d, Count: n} }
	shop := labels.FromStrings("service", "shop")
	return []truth.Response{
		{
			Service: "shop", Labels: shop, Incidents: 3, Failures: 2, MTBF: mean(102*time.Hour, 1), MTTF: mean(100*time.Hour, 1), MTTR: mean(4*time.Hour, 2),
			Detection: mean(5*time.Minute, 2), MTTA: mean(11*time.Minute, 1), Acknowledged: slo.Proportion{Count: 1, Of: 2}, Marked: 1,
		},
		{SLO: "shop/cart", Service: "shop", Labels: shop, Incidents: 1, Failures: 1, MTTR: mean(6*time.Hour, 1), Acknowledged: slo.Proportion{}},
	}
}

// manyFindings are findings on as many rules.
func manyFindings(n int) []noise.Finding {
	kinds := []noise.Kind{noise.KindFlapping, noise.KindFleeting, noise.KindMissingRunbook, noise.KindRedundant, noise.KindDead}
	all := judgedFindings()
	out := make([]noise.Finding, 0, n)
	for i := range n {
		f := all[i%len(all)]
		f.Kind, f.Rule = kinds[i%len(kinds)], noise.RuleRef{RuleKey: noise.RuleKey{Name: fmt.Sprintf("Rule%d", i), File: "many.yml"}, Line: i + 1}
		f.ID = noise.FindingID(f.Kind, f.Rule.RuleKey)
		out = append(out, f)
	}
	return out
}
