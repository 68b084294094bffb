package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/slo"
)

// sampleWindow stands for the window while a query is parsed: odd, and so
// unlikely to be written by a person, and as long to write as the placeholder, so
// that the places of parse errors are right.
const (
	sampleWindow     = 123457 * time.Second
	sampleWindowText = "123457s"
)

// tooLong is a placeholder that goes on: $windows is not $window.
var tooLong = regexp.MustCompile(`\$window[a-zA-Z0-9_]`)

// maxQuery bounds the text of a query.
const maxQuery = 64 << 10

// parse reads PromQL in which WindowPlaceholder may stand for a duration.
func (s *state) parse(query string) (parser.Expr, error) {
	switch {
	case strings.TrimSpace(query) == "":
		return nil, errors.New("the query is empty")
	case len(query) > maxQuery:
		return nil, fmt.Errorf("the query is longer than %d bytes", maxQuery)
	case tooLong.MatchString(query):
		return nil, fmt.Errorf("%s must end where a duration ends", slo.WindowPlaceholder)
	}
	expr, err := s.promql.ParseExpr(strings.ReplaceAll(query, slo.WindowPlaceholder, sampleWindowText))
	if err != nil {
		return nil, err
	}
	return expr, nil
}

// query is one side of a ratio of events: a vector selector of counters where
// it is one, else PromQL, which needs the placeholder.
func (s *state) query(text string) (slo.Query, error) {
	text = uncomment(text)
	if !strings.Contains(text, slo.WindowPlaceholder) {
		selector, err := s.selector(text)
		if errors.Is(err, errNoSelector) {
			err = fmt.Errorf("%w; PromQL needs %s for its range", err, slo.WindowPlaceholder)
		}
		return slo.Query{Selector: selector}, err
	}
	expr, err := s.expression(text)
	return slo.Query{Expr: expr}, err
}

// errNoSelector is PromQL where a vector selector is needed.
var errNoSelector = errors.New("no vector selector")

// selector is a vector selector, as Prometheus writes it.
func (s *state) selector(text string) (string, error) {
	expr, err := s.parse(uncomment(text))
	if err != nil {
		return "", err
	}
	v, ok := unwrap(expr).(*parser.VectorSelector)
	if !ok {
		return "", fmt.Errorf("%q is %w", shorten(text), errNoSelector)
	}
	if !plainSelector(v) {
		return "", fmt.Errorf("%q: a selector of raw series has no offset, @, anchored or smoothed", shorten(text))
	}
	return v.String(), nil
}

// plainSelector tells whether a selector reads its series at the instant that is
// asked for.
func plainSelector(v *parser.VectorSelector) bool {
	return v.OriginalOffset == 0 && v.OriginalOffsetExpr == nil && v.Timestamp == nil && v.StartOrEnd == 0 && !v.Anchored && !v.Smoothed
}

// expression is PromQL that gives a vector or a number for the window.
func (s *state) expression(text string) (string, error) {
	text = uncomment(text)
	expr, err := s.parse(text)
	if err != nil {
		return "", err
	}
	if !strings.Contains(text, slo.WindowPlaceholder) {
		return "", fmt.Errorf("no %s: the range must be the window, as in rate(x[%s])", slo.WindowPlaceholder, slo.WindowPlaceholder)
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return "", fmt.Errorf("the query gives a %s, not a vector", t)
	}
	return text, nil
}

// uncomment takes the comments out of PromQL, since queries become parts of
// others, and the space around it.
func uncomment(query string) string {
	var out strings.Builder
	var quote rune
	comment, escaped := false, false
	for _, r := range query {
		switch {
		case comment:
			comment = r != '\n'
		case escaped:
			escaped = false
		case quote != 0:
			escaped = r == '\\' && quote != '`'
			if r == quote {
				quote = 0
			}
		case r == '#':
			comment = true
		case strings.ContainsRune("'\"`", r):
			quote = r
		}
		if !comment {
			out.WriteRune(r)
		}
	}
	return strings.TrimSpace(out.String())
}

// shorten keeps a query in a message from filling it.
func shorten(query string) string {
	query = strings.Join(strings.Fields(query), " ")
	if runes := []rune(query); len(runes) > 80 {
		return string(runes[:77]) + "..."
	}
	return query
}

// unwrap takes parentheses off an expression.
func unwrap(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}

// counter is an expression that only counts the events of raw series over the
// window: rate or increase of a selector, summed or not.
type counter struct {
	selector *parser.VectorSelector
	by       []string // sorted
	fn       string   // rate or increase
	bare     bool     // there is no sum
}

