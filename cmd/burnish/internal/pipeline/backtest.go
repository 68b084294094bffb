package pipeline

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// BacktestOptions say which rules are held against those in force.
type BacktestOptions struct {
	// Rules are the proposed ones, all of them: a rule in force that is not among
	// them is removed, unless KeepOthers says that groups without any proposed
	// rule stay as they are.
	Rules      []noise.Rule
	KeepOthers bool
	// Records are the recorded series that the proposed files define, and
	// CurrentRecords those of the files in force, where these are known.
	Records, CurrentRecords []Record
	// Evaluation is how often rules are evaluated whose group sets no interval;
	// 0 takes that of the rule in force that a rule replaces, else a minute.
	Evaluation time.Duration
	Judge      JudgeOptions
	// Progress is told after each rule how many of how many were replayed; nil
	// tells nobody. It is called from one goroutine at a time.
	Progress func(done, of int)
}

// Record is a series that a recording rule makes.
type Record struct{ Name, Expr string }

// RuleDiff says what became of a rule.
type RuleDiff string

// What may become of a rule.
const (
	RuleAdded     RuleDiff = "added"
	RuleRemoved   RuleDiff = "removed"
	RuleChanged   RuleDiff = "changed"
	RuleUnchanged RuleDiff = "unchanged"
)

// Backtest is what proposed rules would have done, beside what the rules in
// force would have done, over the same history.
type Backtest struct {
	Source string
	Window slo.Interval
	// TruthKnown tells whether there are incidents or SLOs to judge by, and
	// RoutesKnown whether notifications went through a real configuration.
	TruthKnown, RoutesKnown bool
	Options                 truth.Options // as applied

	Before, After Figures // of all rules that could be replayed
	// Unchanged is the sum of the rules that are the same on both sides.
	Unchanged [2]Figures
	// Rules are those that were added, removed or changed, in that order, each
	// kind ordered by name; those that could not be replayed are not among them.
	Rules []RuleBacktest
	// Lost are the incidents that were caught at their onset and are no more,
	// Gained the other way round, and Later those that are caught too late by
	// comparison.
	Lost, Gained, Later []IncidentBacktest
	// Left are the rules that could not be replayed. Each was left out on both
	// sides.
	Left []LeftOut
	// Check is how well the replay of the rules in force gives what was recorded.
	Check Reproduction
	// Notes are what a reader has to know of the replay, as sentences.
	Notes []string
}

// Figures are what some rules did in a window.
type Figures struct {
	Rules    int
	Episodes int           // that began to fire in the window
	Firing   time.Duration // summed over alerts, within the window
	// Outside is the share of the judged firing episodes that met no incident of
	// their own; Unjudged are those that no truth could judge.
	Outside  slo.Proportion
	Unjudged int
	// Caught is the share of the incidents at whose onset an alert began to fire,
	// and Detection the time from the incident's start to that.
	Caught    slo.Proportion
	Detection noise.Spread
	// Notifications and Pages are a week's; of a rule those in which it had a
	// part.
	Notifications, Pages float64
}

// RuleBacktest is one rule on both sides. Where it was added Before is nil, and
// where it was removed After is.
type RuleBacktest struct {
	Diff          RuleDiff
	Old, New      *noise.Rule
	Before, After *Figures
	// Lost are the ids of the incidents that the rule itself caught before and
	// catches no more, be they caught by another or not.
	Lost []string
}

// Rule is the rule as it is proposed, or where it is not, as it was.
func (r RuleBacktest) Rule() noise.Rule { return *cmp.Or(r.New, r.Old) }

// IncidentBacktest is an incident that fares otherwise than before.
type IncidentBacktest struct {
	noise.Incident
	// Before and After are when it was first told of; the zero time where it was
	// not. Rules are the names of the rules that told of it at its onset on the
	// side that did, or on both.
	Before, After time.Time
	Rules         []string
}

// LeftOut is a rule that could not be replayed, and why.
type LeftOut struct {
	Rule     noise.Rule
	Proposed bool // it is the proposed rule that can't be replayed
	Why      string
}

// Errors of a backtest that callers branch on.
var (
	// ErrNoCurrentRules says that nobody knows the rules in force.
	ErrNoCurrentRules = errors.New("the rules in force are not known")
)

// Backtest replays the proposed rules and those in force over the window of a
// reading. Each rule's whole expression is evaluated at the evaluations of its
// group, and the alert's state machine is run over the answers. Evaluations that
// were missed, and restarts, are not modelled. A rule that can't be replayed is
// told of and left out.
func (r *Reading) Backtest(ctx context.Context, src collector.Source, o BacktestOptions) (*Backtest, error) {
	if !r.RulesKnown {
		return nil, ErrNoCurrentRules
	}
	b := &backtest{reading: r, src: src, options: o, window: r.seen()}
	b.pairs = pairRules(r.Rules, b.proposed())
	b.setIntervals()
	if err := b.checkRecords(ctx); err != nil {
		return nil, err
	}
	if err := b.replay(ctx); err != nil {
		return nil, err
	}
	before, after := b.judge(oldSide), b.judge(newSide)
	return b.result(before, after), nil
}

// backtest gathers what a Backtest is made of.
type backtest struct {
	reading *Reading
	src     collector.Source
	options BacktestOptions
	window  slo.Interval
	pairs   []rulePair
	notes   []string
}

// proposed are the rules after the change.
func (b *backtest) proposed() []noise.Rule {
	out := b.options.Rules
	if !b.options.KeepOthers {
		return out
	}
	touched := map[string]bool{}
	for i := range out {
		touched[out[i].Group] = true
	}
	out = out[:len(out):len(out)]
	for _, r := range b.reading.Rules {
		if !touched[r.Group] {
			out = append(out, r)
		}
	}
	return out
}
