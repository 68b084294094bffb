package implies

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// tape is a list of choices. Two conditions that are written from tapes that
// differ in little are nearly alike, which is where wrong proofs would lie.
type tape struct {
	choices []int
	at      int
	r       *rand.Rand
}

func (p *tape) choose(n int) int {
	if p.at == len(p.choices) {
		p.choices = append(p.choices, p.r.IntN(1<<30))
	}
	p.at++
	return p.choices[p.at-1] % n
}

func (p *tape) of(ss ...string) string { return ss[p.choose(len(ss))] }

// changed is a tape that differs in one to three choices.
func (p *tape) changed() *tape {
	out := &tape{choices: slices.Clone(p.choices), r: p.r}
	for range 1 + p.r.IntN(3) {
		out.choices[p.r.IntN(len(out.choices))] = p.r.IntN(1 << 30)
	}
	return out
}

func (p *tape) condition(depth int) string {
	if depth == 0 {
		return p.comparison()
	}
	switch p.choose(10) {
	case 0:
		return "(" + p.condition(depth-1) + ") and" + p.joins() + "(" + p.condition(depth-1) + ")"
	case 1:
		return "(" + p.condition(depth-1) + ") or" + p.joins() + "(" + p.condition(depth-1) + ")"
	case 2:
		return "(" + p.condition(depth-1) + ") unless" + p.joins() + "(" + p.condition(depth-1) + ")"
	case 3:
		return "(" + p.condition(depth-1) + ")" + p.limit()
	}
	return p.comparison()
}

func (p *tape) joins() string {
	return p.of("  ", " ", " ", "  ", " on (job) ", " ignoring (env) ", " on (__name__) ", " on () ")
}

func (p *tape) comparison() string {
	v := p.value(2)
	switch p.choose(12) {
	case 0:
		return p.number() + p.operator() + v
	case 1:
		return "(" + v + p.operator() + " bool " + p.number() + ")" + p.limit()
	case 2:
		return v + p.limit() + p.limit()
	case 3:
		return v
	case 4:
		return v + p.operator() + p.of("", "", " on (job) ", " on (job, env) group_left () ", " ignoring (env) ") + p.value(1)
	case 5:
		return v + p.operator() + " scalar(" + p.selector() + ")"
	}
	return v + p.limit()
}

func (p *tape) limit() string { return p.operator() + p.number() }

func (p *tape) operator() string {
	return p.of(" > ", " > ", " > ", " >= ", " < ", " <= ", " == ", " != ")
}

func (p *tape) number() string {
	return p.of("0", "0.9", "1", "2", "3", "5", "0.1", "0.3", "90", "30", "-1", "NaN", "Inf", "100", "1 + 2", "-0.5", "4")
}

func (p *tape) value(depth int) string {
	if depth == 0 {
		return p.selector()
	}
	switch p.choose(16) {
	case 0:
		return p.of("abs", "ceil", "floor", "round", "sgn", "sqrt", "timestamp", "-", "+", "hour", "ln") + "(" + p.value(depth-1) + ")"
	case 1:
		return p.of("clamp_max", "clamp_min", "round") + "(" + p.value(depth-1) + ", " + p.number() + ")"
	case 2:
		return "(" + p.value(depth-1) + p.of(" * ", " / ", " + ", " - ", " % ", " ^ ") + p.number() + ")"
	case 3:
		return "(" + p.number() + p.of(" * ", " / ", " + ", " - ") + p.value(depth-1) + ")"
	case 4, 5:
		return p.of("rate", "increase", "avg_over_time", "max_over_time", "min_over_time", "count_over_time", "changes", "last_over_time", "delta") +
			"(" + p.series() + p.of("[5m]", "[5m]", "[3m]", "[300s]") + p.modifier() + ")"
	case 6:
		return p.of("max_over_time", "count_over_time", "sum_over_time") + "((" + p.condition(0) + ")[4m:1m])"
	case 7, 8:
		return p.of("sum", "max", "count", "avg", "group", "min", "stddev", "topk") + p.of(" by (job)", " by (job, env)", " by (env, job)", " without (env)", "") + p.aggregated(depth)
	case 9, 10:
		return "(" + p.value(depth-1) + p.of(" / ", " + ", " * ", " - ") + p.of("", "", "", "on (job) ", "ignoring (env) ", "on (job) group_left (env) ") + p.value(depth-1) + ")"
	case 11:
		return `label_replace(` + p.value(depth-1) + `, "` + p.of("env", "kind", "__name__") + `", "x", "job", "` + p.of("a", ".*") + `")`
	case 12:
		return "histogram_quantile(0.9, " + p.of("b_bucket", "rate(b_bucket"+p.matchers()+"[5m])", "sum by (le, job) (rate(b_bucket"+p.matchers()+"[5m]))") + ")"
	case 13:
		return p.of("vector(1)", "absent("+p.selector()+")", "vector(time())")
	}
	return p.selector()
}

