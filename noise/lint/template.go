package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

func templateCheck() Check {
	return Check{
		Kind: noise.KindTemplate, Action: noise.WrongTime, find: findTemplates,
		Title: "a template that fails or shows nothing",
		Help: "A template in a label or an annotation does not parse, fails when it is filled in, or shows a label " +
			"that the expression can't give. Prometheus refuses a file over the first; the others send an error " +
			"or a hole to whoever reads the alert.",
	}
}

// findTemplates finds labels and annotations whose template does not parse,
// fails when it is filled in, or shows a label that the expression can't give.
func findTemplates(c *corpus) {
	for i := range c.in.Rules {
		r := &c.in.Rules[i]
		shown := map[string][]string{} // by label, the texts that show it
		take := func(where, value string) {
			s := c.script(value)
			if s == nil {
				return
			}
			c.brokenTemplate(i, where, s)
			for _, name := range s.reads {
				shown[name] = append(shown[name], where)
			}
		}
		r.Labels.Range(func(l labels.Label) { take("label "+excerpt(l.Name), l.Value) })
		r.Annotations.Range(func(l labels.Label) { take("annotation "+excerpt(l.Name), l.Value) })
		c.holes(i, shown)
	}
}

// brokenTemplate reports a template that does not parse or can't be filled in.
func (c *corpus) brokenTemplate(rule int, where string, s *script) {
	if s.err != "" {
		c.report(rule, noise.Finding{
			Gravity: noise.GravityError, Action: noise.NotGiven,
			Title:    fmt.Sprintf("The template of %s does not parse: %s", where, excerpt(s.err)),
			Advice:   "Correct the template; Prometheus refuses a whole rule file over it.",
			Evidence: []noise.Fact{text("where", where), text("error", s.err)},
		}, where)
	}
	if len(s.faults) > 0 {
		c.report(rule, noise.Finding{
			Gravity:  noise.GravityWarning,
			Title:    fmt.Sprintf("The template of %s can't be filled in: %s", where, excerpt(s.faults[0])),
			Advice:   "Correct the template; what is shown instead of the text is an error.",
			Evidence: []noise.Fact{text("where", where), text("error", strings.Join(s.faults, "; "))},
		}, where, "fault")
	}
}

// holes reports the labels that are shown and that the expression can't give.
func (c *corpus) holes(rule int, shown map[string][]string) {
	if len(shown) == 0 || c.exprs[rule] == nil {
		return
	}
	given := labelsOf(c.exprs[rule])
	for name, where := range shown {
		if name == labels.MetricName || given.may(name) {
			continue
		}
		slices.Sort(where)
		where = slices.Compact(where)
		c.report(rule, noise.Finding{
			Gravity:    noise.GravityWarning,
			Title:      fmt.Sprintf("$labels.%s is always empty: the expression can't give that label (%s)", excerpt(name), strings.Join(where, ", ")),
			Advice:     adviceOnHole(given, name),
			Evidence:   []noise.Fact{text("label", name), text("shown_in", strings.Join(where, ", ")), text("labels_given", given.String())},
			Confidence: noise.Proven, Why: "It follows from the aggregations and the matching in the expression.",
		}, "label", name)
	}
}

func adviceOnHole(given labelset, name string) string {
	if !given.open && len(given.names) == 0 {
		return fmt.Sprintf("Take $labels.%s out of the text, or have the expression keep the label: it gives no label at all.", excerpt(name))
	}
	return fmt.Sprintf("Keep the label %s in the expression (by, on, group_left), or take it out of the text.", excerpt(name))
}
