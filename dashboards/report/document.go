package report

import (
	"cmp"
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// Schema names the form of the JSON; docs/report.schema.json describes it.
const Schema = "burnish/report/v1"

// Document is the report in JSON. Pointers that are nil are written as null,
// which means unknown.
type Document struct {
	Schema          string           `json:"schema"`
	From            time.Time        `json:"from"`
	To              time.Time        `json:"to"`
	Source          string           `json:"source"`
	Team            *string          `json:"team"`
	TeamLabel       string           `json:"team_label"`
	Teams           []Team           `json:"teams"`
	Sentences       []string         `json:"sentences"`
	Actions         []Action         `json:"actions"`
	Advice          *Advice          `json:"advice"`
	Summary         Totals           `json:"summary"`
	KPIs            []KPI            `json:"kpis"`
	Trends          *Trends          `json:"trends"`
	Rules           []Rule           `json:"rules"`
	SLOs            []SLO            `json:"slos"`
	Incidents       []Incident       `json:"incidents"`
	Decisions       []Decision       `json:"decisions"`
	Findings        []noise.Finding  `json:"findings"`
	Truth           *TruthDocument   `json:"truth"`
	Redundancy      *Redundancy      `json:"redundancy"`
	Receivers       []Receiver       `json:"receivers"`
	Held            *Held            `json:"held"`
	RouteAssumed    *bool            `json:"route_assumed"`
	Woken           *WokenDocument   `json:"woken"`
	IncidentMetrics []IncidentMetric `json:"incident_metrics"`
	Floods          []Flood          `json:"floods"`
	Standing        []Standing       `json:"standing"`
	DataQuality     DataQuality      `json:"data_quality"`
}

// Totals are the figures of all rules together.
type Totals struct {
	Rules         int            `json:"rules"`
	RulesFired    int            `json:"rules_fired"`
	Alerts        int            `json:"alerts"`
	Episodes      int            `json:"episodes"`
	CarriedOver   int            `json:"carried_over"`
	PendingOnly   int            `json:"pending_only"`
	Standing      int            `json:"standing"`
	Notifications *int           `json:"notifications"`
	Pages         *int           `json:"pages"`
	FiringSeconds float64        `json:"firing_seconds"`
	FloodSeconds  float64        `json:"flood_seconds"`
	Fleeting      slo.Proportion `json:"fleeting"`
	Refires       slo.Proportion `json:"refires"`
	Flapping      int            `json:"flapping_alerts"`
	Severity      Severity       `json:"severity"`
	Limits        Limits         `json:"limits"`
	Timeline      Timeline       `json:"timeline"`
	Previous      *Previous      `json:"previous"`
}

// Severity counts episodes by level.
type Severity struct {
	High         int `json:"high"`
	Medium       int `json:"medium"`
	Low          int `json:"low"`
	Unclassified int `json:"unclassified"`
}

// Limits are the settings that the figures were measured by.
type Limits struct {
	Fleeting   float64 `json:"fleeting_seconds"`
	Refire     float64 `json:"refire_seconds"`
	FlapWithin float64 `json:"flap_within_seconds"`
	Stale      float64 `json:"stale_seconds"`
	PageGap    float64 `json:"page_gap_seconds"`
	FloodStart int     `json:"flood_starts_at"`
	FloodEnd   int     `json:"flood_ends_under"`
}

// Timeline is the number of firing starts in each step of the window.
type Timeline struct {
	Step   float64 `json:"step_seconds"`
	Starts []int   `json:"starts"`
}

// Previous are the figures of the window of equal length before.
type Previous struct {
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	Episodes      int       `json:"episodes"`
	PendingOnly   int       `json:"pending_only"`
	RulesFired    int       `json:"rules_fired"`
	Standing      int       `json:"standing"`
	FiringSeconds float64   `json:"firing_seconds"`
	FloodSeconds  float64   `json:"flood_seconds"`
}

// KPI is one figure beside its benchmark.
type KPI struct {
	ID            noise.KPIID   `json:"id"`
	Label         string        `json:"label"`
	Value         *float64      `json:"value"`
	Unit          noise.Unit    `json:"unit"`
	Previous      *float64      `json:"previous_value"`
	Target        *float64      `json:"target"`
	Limit         *float64      `json:"limit"`
	Comparison    string        `json:"comparison"`
	Verdict       noise.Verdict `json:"verdict"`
	Count         *float64      `json:"count"`
	Of            *float64      `json:"of"`
	OfUnit        *string       `json:"of_unit"`
	Denominator   string        `json:"denominator"`
	BenchmarkFrom string        `json:"benchmark_source"`
}

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

// Flood is a stretch of more starts than a person can take in.
type Flood struct {
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Seconds float64     `json:"duration_seconds"`
	Starts  int         `json:"starts"`
	Peak    int         `json:"most_in_ten_minutes"`
	Ongoing bool        `json:"ongoing"`
	Rules   []FloodRule `json:"rules"`
}

// FloodRule is how often a rule started in a flood.
type FloodRule struct {
	Name     string  `json:"name"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Severity *string `json:"severity"`
	Starts   int     `json:"starts"`
}

// Standing is an alert that fires at the end of the window.
type Standing struct {
	Rule     string        `json:"rule"`
	Group    *string       `json:"group"`
	File     *string       `json:"file"`
	Severity *string       `json:"severity"`
	Labels   labels.Labels `json:"labels"`
	Since    time.Time     `json:"since"`
	AtLeast  bool          `json:"since_at_least"`
	Seconds  float64       `json:"firing_seconds"`
}

// DataQuality is how well the history is known.
type DataQuality struct {
	Markers      bool           `json:"markers"`
	RulesKnown   bool           `json:"rules_known"`
	HealthKnown  bool           `json:"health_known"`
	Coverage     *float64       `json:"coverage_ratio"`
	StartsKnown  Edges          `json:"starts"`
	EndsKnown    Edges          `json:"ends"`
	Touched      slo.Proportion `json:"pipeline_touched"`
	Spells       []Spell        `json:"spells"`
	Warnings     []string       `json:"warnings"`
	NothingKnown bool           `json:"no_data"`
}

// Spell is a span in which the pipeline was unwell.
type Spell struct {
	Kind  noise.SpellKind `json:"kind"`
	Group *string         `json:"group"`
	From  time.Time       `json:"from"`
	To    time.Time       `json:"to"`
}

// WriteJSON writes the report as burnish/report/v1, indented by two spaces. It
// fails only where the writer does.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r.doc)
}

func newDocument(in Input, o *owners) Document {
	s := &in.Current
	rules := newRules(in, o)
	return Document{
		Schema: Schema, From: s.Window.From.UTC(), To: s.Window.To.UTC(), Source: in.Source,
		Team: known(in.Team), TeamLabel: in.teamLabel(), Teams: allTeams(in, o),
		Sentences: lede(in), Actions: newActions(in), Summary: newTotals(in), Advice: newAdvice(in, rules), KPIs: newKPIs(in), Trends: newTrends(in), Rules: rules,
		SLOs: newSLOs(in), Incidents: newIncidents(in), Decisions: newDecisions(in), Findings: newFindings(in), Truth: newTruth(in), Redundancy: newRedundancy(in),
		Receivers: newReceivers(in), Held: newHeld(in), RouteAssumed: routeAssumed(in), Woken: newWoken(in), IncidentMetrics: newIncidentMetrics(in),
		Floods: newFloods(s.Floods), Standing: newStanding(s), DataQuality: newQuality(in),
	}
}

// allTeams is the index of teams of a report on all.
func allTeams(in Input, o *owners) []Team {
	if in.Team != "" {
		return []Team{}
	}
	return newTeams(in, o)
}

func newTotals(in Input) Totals {
	s := &in.Current
	t := Totals{
		Rules: len(s.Rules), RulesFired: s.RulesFired, Alerts: s.LabelSets,
		Episodes: s.Episodes, CarriedOver: s.CarriedOver, PendingOnly: s.PendingOnly, Standing: len(s.Standing),
		FiringSeconds: seconds(s.Firing), FloodSeconds: seconds(s.FloodFor),
		Fleeting: s.Fleeting, Refires: s.Refires, Flapping: s.Flapping,
		Severity: Severity(s.Severity),
		Limits:   newLimits(s.Options),
		Timeline: Timeline{Step: seconds(s.Timeline.Step), Starts: append([]int{}, s.Timeline.Starts...)},
	}
	t.Notifications, t.Pages = totalSent(in)
	if p := in.Previous; p != nil {
		t.Previous = &Previous{
			From: p.Window.From.UTC(), To: p.Window.To.UTC(), Episodes: p.Episodes, PendingOnly: p.PendingOnly,
			RulesFired: p.RulesFired, Standing: len(p.Standing), FiringSeconds: seconds(p.Firing), FloodSeconds: seconds(p.FloodFor),
		}
	}
	return t
}

func newLimits(o noise.Options) Limits {
	return Limits{
		Fleeting: seconds(o.Fleeting), Refire: seconds(o.Refire), FlapWithin: seconds(o.FlapWithin),
		Stale: seconds(o.Stale), PageGap: seconds(o.PageGap), FloodStart: o.FloodStart, FloodEnd: o.FloodEnd,
	}
}

func newKPIs(in Input) []KPI {
	out := make([]KPI, 0, len(in.Current.KPIs))
	for _, k := range in.Current.KPIs {
		row := KPI{
			ID: k.ID, Label: k.Label, Unit: k.Unit, Target: k.Target, Limit: k.Limit,
			Comparison: "at_most", Verdict: k.Verdict, Denominator: denominator(k), BenchmarkFrom: k.Source,
		}
		if k.Below {
			row.Comparison = "below"
		}
		if k.Known {
			row.Value, row.Count = rounded(k.Value), rounded(k.Count)
		}
		if k.Of > 0 {
			row.Of, row.OfUnit = rounded(k.Of), &k.OfUnit
		}
		if before, ok := previousKPI(in, k.ID); ok {
			row.Previous = rounded(before.Value)
		}
		out = append(out, row)
	}
	return out
}

// previousKPI is the figure of the window before, where it is known.
func previousKPI(in Input, id noise.KPIID) (noise.KPI, bool) {
	if in.Previous == nil {
		return noise.KPI{}, false
	}
	k, ok := in.Previous.KPI(id)
	return k, ok && k.Known
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

// newFindings is what was found; never null.
func newFindings(in Input) []noise.Finding {
	if in.Judged == nil {
		return []noise.Finding{}
	}
	return append([]noise.Finding{}, in.Judged.Findings...)
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

func newFloods(floods []noise.Flood) []Flood {
	out := make([]Flood, 0, len(floods))
	for _, f := range floods {
		rules := make([]FloodRule, 0, len(f.Rules))
		for _, r := range f.Rules {
			rules = append(rules, FloodRule{r.Name, known(r.Group), known(r.File), known(r.Severity), r.Starts})
		}
		out = append(out, Flood{
			From: f.From.UTC(), To: f.To.UTC(), Seconds: seconds(f.Duration()),
			Starts: f.Starts, Peak: f.Peak, Ongoing: f.Ongoing, Rules: rules,
		})
	}
	return out
}

func newStanding(s *noise.Summary) []Standing {
	out := make([]Standing, 0, len(s.Standing))
	for _, x := range s.Standing {
		out = append(out, Standing{
			Rule: x.Name, Group: known(x.Group), File: known(x.File), Severity: known(x.Severity), Labels: x.Labels,
			Since: x.Since.UTC(), AtLeast: x.AtLeast, Seconds: seconds(s.Window.To.Sub(x.Since)),
		})
	}
	return out
}

func newQuality(in Input) DataQuality {
	s := &in.Current
	q := DataQuality{
		Markers: s.Markers, RulesKnown: s.RulesKnown, HealthKnown: s.HealthKnown,
		StartsKnown: Edges(s.Starts), EndsKnown: Edges(s.Ends), Touched: s.Touched,
		Spells: []Spell{}, Warnings: append([]string{}, in.Warnings...), NothingKnown: !s.Observed,
	}
	slices.Sort(q.Warnings)
	if share, ok := s.Coverage(); ok {
		q.Coverage = rounded(share)
	}
	for _, x := range s.Spells {
		q.Spells = append(q.Spells, Spell{x.Kind, known(x.Group), x.From.UTC(), x.To.UTC()})
	}
	slices.SortStableFunc(q.Spells, func(a, b Spell) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind), a.To.Compare(b.To))
	})
	return q
}

func newSpread(s noise.Spread) *Spread {
	if !s.Known() {
		return nil
	}
	return &Spread{seconds(s.Median), seconds(s.P95), s.Count}
}

// known is nil for what is empty.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// seconds keeps milliseconds.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// rounded keeps six decimals, so that a figure prints the same everywhere.
func rounded(v float64) *float64 { return new(math.Round(v*1e6) / 1e6) }
