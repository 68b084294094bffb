package report

import "slices"

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
