package lint

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// Input is what is linted.
type Input struct {
	Rules  []noise.Rule
	Proofs []Proof
	// Trees hold syntax trees that were parsed already; nil for none.
	Trees *Trees
}

// Proof says that whenever the rule Rules[Inner] fires, Rules[Outer] fires too.
type Proof struct {
	Inner, Outer int
	Equal        bool   // and the other way round
	Why          string // one plain sentence; may be empty
}

// Options say what is usual where the rules come from. The zero value of each
// field means its default.
type Options struct {
	// ScrapeInterval is how far apart the samples of a series are. Default: one
	// minute, as Prometheus' own; findings that rest on it then say so.
	ScrapeInterval time.Duration
	// EvaluationInterval is that of groups which set none. Default: the scrape
	// interval where that is given, else one minute.
	EvaluationInterval time.Duration
	// Severities maps severity labels to levels; rules of the level high page
	// somebody. Default: noise.DefaultSeverities.
	Severities map[string]noise.Level
	// Summaries are the annotations any of which says what is wrong, Owners the
	// labels or annotations that say whose it is, Runbooks the annotations that
	// link to what to do.
	Summaries, Owners, Runbooks []string
	// RunbookLevels are the levels of severity whose rules need a runbook.
	// Default: high.
	RunbookLevels []noise.Level

	// Disabled kinds are not looked for.
	Disabled []noise.Kind
	// Suppressed tells whether a rule is excused from a kind. Default: none is.
	Suppressed func(r *noise.Rule, kind noise.Kind) bool
	// Impossible tells why a condition can never be true; ok is false where it
	// may be. Default: nothing is said of it.
	Impossible func(expr string) (reason string, ok bool)
	// Routed tells whether somebody routes on an alert with these labels.
	// Default: nothing is said of it.
	Routed func(alert labels.Labels) bool
}

// The intervals that Prometheus uses where its configuration names none.
const (
	defaultScrape     = time.Minute
	defaultEvaluation = time.Minute
)

func (o Options) withDefaults() Options {
	o.EvaluationInterval = cmp.Or(max(0, o.EvaluationInterval), max(0, o.ScrapeInterval), defaultEvaluation)
	if o.Severities == nil {
		o.Severities = noise.DefaultSeverities()
	}
	if o.Summaries == nil {
		o.Summaries = []string{"summary", "message", "description", "title", "identifier"}
	}
	if o.Owners == nil {
		o.Owners = []string{"team", "owner", "squad", "owned_by", "owning_team", "responsible", "responsible_team"}
	}
	if o.Runbooks == nil {
		o.Runbooks = []string{"runbook_url", "runbook", "runbookUrl", "runbookURL", "runbook_link", "playbook", "playbook_url"}
	}
	if o.RunbookLevels == nil {
		o.RunbookLevels = []noise.Level{noise.LevelHigh}
	}
	return o
}

// Check finds one kind of fault.
type Check struct {
	Kind   noise.Kind
	Title  string // what it finds, in a few words
	Action noise.ControlAction
	Help   string // the first paragraph of its page in docs/detectors
	find   func(c *corpus)
}

// Run asks every check that is not disabled. The findings are in the order of
// files, lines and kinds, and every one has an id of its own.
func Run(in Input, o Options) []noise.Finding {
	c := newCorpus(in, o.withDefaults())
	for _, check := range All() {
		if slices.Contains(o.Disabled, check.Kind) {
			continue
		}
		c.check = check
		check.find(c)
	}
	slices.SortStableFunc(c.findings, Compare)
	distinguish(c.findings)
	return c.findings
}

// Compare orders findings by file, line, kind and id.
func Compare(a, b noise.Finding) int {
	return cmp.Or(
		cmp.Compare(a.Rule.File, b.Rule.File),
		cmp.Compare(a.Rule.Line, b.Rule.Line),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.ID, b.ID),
	)
}

// distinguish gives findings about rules that are alike in name, group, file
// and severity ids of their own: the first keeps its id.
func distinguish(findings []noise.Finding) {
	seen := make(map[string]int, len(findings))
	for i := range findings {
		f := &findings[i]
		id := f.ID
		seen[id]++
		if n := seen[id]; n > 1 {
			f.ID = noise.FindingID(f.Kind, f.Rule.RuleKey, id, strconv.Itoa(n))
		}
	}
}
