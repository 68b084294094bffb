package report

import (
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// Rule is one rule's row.
type Rule struct {
	Name     string  `json:"name"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Line     *int    `json:"line"`
	Severity *string `json:"severity"`

	// Expr, For and Keep are what the rule's text says, in seconds; nil where it
	// is not known, or where several rules share the row.
	Expr *string  `json:"expr"`
	For  *float64 `json:"for_seconds"`
	Keep *float64 `json:"keep_firing_for_seconds"`
	// Teams are the values of the team label on the rule and its alerts.
	Teams []string `json:"teams"`

	Episodes      int     `json:"episodes"`
	CarriedOver   int     `json:"carried_over"`
	PendingOnly   int     `json:"pending_only"`
	PendingNow    int     `json:"pending_now"`
	OpenNow       int     `json:"open_now"`
	Alerts        int     `json:"alerts"`
	FiringSeconds float64 `json:"firing_seconds"`
	AnyFiring     float64 `json:"any_firing_seconds"`
	Longest       float64 `json:"longest_firing_seconds"`

	Duration *Spread `json:"duration_seconds"`
	Between  *Spread `json:"between_starts_seconds"`

	Fleeting         slo.Proportion `json:"fleeting"`
	Refires          slo.Proportion `json:"refires"`
	PendingOnlyShare slo.Proportion `json:"pending_only_share"`
	ShareOfAll       slo.Proportion `json:"share_of_all"`
	Flapping         int            `json:"flapping_alerts"`
	Touched          int            `json:"pipeline_touched"`
	Ends             Edges          `json:"ends"`
	PreviousEpisodes *int           `json:"previous_episodes"`
	PreviousFiring   *float64       `json:"previous_firing_seconds"`

	// What follows needs to know what really happened, or what Alertmanager
	// would have sent.
	TruthBasis    *truth.Basis    `json:"truth_basis"`
	Precision     *slo.Proportion `json:"precision"`
	Recall        *slo.Proportion `json:"recall"`
	Onset         *slo.Proportion `json:"onset_recall"`
	Detection     *Spread         `json:"detection_seconds"`
	Reset         *Spread         `json:"reset_seconds"`
	Lead          *Spread         `json:"lead_seconds"`
	First         *int            `json:"first"`
	Alone         *int            `json:"alone"`
	Unjudged      *int            `json:"unjudged_episodes"`
	Actions       *Actions        `json:"control_actions"`
	Notifications *int            `json:"notifications"`
	Pages         *int            `json:"pages"`
	// Alone counts the notifications that name this rule and no other.
	NotifiedAlone *int `json:"notifications_alone"`
}

// Spread is the middle and the upper end of durations in seconds.
type Spread struct {
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Count  int     `json:"count"`
}

// Edges counts edges of episodes by how well they are known.
type Edges struct {
	Exact          int `json:"exact"`
	WithinInterval int `json:"within_interval"`
	WithinGap      int `json:"within_gap"`
	Lost           int `json:"lost"`
	Cut            int `json:"cut"`
	Open           int `json:"open"`
}

func newRules(in Input, o *owners) []Rule {
	before, judged, routed, texts := previousRules(in), scores(in), sent(in), newRuleTexts(in.Rules)
	out := make([]Rule, 0, len(in.Current.Rules))
	for i := range in.Current.Rules {
		r := newRule(&in.Current.Rules[i])
		r.takeScore(judged[in.Current.Rules[i].RuleKey])
		r.Teams = append([]string{}, o.rules[in.Current.Rules[i].RuleKey]...)
		r.define(texts.of(in.Current.Rules[i].RuleKey))
		if routed != nil {
			c := routed[in.Current.Rules[i].RuleKey]
			r.Notifications, r.Pages, r.NotifiedAlone = &c.Notifications, &c.Pages, &c.Sole
		}
		if before != nil {
			p := before[in.Current.Rules[i].RuleKey]
			r.PreviousEpisodes, r.PreviousFiring = &p.episodes, &p.firing
		}
		out = append(out, r)
	}
	return out
}

// takeScore takes what truth tells of the rule; nil tells nothing.
func (r *Rule) takeScore(s *truth.Score) {
	if s == nil {
		return
	}
	r.TruthBasis, r.Unjudged = &s.Basis, &s.Unjudged
	if s.Basis == truth.BasisNone {
		return
	}
	r.Precision, r.Recall, r.Onset = &s.Precision, &s.Recall, &s.Onset
	r.Detection, r.Reset, r.Lead = newSpread(s.Detection), newSpread(s.Reset), newSpread(s.Lead)
	r.First, r.Alone, r.Actions = &s.First, &s.Alone, new(Actions(s.Actions))
}

func newRule(r *noise.RuleStats) Rule {
	row := Rule{
		Name: r.Name, Group: known(r.Group), File: known(r.File), Severity: known(r.Severity),
		Episodes: r.Episodes, CarriedOver: r.CarriedOver, PendingOnly: r.PendingOnly, PendingNow: r.PendingNow,
		OpenNow: r.OpenNow, Alerts: r.LabelSets,
		FiringSeconds: seconds(r.Firing), AnyFiring: seconds(r.AnyFiring), Longest: seconds(r.Longest),
		Duration: newSpread(r.Duration), Between: newSpread(r.Between),
		Fleeting: r.Fleeting, Refires: r.Refires, PendingOnlyShare: r.PendingOnlyShare, ShareOfAll: r.ShareOfAll,
		Flapping: r.Flapping, Touched: r.Touched, Ends: Edges(r.Ends),
	}
	if r.Line > 0 {
		row.Line = &r.Line
	}
	return row
}

func newSpread(s noise.Spread) *Spread {
	if !s.Known() {
		return nil
	}
	return &Spread{seconds(s.Median), seconds(s.P95), s.Count}
}

type previousRule struct {
	episodes int
	firing   float64
}

// previousRules is nil where the window before is not known. A rule that it
// does not list did not fire in it.
func previousRules(in Input) map[noise.RuleKey]previousRule {
	if in.Previous == nil {
		return nil
	}
	out := make(map[noise.RuleKey]previousRule, len(in.Previous.Rules))
	for i := range in.Previous.Rules {
		r := &in.Previous.Rules[i]
		out[r.RuleKey] = previousRule{r.Episodes, seconds(r.Firing)}
	}
	return out
}
