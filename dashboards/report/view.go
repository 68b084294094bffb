package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// How many rows of each table are shown; the rest is summed up in a line.
const (
	rulesShown    = 20
	floodsShown   = 10
	standingShown = 15
	spellsShown   = 10
	labelsShown   = 8
)

// view is the report in words, for the forms that people read.
type view struct {
	Title, Dates, Source, Route, Version string
	Zone                                 string
	Length                               string // "week", "3 days"
	This                                 string // "This week", "These 3 days"
	BeforeIsKnown                        bool
	NoData                               bool

	Lede, Headlines []string
	Contents        []section
	Loudest         []string
	Figures         []kpiView
	First           []firstRow
	Changes         changesView
	Advice          adviceView
	Trends          trendsView
	Teams           teamsView
	Team            text // empty in a report on all
	HasTrends       bool
	Promises        promisesView
	Happened        happenedView
	Scores          scoresView
	Watched         watchedView
	Alike           alikeView
	Actions         actionsView
	Woken           wokenView
	Metrics         metricsView
	Chart           chart
	Rules           rulesView
	Floods          floodsView
	KPIs            []kpiView
	JudgedBy        string
	Severity        severityView
	Standing        standingView
	Quality         []fact
	Spells          []spellView
	MoreSpells      string
	Warnings        []string
	Definitions     []definition
}

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

type rulesView struct {
	Rows           []ruleView
	Caption, More  string
	Quiet          string // the rules that fired in the window before alone
	Step, Fleeting string
	Refire         string
}

type ruleView struct {
	Rank                           int
	Name                           text
	Place                          text // group and file
	Severity                       text
	Strip                          strip
	Episodes, Before, Firing       string
	Median, P95, Fleeting, Refires string
	DurationOf, FleetingOf, Share  string
	Carried                        string // empty where none was firing already
	Pipeline                       string // empty where the pipeline had no hand
	FleetingIsHigh, RefiresAreHigh bool
}

type floodsView struct {
	Rows                 []floodView
	Intro, Caption, More string
}

type floodView struct {
	From, Lasted, Starts, Peak string
	Rules                      []countedText
}

type countedText struct {
	Text  text
	Count string
}

type severityView struct {
	Rows         []severityRow
	Bar          []segment
	Unclassified string
	Known        bool
}

type severityRow struct {
	Level, Count, Share, Guide string
}

type standingView struct {
	Rows                 []standingRow
	Intro, Caption, More string
}

type standingRow struct {
	Name       text
	Severity   text
	Labels     text
	Since, For string
}

type fact struct{ Label, Value, Note string }

type spellView struct {
	Kind, From, Lasted string
	Group              text
}