// aggregated is the operand; topk needs a parameter, which others refuse, so its
// name is replaced.
func (p *tape) aggregated(depth int) string {
	return " (" + p.value(depth-1) + p.of("", "", "", " > 1") + ")"
}

func (p *tape) selector() string { return p.series() + p.modifier() }

func (p *tape) modifier() string {
	return p.of("", "", "", "", "", " offset 1m", " offset 60s", " @ 300")
}

func (p *tape) series() string {
	name := p.of("m", "m", "m", "n", "n", "c_total", `__name__=~"m|n"`)
	if strings.Contains(name, "=") {
		return "{" + name + "," + strings.TrimPrefix(p.matchers(), "{")
	}
	return name + p.matchers()
}

func (p *tape) matchers() string {
	var ms []string
	for range p.choose(3) {
		ms = append(ms, p.of(`job="a"`, `job="a"`, `job=~"a|b"`, `job=~"b|a"`, `job!="c"`, `env="p"`, `env!=""`, `env=~"p|q"`, `env=~".+"`, `job=~"[ab]"`, `le="1"`, `job!~"b|c"`, `env=~".*"`))
	}
	return "{" + strings.Join(ms, ",") + "}"
}

// pair draws two conditions that are often close to one another.
func pair(r *rand.Rand) (a, b Condition) {
	p := &tape{r: r}
	a.Expr = valid(p.condition(2))
	q := p.changed()
	q.r = r
	if r.IntN(8) == 0 {
		q = &tape{r: r}
	}
	b.Expr = valid(q.condition(2))
	switch r.IntN(8) {
	case 0:
		a.Expr = "(" + a.Expr + ") and" + p.joins() + "(" + valid(p.comparison()) + ")"
	case 1:
		b.Expr = "(" + b.Expr + ") or" + p.joins() + "(" + valid(p.comparison()) + ")"
	case 2:
		a.Expr = "(" + a.Expr + ") unless" + p.joins() + "(" + valid(p.comparison()) + ")"
	}
	durations := []time.Duration{0, 0, 30 * time.Second, step, 2 * step, 3 * step}
	intervals := []time.Duration{step, step, step, 0, 2 * step}
	a.For, a.Interval = durations[r.IntN(6)], intervals[r.IntN(5)]
	b.For, b.Interval = min(a.For, durations[r.IntN(6)]), a.Interval
	b.KeepFiringFor = durations[r.IntN(6)]
	a.KeepFiringFor = min(b.KeepFiringFor, durations[r.IntN(6)])
	switch r.IntN(12) {
	case 0:
		b.For = durations[r.IntN(6)]
	case 1:
		a.KeepFiringFor = durations[r.IntN(6)]
	case 2:
		b.Interval = intervals[r.IntN(5)]
	case 3:
		a.Restless, b.Restless = r.IntN(2) == 0, r.IntN(2) == 0
	}
	return a, b
}

// valid mends what the grammar writes wrongly.
func valid(expr string) string {
	expr = strings.ReplaceAll(expr, "topk by (job) (", "topk by (job) (1, ")
	for _, by := range []string{" by (job)", " by (job, env)", " by (env, job)", " without (env)", ""} {
		expr = strings.ReplaceAll(expr, "topk"+by+" (", "topk"+by+" (1, ")
	}
	return strings.ReplaceAll(expr, "(1, 1, ", "(1, ")
}
