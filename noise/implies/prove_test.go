package implies

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

func TestProveExpressions(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want Verdict
		why  []Reason
	}{
		"the same text":                           {`x > 5`, `x>5`, Equal, []Reason{ByText}},
		"a turned comparison":                     {`5 < x`, `x > 5`, Equal, []Reason{ByText}},
		"a higher threshold":                      {`x > 90`, `x > 80`, Implies, []Reason{ByThreshold}},
		"a lower threshold":                       {`x > 80`, `x > 90`, Unknown, nil},
		"a lower threshold from below":            {`x < 1`, `x <= 1`, Implies, []Reason{ByThreshold}},
		"other directions":                        {`x > 5`, `x < 9`, Unknown, nil},
		"equality and order":                      {`x == 3`, `x > 2`, Implies, []Reason{ByThreshold}},
		"equality and inequality":                 {`x == 3`, `x != 4`, Implies, []Reason{ByThreshold}},
		"order and inequality":                    {`x > 3`, `x != 3`, Implies, []Reason{ByThreshold}},
		"not a number is unequal":                 {`x != 3`, `x <= 2 or x > 3`, Unknown, nil},
		"percent and ratio that are not exact":    {`x * 100 > 90`, `x > 0.91`, Unknown, nil},
		"percent and a lower ratio":               {`x * 100 > 90`, `x > 0.8`, Implies, []Reason{ByThreshold}},
		"a negative factor turns":                 {`x * -1 < -5`, `x > 4`, Implies, []Reason{ByThreshold}},
		"one minus":                               {`1 - x < 0.25`, `x > 0.5`, Implies, []Reason{ByThreshold}},
		"both exact":                              {`x * 2 > 8`, `x > 4`, Equal, []Reason{ByThreshold}},
		"no factor zero":                          {`x * 0 == 0`, `x > 4`, Unknown, nil},
		"a bare selector":                         {`x > 5`, `x`, Implies, []Reason{ByThreshold}},
		"a histogram has no order":                {`x`, `x > 5 or x <= 5 or x != x`, Unknown, nil},
		"more matchers":                           {`x{job="a"} > 5`, `x > 5`, Implies, []Reason{ByMatchers}},
		"more matchers and threshold":             {`x{job="a",env="p"} > 6`, `x{env="p"} > 5`, Implies, []Reason{ByThreshold, ByMatchers}},
		"a value in a list":                       {`x{job="a"} > 5`, `x{job=~"a|b"} > 5`, Implies, []Reason{ByMatchers}},
		"a list in a list":                        {`x{job=~"a|c"} > 5`, `x{job=~"c|b|a"} > 5`, Implies, []Reason{ByMatchers}},
		"not one of two":                          {`x{job!~"a|b"} > 5`, `x{job!="a"} > 5`, Implies, []Reason{ByMatchers}},
		"a value that fits":                       {`x{job="api-1"} > 5`, `x{job=~"api-.*"} > 5`, Implies, []Reason{ByMatchers}},
		"a value that does not fit":               {`x{job="api-1"} > 5`, `x{job=~"db-.*"} > 5`, Unknown, nil},
		"any metric of several":                   {`{__name__=~"a|b",job="c"} > 5`, `{__name__=~"a|b"} > 5`, Unknown, nil},
		"other offsets":                           {`x offset 1m > 5`, `x > 5`, Unknown, nil},
		"the same rate":                           {`rate(x{a="1"}[5m]) > 2`, `rate(x[5m]) > 1`, Implies, []Reason{ByThreshold, ByMatchers}},
		"another range":                           {`rate(x[5m]) > 2`, `rate(x[10m]) > 1`, Unknown, nil},
		"a sum over fewer":                        {`sum by (job) (x{a="1"}) > 2`, `sum by (job) (x) > 2`, Unknown, nil},
		"a sum of whole groups":                   {`sum by (job) (x{job="a"}) > 2`, `sum by (job) (x) > 2`, Implies, []Reason{ByMatchers}},
		"a sum without other labels":              {`sum without (pod) (x{job="a"}) > 2`, `sum without (pod) (x) > 2`, Implies, []Reason{ByMatchers}},
		"a quantile of whole groups":              {`histogram_quantile(0.9, sum by (le, job) (rate(b[5m]))) > 2`, `histogram_quantile(0.9, sum by (job, le) (rate(b[5m]))) > 1`, Implies, []Reason{ByThreshold}},
		"a quantile of some buckets":              {`histogram_quantile(0.9, rate(b{le="1"}[5m])) > 2`, `histogram_quantile(0.9, rate(b[5m])) > 2`, Unknown, nil},
		"and":                                     {`x > 5 and y > 3`, `x > 5`, Implies, []Reason{ByThreshold}},
		"and, the other side":                     {`x > 5 and y > 3`, `y > 3`, Implies, []Reason{ByThreshold}},
		"and on some labels, the other side":      {`x > 5 and on (job) y > 3`, `y > 3`, Unknown, nil},
		"and on some labels, both lower":          {`x > 5 and on (job) y > 3`, `x > 4 and on (job) y > 2`, Implies, []Reason{ByThreshold, BySets}},
		"and on other labels":                     {`x > 5 and on (job) y > 3`, `x > 4 and on (env) y > 2`, Unknown, nil},
		"two bounds":                              {`x > 5 < 9`, `x > 4 and x < 10`, Implies, []Reason{ByThreshold, BySets}},
		"or":                                      {`x > 5`, `x > 5 or y > 3`, Implies, []Reason{BySets}},
		"or, the other side":                      {`y > 5`, `x > 5 or y > 3`, Implies, []Reason{ByThreshold, BySets}},
		"or on some labels hides":                 {`y > 5`, `x > 5 or on (job) y > 3`, Unknown, nil},
		"or in front":                             {`x > 5 or y > 3`, `y > 2 or x > 4`, Implies, []Reason{ByThreshold, BySets}},
		"unless":                                  {`x > 5 unless y > 3`, `x > 5`, Implies, []Reason{ByThreshold}},
		"unless more is less":                     {`x > 5 unless y > 2`, `x > 5 unless y > 3`, Implies, []Reason{ByThreshold, BySets}},
		"unless less is more":                     {`x > 5 unless y > 3`, `x > 5 unless y > 2`, Unknown, nil},
		"a ratio":                                 {`a / b > 0.9`, `a / b > 0.8`, Implies, []Reason{ByThreshold}},
		"a ratio of fewer":                        {`a{j="1"} / b{j="1"} > 0.9`, `a / b > 0.8`, Implies, []Reason{ByThreshold, ByMatchers}},
		"a ratio that may fail to match":          {`a{j="1"} / on (j) b > 0.9`, `a / on (j) b > 0.8`, Unknown, nil},
		"a ratio that fails in both":              {`a / on (j) b > 0.9`, `a / on (j) b > 0.8`, Implies, []Reason{ByThreshold}},
		"a failure that only the second can have": {`a > 5`, `a > 4 or b / on (j) c`, Unknown, nil},
		"a threshold from another metric":         {`a > 5 * b`, `a > 3 * b`, Unknown, nil},
		"what passes a comparison of two":         {`a > b`, `a`, Implies, []Reason{ByThreshold}},
		"a value that passes a comparison of two": {`(a > b) > 5`, `a > 4`, Implies, []Reason{ByThreshold}},
		"bool is no filter":                       {`x > bool 5`, `x > 5`, Unknown, nil},
		"bool made a filter":                      {`(x > bool 5) == 1`, `x > 4`, Implies, []Reason{ByThreshold}},
		"bool inverted":                           {`(x > bool 5) == 0`, `x <= 5`, Unknown, nil},
		"absolute value":                          {`abs(x) > 5`, `x > 4 or x < -4`, Implies, []Reason{ByThreshold}},
		"clamped":                                 {`clamp_max(x, 10) > 5`, `x > 5`, Equal, []Reason{ByThreshold}},
		"absent of more":                          {`absent(x)`, `absent(x{a="1"})`, Unknown, nil},
		"not a number as threshold":               {`x > NaN`, `x > 5`, Unknown, nil},
		"infinite threshold":                      {`x == Inf`, `x > 5`, Implies, []Reason{ByThreshold}},
		"a sum inside of a filter":                {`sum(x > 5)`, `sum(x > 4)`, Unknown, nil},
		"a subquery of fewer":                     {`max_over_time(x{a="1"}[5m:1m]) > 3`, `max_over_time(x[5m:1m]) > 3`, Implies, []Reason{ByMatchers}},
		"a subquery of a filter":                  {`avg_over_time((x > 5)[5m:1m]) > 3`, `avg_over_time((x > 4)[5m:1m]) > 3`, Unknown, nil},
		"impossible proves nothing":               {`x > 5 and x < 3`, `y > 1`, Unknown, nil},
		"no PromQL":                               {`x >`, `x >`, Unknown, nil},
		"a count is at least one":                 {`count(x) > 0`, `count(x)`, Equal, []Reason{ByThreshold}},
		"labels are made":                         {`label_replace(x, "a", "$1", "b", "(.*)") > 5`, `label_replace(x, "a", "$1", "b", "(.*)") > 4`, Implies, []Reason{ByThreshold}},
		"a name in the matching labels":           {`x > 5 and on (__name__) y`, `x > 4 and on (__name__) y`, Unknown, nil},
		"a comparison takes away from or's left":  {`y > 5`, `(x or y) > 4`, Unknown, nil},
		"a comparison leaves or's left":           {`x > 5`, `(x or y) > 4`, Implies, []Reason{ByThreshold, BySets}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Prove(Condition{Expr: c.a}, Condition{Expr: c.b})
			assert.Equal(t, c.want, got.Verdict)
			assert.Equal(t, c.why, got.Reasons)
		})
	}
}