// asCounter recognises sum by (by) (rate(selector[$window])).
func asCounter(e parser.Expr) (counter, bool) {
	e = unwrap(e)
	c := counter{bare: true}
	if sum, ok := e.(*parser.AggregateExpr); ok {
		if sum.Op != parser.SUM || sum.Without {
			return c, false
		}
		c.bare, c.by = false, slices.Compact(slices.Sorted(slices.Values(sum.Grouping)))
		e = unwrap(sum.Expr)
	}
	call, ok := e.(*parser.Call)
	if !ok || call.Func.Name != "rate" && call.Func.Name != "increase" {
		return c, false
	}
	matrix, ok := unwrap(call.Args[0]).(*parser.MatrixSelector)
	if !ok || matrix.Range != sampleWindow || matrix.RangeExpr != nil {
		return c, false
	}
	c.fn = call.Func.Name
	c.selector, ok = matrix.VectorSelector.(*parser.VectorSelector)
	return c, ok && plainSelector(c.selector)
}

// alike tells whether two counters may be divided by each other.
func (c counter) alike(o counter) bool {
	return c.fn == o.fn && c.bare == o.bare && slices.Equal(c.by, o.by)
}

// exact is an SLI on raw series and the labels that its queries kept.
type exact struct {
	sli  slo.SLI
	by   []string
	bare bool // the queries did not sum
}

// exactEvents finds the raw series behind a pair of queries, so that events can
// be counted exactly; ok is false where there is more to the queries.
func (s *state) exactEvents(of, total string, good bool) (out exact, ok bool) {
	ofExpr, err := s.parse(of)
	if err != nil {
		return out, false
	}
	totalExpr, err := s.parse(total)
	if err != nil {
		return out, false
	}
	return exactPair(ofExpr, totalExpr, good)
}

func exactPair(of, total parser.Expr, good bool) (out exact, ok bool) {
	all, ok := asCounter(total)
	if !ok {
		return out, false
	}
	if diff, isDiff := unwrap(of).(*parser.BinaryExpr); isDiff && diff.Op == parser.SUB {
		minuend, ok := asCounter(diff.LHS)
		if !ok || !minuend.alike(all) || minuend.selector.String() != all.selector.String() {
			return out, false
		}
		of, good = diff.RHS, !good
	}
	part, ok := asCounter(of)
	if !ok || !part.alike(all) {
		return out, false
	}
	return exact{sli: eventsOf(part.selector, all.selector, good), by: all.by, bare: all.bare}, true
}

// exactRatio does the same for a ratio: a / b, or 1 - a / b.
func (s *state) exactRatio(ratio string, good bool) (out exact, ok bool) {
	expr, err := s.parse(ratio)
	if err != nil {
		return out, false
	}
	b, ok := unwrap(expr).(*parser.BinaryExpr)
	if !ok {
		return out, false
	}
	if one, isNumber := unwrap(b.LHS).(*parser.NumberLiteral); isNumber && b.Op == parser.SUB && one.Val == 1 {
		good = !good
		if b, ok = unwrap(b.RHS).(*parser.BinaryExpr); !ok {
			return out, false
		}
	}
	if b.Op != parser.DIV {
		return out, false
	}
	return exactPair(b.LHS, b.RHS, good)
}

// eventsOf is the SLI of two raw counters; a bucket that is good is a latency.
func eventsOf(part, total *parser.VectorSelector, good bool) slo.SLI {
	if threshold, ok := bucketOf(part); ok && good && threshold > 0 {
		return slo.Latency{Good: part.String(), Total: total.String(), Threshold: threshold}
	}
	of := slo.Query{Selector: part.String()}
	if good {
		return slo.Events{Good: of, Total: slo.Query{Selector: total.String()}}
	}
	return slo.Events{Bad: of, Total: slo.Query{Selector: total.String()}}
}

// bucketOf is the upper bound of a selector of classic buckets; ok is false
// where it has no le matcher, and the bound is 0 where that does not name one.
func bucketOf(v *parser.VectorSelector) (threshold time.Duration, ok bool) {
	for _, m := range v.LabelMatchers {
		if m.Name != labels.BucketLabel {
			continue
		}
		if m.Type == labels.MatchEqual {
			threshold = secondsOf(m.Value, v.Name)
		}
		return threshold, true
	}
	return 0, false
}

// groupingOf is the labels that the outermost sum of PromQL keeps; none where it
// has no sum by labels.
func (s *state) groupingOf(query string) []string {
	expr, err := s.parse(query)
	if err != nil {
		return nil
	}
	for {
		switch e := unwrap(expr).(type) {
		case *parser.AggregateExpr:
			if e.Without {
				return nil
			}
			return slices.Compact(slices.Sorted(slices.Values(e.Grouping)))
		case *parser.BinaryExpr:
			expr = e.LHS
			if _, isNumber := unwrap(e.LHS).(*parser.NumberLiteral); isNumber {
				expr = e.RHS
			}
		default:
			return nil
		}
	}
}
