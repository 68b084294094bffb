package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

func rawCounterCheck() Check {
	return Check{
		Kind: noise.KindRawCounter, Action: noise.WrongDuration, find: findRawCounters,
		Title: "a counter is compared without rate or increase",
		Help: "A counter, by its name, is compared with a number as it is. A counter only grows, so once over the " +
			"threshold the alert fires until the process restarts, and then it forgets.",
	}
}

// findRawCounters finds conditions that a counter's total be above a number: it
// only ever grows, so once true they stay true until the process restarts.
func findRawCounters(c *corpus) {
	for i, expr := range c.exprs {
		if expr == nil {
			continue
		}
		for _, side := range alternatives(expr) {
			name, ok := rawCounter(side)
			if !ok {
				continue
			}
			c.report(i, noise.Finding{
				Gravity: noise.GravityWarning, Confidence: noise.Weak,
				Why:      "It goes by the name: a series of such a name that also falls would be the exception.",
				Title:    fmt.Sprintf("%s is a counter by its name and is compared as it is: once over the threshold it stays there until the process restarts", excerpt(name)),
				Advice:   fmt.Sprintf("Compare increase(%s[…]) or rate() over the time that matters.", excerpt(name)),
				Evidence: []noise.Fact{text("series", name), text("expr", c.in.Rules[i].Expr)},
			}, name)
			break
		}
	}
}

// alternatives are the parts of an expression that are joined by or.
func alternatives(expr parser.Expr) []parser.Expr {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return alternatives(e.Expr)
	case *parser.BinaryExpr:
		if e.Op == parser.LOR {
			return append(alternatives(e.LHS), alternatives(e.RHS)...)
		}
	}
	return []parser.Expr{expr}
}

// rawCounter is the name of a counter that is compared with a number.
func rawCounter(expr parser.Expr) (name string, ok bool) {
	b, ok := expr.(*parser.BinaryExpr)
	if !ok || b.ReturnBool {
		return "", false
	}
	switch {
	case (b.Op == parser.GTR || b.Op == parser.GTE) && isNumber(b.RHS):
		return counterName(b.LHS)
	case (b.Op == parser.LSS || b.Op == parser.LTE) && isNumber(b.LHS):
		return counterName(b.RHS)
	}
	return "", false
}

func isNumber(expr parser.Expr) bool {
	switch e := expr.(type) {
	case *parser.NumberLiteral:
		return true
	case *parser.ParenExpr:
		return isNumber(e.Expr)
	case *parser.BinaryExpr:
		return isNumber(e.LHS) && isNumber(e.RHS)
	}
	return false
}

// counterName is the name of a selector, or of one that is summed up, if it is
// that of a counter.
func counterName(expr parser.Expr) (string, bool) {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return counterName(e.Expr)
	case *parser.AggregateExpr:
		switch e.Op {
		case parser.SUM, parser.MAX, parser.MIN, parser.AVG:
			return counterName(e.Expr)
		}
	case *parser.VectorSelector:
		return e.Name, countsEvents(e.Name)
	}
	return "", false
}

// countsEvents tells whether a name is that of a counter of events. That it ends
// in _total is not enough: exporters call the size of a queue or the number of
// files a total as well.
func countsEvents(name string) bool {
	stem, ok := strings.CutSuffix(name, "_total")
	if !ok {
		return false
	}
	event := stem[strings.LastIndexByte(stem, '_')+1:]
	return slices.Contains(eventWords(), strings.TrimSuffix(event, "s"))
}

// eventWords are what counters of events count, in the singular.
func eventWords() []string {
	return []string{
		"attempt", "call", "conflict", "crashe", "discarded", "drop", "dropped", "error", "event", "eviction", "evicted",
		"exception", "fail", "failed", "failure", "fault", "kill", "lost", "misse", "oom", "overrun", "panic", "query",
		"querie", "reconnect", "reject", "rejected", "rejection", "request", "reset", "response", "restart", "restarted",
		"retransmission", "retrie", "retry", "throttled", "timeout", "violation",
	}
}
