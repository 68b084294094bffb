package report

import "github.com/burnish-sre/burnish/noise"

// ruleName is a rule without what a change may touch.
type ruleName struct{ name, group, file string }

// ruleTexts are the texts of rules by name; several rules of one name in one
// group are told apart by their severity, as far as that is written.
type ruleTexts map[ruleName][]noise.Rule

func newRuleTexts(rules []noise.Rule) ruleTexts {
	out := make(ruleTexts, len(rules))
	for _, r := range rules {
		key := ruleName{r.Name, r.Group, r.File}
		out[key] = append(out[key], r)
	}
	return out
}

// of is the one rule of the key; nil where there is none, or several that the key
// does not tell apart.
func (t ruleTexts) of(k noise.RuleKey) *noise.Rule {
	all := t[ruleName{k.Name, k.Group, k.File}]
	var one *noise.Rule
	for i := range all {
		if all[i].Severity() != k.Severity && len(all) > 1 {
			continue
		}
		if one != nil {
			return nil
		}
		one = &all[i]
	}
	return one
}

// define takes what the rule's text says; nil says nothing.
func (r *Rule) define(text *noise.Rule) {
	if text == nil {
		return
	}
	r.Expr, r.For, r.Keep = &text.Expr, new(seconds(text.For)), new(seconds(text.KeepFiringFor))
}
