package lint

import (
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

func deadCheck() Check {
	return Check{
		Kind: noise.KindDead, Action: noise.NotGiven, find: findDead,
		Title: "the condition can never be true",
		Help: "The condition of the rule can't be true of any series, by its text alone. Nobody will ever be told " +
			"of what the rule is there for, and nothing shows that.",
	}
}

// findDead finds conditions that can never be true by their text.
func findDead(c *corpus) {
	if c.o.Impossible == nil {
		return
	}
	for i := range c.in.Rules {
		if !isReadable(c.in.Rules[i].Expr) {
			continue
		}
		reason, ok := c.o.Impossible(c.in.Rules[i].Expr)
		if !ok {
			continue
		}
		c.report(i, noise.Finding{
			Gravity:    noise.GravityError,
			Title:      "The alert can never fire: " + excerpt(reason),
			Advice:     "Correct the condition, or delete the rule: nobody is told of what it is there for.",
			Evidence:   []noise.Fact{text("reason", reason), text("expr", c.in.Rules[i].Expr)},
			Confidence: noise.Proven, Why: "It follows from the text of the expression, whatever the series.",
		})
	}
}

func duplicateCheck() Check {
	return Check{
		Kind: noise.KindDuplicate, Action: noise.GivenNeedlessly, find: findDuplicates,
		Title: "two rules have the same condition",
		Help: "Two rules have the same condition, though it may be written in another way. Whenever one fires the " +
			"other does too, so one fault is told twice, and whoever changes one threshold forgets the other.",
	}
}

// findDuplicates reports, of rules with the same condition, all but the first.
func findDuplicates(c *corpus) {
	first := make([]int, len(c.in.Rules)) // the rule that stays, by rule
	for i := range first {
		first[i] = i
	}
	root := func(i int) int {
		for first[i] != i {
			first[i] = first[first[i]]
			i = first[i]
		}
		return i
	}
	why := map[int]string{}
	for _, p := range c.proofs(true) {
		a, b := root(p.Inner), root(p.Outer)
		first[max(a, b)] = min(a, b)
		why[max(p.Inner, p.Outer)] = p.Why
	}
	for i := range c.in.Rules {
		if stays := root(i); stays != i {
			c.duplicate(i, stays, why[i])
		}
	}
}

func (c *corpus) duplicate(rule, stays int, why string) {
	r, other := &c.in.Rules[rule], &c.in.Rules[stays]
	c.report(rule, noise.Finding{
		Gravity: noise.GravityWarning, Others: []noise.RuleRef{other.Ref()},
		Title:  fmt.Sprintf("The same condition as %s (%s)", excerpt(other.Name), at(other)),
		Advice: "Keep one of the two; if it is meant for two receivers, let the route tell both.",
		Evidence: []noise.Fact{
			text("same_as", other.Name), text("expr", r.Expr), text("other_expr", other.Expr),
			seconds("for", r.For), seconds("other_for", other.For),
		},
		Confidence: noise.Proven, Why: reason(why, r, other),
	}, other.Name, other.Group)
}

func subsumedCheck() Check {
	return Check{
		Kind: noise.KindSubsumed, Action: noise.GivenNeedlessly, find: findSubsumed,
		Title: "a rule fires only while another does",
		Help: "Whenever the rule fires, another one fires as well: its condition implies the other's. Where it is " +
			"no louder than the other it tells nothing new; where it is, both notify of one fault unless one " +
			"inhibits the other.",
	}
}

// findSubsumed reports rules that fire only while another does. A louder rule
// within a quieter one of the same name is how severities are stepped, and
// Alertmanager's usual inhibition takes care of it, so it is no finding.
func findSubsumed(c *corpus) {
	goes := map[int]bool{} // rules that are duplicates, which says enough
	for _, p := range c.proofs(true) {
		goes[max(p.Inner, p.Outer)] = true
	}
	outers := map[int][]Proof{}
	for _, p := range c.proofs(false) {
		if !c.isStep(p) && !goes[p.Inner] && !goes[p.Outer] {
			outers[p.Inner] = append(outers[p.Inner], p)
		}
	}
	for i := range c.in.Rules {
		if ps := outers[i]; len(ps) > 0 {
			c.subsumed(i, ps)
		}
	}
}

// isStep tells whether the inner rule is the louder one of two of a name.
func (c *corpus) isStep(p Proof) bool {
	inner, outer := &c.in.Rules[p.Inner], &c.in.Rules[p.Outer]
	return inner.Name == outer.Name && loudness(c.level(inner)) > loudness(c.level(outer))
}

func loudness(l noise.Level) int {
	return slices.Index([]noise.Level{noise.LevelUnclassified, noise.LevelLow, noise.LevelMedium, noise.LevelHigh}, l)
}

func (c *corpus) subsumed(rule int, ps []Proof) {
	r := &c.in.Rules[rule]
	slices.SortStableFunc(ps, func(a, b Proof) int { return a.Outer - b.Outer })
	stays := &c.in.Rules[ps[0].Outer]
	f := noise.Finding{
		Gravity:  noise.GravityWarning,
		Title:    fmt.Sprintf("It fires only while %s does (%s), and is no louder", excerpt(stays.Name), at(stays)),
		Advice:   fmt.Sprintf("Delete it, or give it a severity above that of %s.", excerpt(stays.Name)),
		Evidence: []noise.Fact{text("within", stays.Name), text("expr", r.Expr), text("other_expr", stays.Expr), number("rules", float64(len(ps)))},
		Why:      reason(ps[0].Why, r, stays), Confidence: noise.Proven,
	}
	if loudness(c.level(r)) > loudness(c.level(stays)) && c.level(stays) != noise.LevelUnclassified {
		f.Gravity = noise.GravityInfo
		f.Title = fmt.Sprintf("It fires only while %s does (%s), so that both notify of one fault", excerpt(stays.Name), at(stays))
		f.Advice = fmt.Sprintf("Inhibit %s while this one fires.", excerpt(stays.Name))
	}
	for _, p := range ps {
		f.SeenWith(c.in.Rules[p.Outer].Ref())
	}
	c.report(rule, f, stays.Name, stays.Group)
}

// proofs are those that are about two rules which are there, in a fixed order.
func (c *corpus) proofs(equal bool) []Proof {
	var out []Proof
	n := len(c.in.Rules)
	for _, p := range c.in.Proofs {
		known := p.Inner >= 0 && p.Inner < n && p.Outer >= 0 && p.Outer < n
		if known && p.Equal == equal && !isOne(&c.in.Rules[p.Inner], &c.in.Rules[p.Outer]) {
			out = append(out, p)
		}
	}
	return out
}

// isOne tells whether two rules are one in the file, which an alias repeats.
func isOne(a, b *noise.Rule) bool {
	return a == b || (a.Line > 0 && a.Line == b.Line && a.File == b.File)
}

// reason is what a proof about two rules rests on.
func reason(why string, a, b *noise.Rule) string {
	if why == "" {
		why = "It follows from the text of both expressions."
	}
	if a.File != b.File {
		why += " One Prometheus has to load both files."
	}
	return excerpt(why)
}

// at is where a rule is.
func at(r *noise.Rule) string {
	if r.Line == 0 {
		return "group " + excerpt(r.Group)
	}
	return fmt.Sprintf("%s:%d", excerpt(r.File), r.Line)
}