func TestProveTiming(t *testing.T) {
	m := time.Minute
	for name, c := range map[string]struct {
		a, b Condition
		want Verdict
	}{
		"longer for":                          {Condition{For: 10 * m}, Condition{For: 5 * m}, Implies},
		"shorter for":                         {Condition{For: 5 * m}, Condition{For: 10 * m}, Unknown},
		"the same number of evaluations":      {Condition{For: 30 * time.Second, Interval: m}, Condition{For: m, Interval: m}, Equal},
		"other intervals, no for":             {Condition{For: 5 * m, Interval: m}, Condition{Interval: 2 * m}, Implies},
		"other intervals, for":                {Condition{For: 5 * m, Interval: m}, Condition{For: m, Interval: 2 * m}, Unknown},
		"one interval unknown, for":           {Condition{For: 5 * m, Interval: m}, Condition{For: m}, Unknown},
		"keeps longer":                        {Condition{KeepFiringFor: 5 * m}, Condition{}, Unknown},
		"keeps shorter":                       {Condition{KeepFiringFor: m}, Condition{KeepFiringFor: 2 * m}, Implies},
		"keeps shorter, other intervals":      {Condition{KeepFiringFor: m, Interval: m}, Condition{KeepFiringFor: 2 * m, Interval: 2 * m}, Unknown},
		"waits longer and keeps longer":       {Condition{For: 5 * m, KeepFiringFor: m}, Condition{}, Unknown},
		"another query offset":                {Condition{QueryOffset: m}, Condition{}, Unknown},
		"a new alert with each value":         {Condition{For: 2 * m}, Condition{For: m, Restless: true}, Unknown},
		"a new alert with each value, no for": {Condition{For: 2 * m}, Condition{Restless: true}, Implies},
	} {
		t.Run(name, func(t *testing.T) {
			c.a.Expr, c.b.Expr = "x > 5", "x > 5"
			assert.Equal(t, c.want, Prove(c.a, c.b).Verdict)
			c.b.Expr = "x > 4"
			if c.want != Unknown {
				assert.Equal(t, Implies, Prove(c.a, c.b).Verdict)
			}
		})
	}
}

