package report

import (
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/slo"
)

// Became is what became of a piece of advice.
type Became string

// What can become of advice.
const (
	// AdviceTaken: the rule is gone, or what it says has changed.
	AdviceTaken Became = "taken"
	// AdviceNotTaken: the rule is as it was, and so is what was found.
	AdviceNotTaken Became = "not_taken"
	// AdviceNotFound: the rule is as it was, and nothing is found any more.
	AdviceNotFound Became = "no_longer_found"
	// AdviceUnknown: the rules of then or of now are not known.
	AdviceUnknown Became = "unknown"
)

// Advice is what became of an earlier report's advice.
type Advice struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Overlaps tells that the earlier window reaches into this one, so that
	// before and after are mixed.
	Overlaps bool `json:"overlaps"`
	// Unit is what promises and outcomes are counted in: notifications that name
	// the rule alone, or starts where nobody replayed them.
	Unit  string         `json:"unit"`
	Count map[Became]int `json:"count"`
	// Promised and Fewer are of the advice that was taken: what it would save a
	// week, and how many fewer a week came. Nil where neither is known.
	Promised *float64       `json:"promised_per_week"`
	Fewer    *float64       `json:"fewer_per_week"`
	Items    []AdviceFollow `json:"items"`
}

// AdviceFollow is what became of one decision, or of one finding that no decision
// rested on.
type AdviceFollow struct {
	Verb     *string `json:"verb"`
	Kind     *string `json:"kind"`
	Finding  *string `json:"finding"`
	Rule     *string `json:"rule"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Severity *string `json:"severity"`
	SLO      *string `json:"slo"`
	Says     string  `json:"says"`
	Became   Became  `json:"became"`
	// Changes are what changed on the rule: gone, expr, for, keep_firing_for,
	// severity.
	Changes  []string `json:"changes"`
	Promised *float64 `json:"promised_per_week"`
	Before   *float64 `json:"before_per_week"`
	Now      *float64 `json:"now_per_week"`
}

// newAdvice is nil where no earlier report is at hand.
func newAdvice(in Input, rules []Rule) *Advice {
	if in.Earlier == nil {
		return nil
	}
	c := newComparison(in, rules)
	out := &Advice{
		From: in.Earlier.from, To: in.Earlier.to, Overlaps: in.Earlier.to.After(in.Current.Window.From), Unit: c.unit(),
		Count: map[Became]int{AdviceTaken: 0, AdviceNotTaken: 0, AdviceNotFound: 0, AdviceUnknown: 0}, Items: []AdviceFollow{},
	}
	for i := range in.Earlier.advice {
		f := c.follow(&in.Earlier.advice[i])
		out.Count[f.Became]++
		if f.Became == AdviceTaken && f.Verb != nil {
			out.add(f)
		}
		out.Items = append(out.Items, f)
	}
	return out
}

// add sums the promise and the outcome of a decision that was taken. Findings are
// left out: several of them speak of the same notifications.
func (a *Advice) add(f AdviceFollow) {
	if f.Promised == nil || f.Before == nil || f.Now == nil {
		return
	}
	if a.Promised == nil {
		a.Promised, a.Fewer = new(float64), new(float64)
	}
	a.Promised = rounded(*a.Promised + *f.Promised)
	a.Fewer = rounded(*a.Fewer + *f.Before - *f.Now)
}

// comparison holds an earlier report against this one.
type comparison struct {
	then    *Earlier
	window  slo.Interval
	texts   ruleTexts
	known   bool // the rules in force now are known
	routed  bool // notifications were replayed, then and now
	before  map[noise.RuleKey]*earlierRule
	now     map[ruleName][]*Rule
	found   map[string]bool // ids of what is found now
	decided map[ruleName][]decide.Verb
}

func newComparison(in Input, rules []Rule) *comparison {
	c := &comparison{
		then: in.Earlier, window: in.Current.Window, texts: newRuleTexts(in.Rules), known: len(in.Rules) > 0,
		routed: in.Earlier.routed && in.Judged != nil && in.Judged.Route != nil,
		before: map[noise.RuleKey]*earlierRule{}, now: map[ruleName][]*Rule{}, found: map[string]bool{}, decided: map[ruleName][]decide.Verb{},
	}
	for i := range in.Earlier.rules {
		r := &in.Earlier.rules[i]
		c.before[r.key()] = r
	}
	for i := range rules {
		c.now[ruleName{name: rules[i].Name}] = append(c.now[ruleName{name: rules[i].Name}], &rules[i])
	}
	if in.Judged == nil {
		return c
	}
	for i := range in.Judged.Findings {
		c.found[in.Judged.Findings[i].ID] = true
	}
	for _, d := range in.Judged.Decisions {
		c.decided[ruleName{name: d.Rule.Name}] = append(c.decided[ruleName{name: d.Rule.Name}], d.Verb)
	}
	return c
}

func (c *comparison) unit() string {
	if c.routed {
		return "notifications"
	}
	return "starts"
}

// follow says what became of a piece of advice.
func (c *comparison) follow(a *earlierAdvice) AdviceFollow {
	f := AdviceFollow{
		Verb: known(string(a.verb)), Kind: known(string(a.kind)), Finding: known(a.id), Rule: known(a.key.Name),
		Group: known(a.key.Group), File: known(a.key.File), Severity: known(a.key.Severity), SLO: known(a.slo),
		Says: clean(a.says, sentenceLimit), Promised: a.saves, Changes: []string{},
	}
	stillFound := c.stillFound(a)
	if a.key.Name == "" {
		f.Became = AdviceNotFound
		if stillFound {
			f.Became = AdviceNotTaken
		}
		return f
	}
	then, now := c.before[a.key], c.today(a.key)
	f.Before, f.Now = c.rateThen(then), c.rateNow(now)
	changes, known := c.changes(then, a.key, now)
	f.Changes = append(f.Changes, changes...)
	switch {
	case len(changes) > 0:
		f.Became = AdviceTaken
	case stillFound:
		f.Became = AdviceNotTaken
	case !known:
		f.Became = AdviceUnknown
	default:
		f.Became = AdviceNotFound
	}
	return f
}

// stillFound tells whether the same is decided or found now.
func (c *comparison) stillFound(a *earlierAdvice) bool {
	if a.verb == "" {
		return c.found[a.id]
	}
	for _, id := range a.because {
		if c.found[id] {
			return true
		}
	}
	for _, verb := range c.decided[ruleName{name: a.key.Name}] {
		if verb == a.verb {
			return true
		}
	}
	return false
}

// today is the row of a rule as it is now: of that name, in that group and file
// as far as that can be told, and rather of the same severity; nil where it is
// gone.
func (c *comparison) today(key noise.RuleKey) *Rule {
	var best *Rule
	for _, r := range c.now[ruleName{name: key.Name}] {
		switch {
		case text0(r.Group) != key.Group || !sameFile(text0(r.File), key.File):
		case text0(r.Severity) == key.Severity:
			return r
		case best == nil:
			best = r
		}
	}
	if all := c.now[ruleName{name: key.Name}]; best == nil && len(all) == 1 {
		return all[0] // moved to another group or file
	}
	return best
}

// changes lists what differs between then and now; known is false where the
// rules of one of the two are not known.
func (c *comparison) changes(then *earlierRule, key noise.RuleKey, now *Rule) (changes []string, known bool) {
	if !c.known {
		return nil, false
	}
	if now == nil || now.Expr == nil && len(c.texts[ruleName{now.Name, text0(now.Group), text0(now.File)}]) == 0 {
		return []string{"gone"}, true
	}
	if text0(now.Severity) != key.Severity {
		changes = append(changes, "severity")
	}
	if then == nil || then.Expr == nil || now.Expr == nil {
		return changes, false
	}
	if strings.Join(strings.Fields(*then.Expr), " ") != strings.Join(strings.Fields(*now.Expr), " ") {
		changes = append(changes, "expr")
	}
	if then.For != nil && *then.For != *now.For {
		changes = append(changes, "for")
	}
	if then.Keep != nil && *then.Keep != *now.Keep {
		changes = append(changes, "keep_firing_for")
	}
	return changes, true
}

// rateThen is how many notifications, or starts, a week the rule made then.
func (c *comparison) rateThen(r *earlierRule) *float64 {
	if r == nil {
		return nil
	}
	return c.rate(r.Episodes, r.Alone, r.Notifications, c.then.to.Sub(c.then.from))
}

// rateNow is the same for now; a rule that is gone makes none.
func (c *comparison) rateNow(r *Rule) *float64 {
	if r == nil {
		if !c.known {
			return nil
		}
		return new(float64)
	}
	return c.rate(r.Episodes, r.NotifiedAlone, r.Notifications, c.window.Duration())
}

func (c *comparison) rate(episodes int, alone, notifications *int, over time.Duration) *float64 {
	n := &episodes
	if c.routed {
		n = alone
		if n == nil {
			n = notifications
		}
	}
	if n == nil || over <= 0 {
		return nil
	}
	return rounded(float64(*n) / (over.Hours() / (7 * 24)))
}
