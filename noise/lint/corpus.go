package lint

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

// longestText bounds the expressions and templates that are read, in bytes:
// their trees are walked recursively, and nobody reviews a longer one.
const longestText = 64 << 10

// corpus is the rules, read once, and what has been found in them.
type corpus struct {
	in       Input
	o        Options
	exprs    []parser.Expr // by rule; nil where it can't be read
	reader   *templateReader
	scripts  map[string]*script
	check    Check
	findings []noise.Finding
}

func newCorpus(in Input, o Options) *corpus {
	trees := in.Trees
	if trees == nil {
		trees = &Trees{}
	}
	return &corpus{in: in, o: o, exprs: trees.parseAll(in.Rules), reader: newTemplateReader(), scripts: map[string]*script{}}
}

// deepestNest bounds how deep the parentheses of an expression nest: Prometheus'
// parser takes quadratic time in that.
const deepestNest = 500

// isReadable tells whether an expression is short and flat enough to be read.
// Parentheses in strings count too, which nobody's expression minds.
func isReadable(expr string) bool {
	if len(expr) > longestText {
		return false
	}
	depth := 0
	for i := range len(expr) {
		switch expr[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth > deepestNest {
			return false
		}
	}
	return true
}

// script is a text read as a template, each distinct text once; nil for plain
// text and for what is too long.
func (c *corpus) script(text string) *script {
	if len(text) > longestText || !strings.Contains(text, "{{") {
		return nil
	}
	s, ok := c.scripts[text]
	if !ok {
		s = c.reader.read(text)
		c.scripts[text] = s
	}
	return s
}

// excused tells whether a rule is not to be looked at for the current kind.
func (c *corpus) excused(r *noise.Rule) bool {
	return c.o.Suppressed != nil && c.o.Suppressed(r, c.check.Kind)
}

// report enters a finding of the current check about a rule. What the finding
// leaves empty is filled in: kind, control action, place, confidence and an id
// that also hangs on the given details.
func (c *corpus) report(rule int, f noise.Finding, details ...string) {
	r := &c.in.Rules[rule]
	if c.excused(r) {
		return
	}
	f.Kind, f.Rule = c.check.Kind, r.Ref()
	if f.Action == "" {
		f.Action = c.check.Action
	}
	if f.Confidence == "" {
		f.Confidence, f.Why = noise.Proven, "It follows from the text of the rule."
	}
	f.ID = noise.FindingID(f.Kind, f.Rule.RuleKey, details...)
	c.findings = append(c.findings, f)
}

// level is how loud a rule is.
func (c *corpus) level(r *noise.Rule) noise.Level {
	if l, ok := c.o.Severities[strings.ToLower(r.Severity())]; ok {
		return l
	}
	return noise.LevelUnclassified
}

// has tells whether any of the names has a value that is more than space.
func has(ls labels.Labels, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.TrimSpace(ls.Get(n)) != "" })
}

// interval is how often a rule is evaluated, and whether its group says so.
func (c *corpus) interval(r *noise.Rule) (every time.Duration, known bool) {
	if r.Interval > 0 {
		return r.Interval, true
	}
	return c.o.EvaluationInterval, false
}

// scrape is how far apart samples are, and whether that was given.
func (c *corpus) scrape() (every time.Duration, given bool) {
	if c.o.ScrapeInterval > 0 {
		return c.o.ScrapeInterval, true
	}
	return defaultScrape, false
}

func seconds(name string, d time.Duration) noise.Fact {
	v := d.Seconds()
	return noise.Fact{Name: name + "_seconds", Value: &v}
}

func text(name, value string) noise.Fact { return noise.Fact{Name: name, Text: excerpt(value)} }

func number(name string, v float64) noise.Fact {
	if math.IsNaN(v) {
		return noise.Fact{Name: name}
	}
	return noise.Fact{Name: name, Value: &v}
}

// longestExcerpt is how much of a text from outside is quoted, in characters.
const longestExcerpt = 120

// excerpt is the beginning of a text, on one line.
func excerpt(s string) string {
	if len(s) > 4*longestExcerpt {
		s = s[:4*longestExcerpt]
	}
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if runes := []rune(s); len(runes) > longestExcerpt {
		s = string(runes[:longestExcerpt-1]) + "…"
	}
	return s
}

// quoted is an excerpt in quotes, with control characters escaped.
func quoted(s string) string { return strconv.Quote(excerpt(s)) }

// span is a duration as Prometheus writes it.
func span(d time.Duration) string { return model.Duration(d).String() }
