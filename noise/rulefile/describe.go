package rulefile

import (
	"fmt"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// describe is one edit as an instruction.
func (e Edit) describe(r noise.Rule) string {
	switch e.Action {
	case Remove:
		return fmt.Sprintf("Remove %s.", code(string(e.Field)))
	case Disable:
		return "Comment out or delete the whole rule." + reasons(e.Lines)
	case Comment:
		return "Put a comment above the rule." + reasons(e.Lines)
	case Splice:
		if e.Start < 0 || e.End < e.Start || e.End > len(r.Expr) {
			return fmt.Sprintf("Change part of the expression to %s.", code(e.Value))
		}
		return fmt.Sprintf("In the expression, replace %s by %s (at byte %d of %s).",
			code(r.Expr[e.Start:e.End]), code(e.Value), e.Start, code(r.Expr))
	}
	what, old := code(string(e.Field)), e.old(r)
	if e.Key != "" {
		what = strings.TrimSuffix(string(e.Field), "s") + " " + code(e.Key)
	}
	if old == "" {
		return fmt.Sprintf("Set %s to %s.", what, code(e.Value))
	}
	return fmt.Sprintf("Set %s to %s (now %s).", what, code(e.Value), code(old))
}

// old is the field's value before the edit; empty where it has none.
func (e Edit) old(r noise.Rule) string {
	switch {
	case e.Field == Expr:
		return r.Expr
	case e.Field == For && r.For > 0:
		return duration(r.For)
	case e.Field == KeepFiringFor && r.KeepFiringFor > 0:
		return duration(r.KeepFiringFor)
	case e.Field == Label:
		return r.Labels.Get(e.Key)
	case e.Field == Annotation:
		return r.Annotations.Get(e.Key)
	}
	return ""
}

// reasons are lines as a nested list.
func reasons(lines []string) string {
	var b strings.Builder
	for _, line := range lines[:min(len(lines), maxCommentLines)] {
		b.WriteString("\n  - " + code(oneLine(line, maxCommentRunes)))
	}
	return b.String()
}

// maxDescribed bounds a value that is shown, in characters.
const maxDescribed = 2000

// code is text as a code span, with a fence longer than any run of backticks in
// it, so that no markup in it takes effect.
func code(text string) string {
	text = strings.TrimSpace(oneLine(text, maxDescribed))
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || text == "" {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}