func newView(in Input) view {
	s := &in.Current
	v := view{
		Title: "Alert hygiene, " + dates(s.Window), Dates: dates(s.Window), Zone: "UTC",
		Source: clean(in.Source, titleLimit), Route: clean(in.Route, nameLimit), Version: clean(in.Version, nameLimit),
		Length: length(s.Window), This: this(s.Window), BeforeIsKnown: in.Previous != nil, NoData: !s.Observed,
		Lede: lede(in), Headlines: headlines(in), Loudest: loudest(in),
		Changes: newChangesView(in), Promises: newPromisesView(in),
		Happened: newHappenedView(in), Scores: newScoresView(in), Watched: newWatchedView(in), Alike: newAlikeView(in),
		Actions: newActionsView(in), Woken: newWokenView(in), Metrics: newMetricsView(in),
		Chart: newChart(s), Rules: newRulesView(in), Floods: newFloodsView(s),
		Severity: newSeverityView(s), Standing: newStandingView(s),
		Quality: quality(in), Definitions: slices.Concat(definitions(s.Options), promiseDefinitions(len(in.SLOs)+len(in.UnknownSLOs) > 0), judgedDefinitions(in)),
	}
	v.Team = newText(in.Team, nameLimit)
	if in.Team != "" {
		v.Title = "Alert hygiene of " + v.Team.Shown + ", " + dates(s.Window)
	}
	v.First = newPlan(in, &v.Changes, &v.Happened)
	v.takeKPIs(in)
	v.takeSpells(s)
	for _, w := range in.Warnings {
		v.Warnings = append(v.Warnings, clean(w, titleLimit))
	}
	slices.Sort(v.Warnings)
	return v
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

func days(w slo.Interval) string {
	if d := w.Duration(); d%(24*time.Hour) == 0 {
		return plural(int(d/(24*time.Hour)), "day")
	}
	return span(w.Duration())
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

func newRulesView(in Input) rulesView {
	s := &in.Current
	v := rulesView{
		Step: span(s.Timeline.Step), Fleeting: span(s.Options.Fleeting), Refire: span(s.Options.Refire),
	}
	before := previousRules(in)
	shown := min(rulesShown, s.RulesFired)
	for i := range s.Rules {
		if r := &s.Rules[i]; len(v.Rows) < shown && r.Episodes+r.CarriedOver > 0 {
			v.Rows = append(v.Rows, newRuleView(s, r, len(v.Rows)+1))
			v.Rows[len(v.Rows)-1].compare(r, before)
		}
	}
	v.Caption = fmt.Sprintf("The %d noisiest of %s that fired, by episodes", shown, plural(s.RulesFired, "rule"))
	if shown == s.RulesFired {
		v.Caption = fmt.Sprintf("All %s that fired, the noisiest first", plural(shown, "rule"))
	}
	v.More, v.Quiet = moreRules(s, shown), goneQuiet(in)
	return v
}

// quietShown is how many of the rules that went quiet are named.
const quietShown = 5

// goneQuiet names the rules that fired in the window before and not in this one.
func goneQuiet(in Input) string {
	if in.Previous == nil {
		return ""
	}
	fired := map[noise.RuleKey]bool{}
	for i := range in.Current.Rules {
		r := &in.Current.Rules[i]
		fired[r.RuleKey] = r.Episodes+r.CarriedOver > 0
	}
	var names []string
	n := 0
	for i := range in.Previous.Rules { // the noisiest first
		r := &in.Previous.Rules[i]
		if r.Episodes == 0 || fired[r.RuleKey] {
			continue
		}
		if n++; n <= quietShown {
			names = append(names, fmt.Sprintf("%s (%s)", clean(r.Name, nameLimit), plural(r.Episodes, "episode")))
		}
	}
	if n == 0 {
		return ""
	}
	if n > quietShown {
		names = append(names, fmt.Sprintf("and %s more", count(n-quietShown)))
	}
	return "Fired in the " + length(in.Current.Window) + " before and not in this one: " + strings.Join(names, ", ") + "."
}

// moreRules sums up the rules that the table leaves out.
func moreRules(s *noise.Summary, shown int) string {
	var parts []string
	rest, episodes := 0, 0
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Episodes+r.CarriedOver == 0 {
			continue
		}
		if rest++; rest > shown {
			episodes += r.Episodes
		}
	}
	if rest > shown {
		parts = append(parts, fmt.Sprintf("%s with %s", plural(rest-shown, "more rule"), plural(episodes, "episode")))
	}
	pending := 0
	for i := range s.Rules {
		if r := &s.Rules[i]; r.PendingOnly > 0 && r.Episodes+r.CarriedOver == 0 {
			pending++
		}
	}
	if pending > 0 {
		parts = append(parts, plural(pending, "rule")+" that became pending and never fired")
	}
	if silent := len(s.Rules) - s.RulesFired - pending; s.RulesKnown && silent > 0 {
		parts = append(parts, plural(silent, "rule")+" that stayed silent")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not shown: " + strings.Join(parts, "; ") + ". All are in the JSON."
}

func newRuleView(s *noise.Summary, r *noise.RuleStats, rank int) ruleView {
	row := ruleView{
		Rank: rank, Name: newText(r.Name, nameLimit), Place: newText(place(r.RuleKey), nameLimit), Severity: newText(r.Severity, 24),
		Strip: newStrip(s, r), Episodes: count(r.Episodes), Firing: span(r.Firing),
		Median: spanOrDash(r.Duration.Median, r.Duration.Known()), P95: spanOrDash(r.Duration.P95, r.Duration.Known()),
		Fleeting: share(r.Fleeting), Refires: share(r.Refires), Share: share(r.ShareOfAll),
		DurationOf:     "of " + plural(r.Duration.Count, "episode") + " with known ends",
		FleetingOf:     of(r.Fleeting),
		FleetingIsHigh: r.Fleeting.Known() && r.Fleeting.Ratio() >= 0.5,
		RefiresAreHigh: r.Refires.Known() && r.Refires.Ratio() >= 0.5,
	}
	if r.Firing == 0 {
		row.Firing = "–"
	}
	if r.CarriedOver > 0 {
		row.Carried = isAre(r.CarriedOver, "alert") + " firing already when the " + length(s.Window) + " began"
	}
	if r.Touched > 0 {
		row.Pipeline = fmt.Sprintf("the pipeline had a hand in %s of %s", count(r.Touched), plural(r.Episodes+r.CarriedOver, "episode"))
	}
	return row
}

func (v *ruleView) compare(r *noise.RuleStats, before map[noise.RuleKey]previousRule) {
	if before == nil {
		v.Before = "–"
		return
	}
	v.Before = change(r.Episodes, before[r.RuleKey].episodes)
}

func of(p slo.Proportion) string { return count(p.Count) + " of " + count(p.Of) }

// place names the group and the file of a rule, as far as they are known.
func place(k noise.RuleKey) string {
	switch {
	case k.Group == "":
		return k.File
	case k.File == "":
		return k.Group
	}
	return k.Group + " · " + k.File
}

func newFloodsView(s *noise.Summary) floodsView {
	v := floodsView{Intro: fmt.Sprintf(
		"A flood starts when %d alerts have started within 10 minutes and ends when fewer than %d have.", s.Options.FloodStart, s.Options.FloodEnd)}
	if len(s.Floods) == 0 {
		v.Intro += " There was none."
		return v
	}
	v.Intro += fmt.Sprintf(" There %s, together %s: %s of the %s.",
		was(len(s.Floods), "flood"), span(s.FloodFor), percent(s.FloodFor.Seconds()/s.Window.Duration().Seconds()), length(s.Window))
	largest := slices.SortedStableFunc(slices.Values(s.Floods), func(a, b noise.Flood) int { return b.Starts - a.Starts })
	for _, f := range largest[:min(floodsShown, len(largest))] {
		v.Rows = append(v.Rows, newFloodView(f))
	}
	v.Caption = "The floods, the largest first"
	if rest := largest[len(v.Rows):]; len(rest) > 0 {
		v.Caption = fmt.Sprintf("The %d largest of %s", len(v.Rows), plural(len(largest), "flood"))
		starts := 0
		for _, f := range rest {
			starts += f.Starts
		}
		v.More = fmt.Sprintf("Not shown: %s with %s. All are in the JSON.", plural(len(rest), "more flood"), plural(starts, "start"))
	}
	return v
}

func was(n int, noun string) string {
	if n == 1 {
		return "was " + plural(n, noun)
	}
	return "were " + plural(n, noun)
}

func newFloodView(f noise.Flood) floodView {
	v := floodView{From: minute(f.From), Lasted: span(f.Duration()), Starts: count(f.Starts), Peak: count(f.Peak)}
	if f.Ongoing {
		v.Lasted += ", not over"
	}
	for _, r := range f.Rules {
		v.Rules = append(v.Rules, countedText{newText(r.Name, 60), count(r.Starts)})
	}
	return v
}

func newSeverityView(s *noise.Summary) severityView {
	m := s.Severity
	v := severityView{Known: m.Classified() > 0, Bar: newSeverityBar(m)}
	for _, l := range []struct {
		level noise.Level
		name  string
		n     int
		guide string
	}{
		{noise.LevelHigh, "High", m.High, "about 5%"},
		{noise.LevelMedium, "Medium", m.Medium, "about 15%"},
		{noise.LevelLow, "Low", m.Low, "about 80%"},
	} {
		v.Rows = append(v.Rows, severityRow{l.name, count(l.n), share(m.Share(l.level)), l.guide})
	}
	if m.Unclassified > 0 {
		v.Unclassified = fmt.Sprintf("%s (%s of all) had no severity that is understood, and are left out of these shares.",
			plural(m.Unclassified, "episode"), share(m.Share(noise.LevelUnclassified)))
	}
	return v
}

func newStandingView(s *noise.Summary) standingView {
	v := standingView{Intro: "No alert was firing at the end of the window."}
	n := len(s.Standing)
	if n == 0 {
		return v
	}
	v.Intro = "At the end of the window " + isAre(n, "alert") + " firing" + staleClause(s) + "."
	v.Caption = "What has stood longest"
	for _, x := range s.Standing[:min(standingShown, n)] {
		since := x.Since.UTC().Format("2 Jan 2006 15:04")
		fired := span(s.Window.To.Sub(x.Since))
		if x.AtLeast {
			since, fired = "before "+since, "over "+fired
		}
		v.Rows = append(v.Rows, standingRow{newText(x.Name, nameLimit), newText(x.Severity, 24), labelsText(x.Labels, "severity"), since, fired})
	}
	if n > len(v.Rows) {
		v.More = fmt.Sprintf("Not shown: %s. All are in the JSON.", plural(n-len(v.Rows), "more alert"))
	}
	return v
}

func isAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return plural(n, noun) + " were"
}

// staleNow counts the standing alerts that are stale.
func staleNow(s *noise.Summary) int {
	n := 0
	for _, x := range s.Standing {
		if s.Window.To.Sub(x.Since) > s.Options.Stale {
			n++
		}
	}
	return n
}

// labelsText lists labels, but for one that is shown elsewhere; lines break
// between labels.
func labelsText(ls labels.Labels, except string) text {
	var parts []string
	ls.Range(func(l labels.Label) {
		if l.Name != except {
			parts = append(parts, l.Name+"="+clean(l.Value, 60))
		}
	})
	if n := len(parts) - labelsShown; n > 0 {
		parts = append(parts[:labelsShown], plural(n, "more label"))
	}
	t := newText(strings.Join(parts, ", "), 160)
	t.Parts = []string{t.Shown}
	return t
}

func (v *view) takeSpells(s *noise.Summary) {
	longest := slices.SortedStableFunc(slices.Values(s.Spells), func(a, b noise.Spell) int {
		return int(b.Duration() - a.Duration())
	})
	for _, x := range longest[:min(spellsShown, len(longest))] {
		v.Spells = append(v.Spells, spellView{spellSays(x.Kind), minute(x.From), span(x.Duration()), newText(x.Group, nameLimit)})
	}
	if n := len(longest) - len(v.Spells); n > 0 {
		v.MoreSpells = fmt.Sprintf("Not shown: %s, none longer than these. All are in the JSON.", plural(n, "more spell"))
	}
}

func spellSays(k noise.SpellKind) string {
	switch k {
	case noise.SpellRestart:
		return "restart"
	case noise.SpellFailedEvaluation:
		return "failed evaluations"
	case noise.SpellMissedEvaluation:
		return "missed evaluations"
	case noise.SpellOutage:
		return "nothing recorded"
	}
	return clean(string(k), 40)
}