func TestConditionOfARule(t *testing.T) {
	r := noise.Rule{Expr: "x > 5", For: 1, KeepFiringFor: 2, Interval: 3, QueryOffset: 4}
	want := Condition{Expr: "x > 5", For: 1, KeepFiringFor: 2, Interval: 3, QueryOffset: 4}
	for value, restless := range map[string]bool{
		"page": false, "{{ $labels.team }}-{{$labels.env}}": false, "{{ $value }}": true, "{{ .Labels.x }}": true, "{{": true,
	} {
		r.Labels = labels.FromStrings("a", value, "b", "c")
		want.Restless = restless
		assert.Equal(t, want, ConditionOf(r), value)
	}
}

func TestImpossibleAndAlways(t *testing.T) {
	for expr, want := range map[string]struct{ impossible, always string }{
		`x > 5 and x < 3`:                {"no value satisfies all comparisons of x", ""},
		`x > 5 < 3`:                      {"no value satisfies all comparisons of x", ""},
		`x > 5 unless x > 2`:             {"no value satisfies all comparisons of x", ""},
		`x > 5 unless on (job) x > 2`:    {"unless takes away all that is left of it", ""},
		`x > 5 unless on (job) y > 2`:    {},
		`x > 5 or x < 3`:                 {},
		`x > NaN`:                        {"no value satisfies all comparisons of x", ""},
		`count by (a) (x) < 1`:           {"count by (a) (x) is always at least 1", ""},
		`count(x) == 0`:                  {"count(x) is always at least 1", ""},
		`count(x == 0) > 0`:              {},
		`count(x) >= 0`:                  {"", "count(x) is always at least 1"},
		`count_over_time(x[5m]) > 0`:     {"", "count_over_time(x[5m]) is always at least 1"},
		`up > 1`:                         {"up is always 0 or 1", ""},
		`up == 0`:                        {},
		`up{job="a"} <= 1`:               {"", `up{job="a"} is always 0 or 1`},
		`rate(a_total[5m]) < 0`:          {"rate(a_total[5m]) is always at least 0", ""},
		`rate(a[5m]) < 0`:                {},
		`delta(a_total[5m]) < 0`:         {},
		`vector(1) > 2`:                  {"vector(1) is always 1", ""},
		`vector(1)`:                      {"", "vector(1) needs no data"},
		`x > 5 or vector(1)`:             {"", "vector(1) needs no data"},
		`x > 5 and vector(1)`:            {},
		`1 > bool 2`:                     {"", "a scalar is an alert whatever its value"},
		`x > bool 5`:                     {"", "no value of x is left out"},
		`clamp_max(a / b, 1) > 1`:        {"no value satisfies all comparisons of a / b", ""},
		`clamp_max(a / b, 1) >= 1`:       {},
		`x{a="1",a="2"} > 1`:             {"no series has a a that satisfies all matchers on it", ""},
		`sum(rate(x{a="1",a!="1"}[5m]))`: {"no series has a a that satisfies all matchers on it", ""},
		`absent(x{a="1",a="2"})`:         {},
		`absent(x) > 1`:                  {"absent(x) is always 1", ""},
		`absent(x) == 1`:                 {},
		`x`:                              {},
		`x >= 0 or x < 0`:                {},
		`hour() > 24`:                    {"hour() is always from 0 to 23", ""},
		`abs(x) < 0`:                     {"no value satisfies all comparisons of x", ""},
		`x and on (job) (up > 1)`:        {"up is always 0 or 1", ""},
		`x == x`:                         {},
		`x >`:                            {},
		`ALERTS{alertname="a"} > bool 0`: {},
	} {
		t.Run(expr, func(t *testing.T) {
			reason, ok := Impossible(expr)
			assert.Equal(t, want.impossible, reason)
			assert.Equal(t, want.impossible != "", ok)
			reason, ok = Always(expr)
			assert.Equal(t, want.always, reason)
			assert.Equal(t, want.always != "", ok)
		})
	}
}

func TestHostileTextIsBounded(t *testing.T) {
	many := strings.Repeat("a,", 40)
	for name, expr := range map[string]string{
		"long":        strings.Repeat("x+", 9000) + "x",
		"wide":        strings.Repeat("x+", 2000) + "x",
		"parentheses": strings.Repeat("(", 5000) + "x" + strings.Repeat(")", 5000),
		"deep":        strings.Repeat("abs(", 500) + "x" + strings.Repeat(")", 500),
		"matchers":    "x{" + strings.Repeat(`a!="b",`, 500) + "}",
		"or under >":  strings.Repeat("(", 60) + "x" + strings.Repeat(" or y) > 1", 60),
		"and of or":   strings.Repeat("(x > 1 or y > 2) and ", 60) + "x",
		"labels":      "sum by (" + many + "a) (x)",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			Prove(Condition{Expr: expr}, Condition{Expr: expr + " > 5"})
			Impossible(expr)
			Always(expr)
			assert.Less(t, time.Since(start), 5*time.Second)
		})
	}
	_, err := Normalise(strings.Repeat("x+", 9000) + "x")
	require.ErrorIs(t, err, ErrTooLarge)
}
