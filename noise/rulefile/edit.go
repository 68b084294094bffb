package rulefile

import (
	"time"

	"github.com/prometheus/common/model"
)

// Field names a value of a rule.
type Field string

// The fields that can be edited. Labels and annotations take a key besides.
const (
	Expr          Field = "expr"
	For           Field = "for"
	KeepFiringFor Field = "keep_firing_for"
	Label         Field = "labels"
	Annotation    Field = "annotations"
)

// Action is what an edit does.
type Action int

// The actions of an [Edit].
const (
	Set Action = iota
	Remove
	Splice
	Disable
	Comment
)

// Edit is one change of a rule. Make it with SetExpr, SetFor, SetKeepFiringFor,
// SetLabel, SetAnnotation, RemoveField, SpliceExpr, CommentOut or CommentAbove.
type Edit struct {
	Rule   int // index among the rules that Parse and File.Rules give
	Action Action
	Field  Field
	Key    string // of a label or an annotation

	// Value is the new value of the field, or the text that replaces the bytes
	// [Start, End) of the decoded expression.
	Value      string
	Start, End int

	// Lines are those of a comment.
	Lines []string
}

// SetExpr gives a rule another expression. Where the old one stands in a block
// (| or >) the new one does too, and ends as that block does.
func SetExpr(rule int, expr string) Edit {
	return Edit{Rule: rule, Field: Expr, Value: expr}
}

// SpliceExpr replaces the bytes [start, end) of a rule's expression, as Rule.Expr
// holds it; what stands around them keeps its lines. Several may change one
// expression where they do not overlap; all count bytes of the old one.
func SpliceExpr(rule, start, end int, text string) Edit {
	return Edit{Rule: rule, Action: Splice, Field: Expr, Start: start, End: end, Value: text}
}

// SetFor sets how long a rule waits.
func SetFor(rule int, d time.Duration) Edit {
	return Edit{Rule: rule, Field: For, Value: duration(d)}
}

// SetKeepFiringFor sets how long a rule goes on firing.
func SetKeepFiringFor(rule int, d time.Duration) Edit {
	return Edit{Rule: rule, Field: KeepFiringFor, Value: duration(d)}
}

// duration is as Prometheus writes it: whole milliseconds, never negative.
func duration(d time.Duration) string {
	return model.Duration(max(d, 0)).String()
}

// SetLabel sets one of a rule's own labels.
func SetLabel(rule int, name, value string) Edit {
	return Edit{Rule: rule, Field: Label, Key: name, Value: value}
}

// SetAnnotation sets one of a rule's annotations.
func SetAnnotation(rule int, name, value string) Edit {
	return Edit{Rule: rule, Field: Annotation, Key: name, Value: value}
}

// RemoveField takes away for or keep_firing_for.
func RemoveField(rule int, field Field) Edit {
	return Edit{Rule: rule, Action: Remove, Field: field}
}

// CommentOut makes a comment of a whole rule, with the reason above it.
func CommentOut(rule int, reason ...string) Edit {
	return Edit{Rule: rule, Action: Disable, Lines: reason}
}

// CommentAbove puts lines of comment above a rule.
func CommentAbove(rule int, lines ...string) Edit {
	return Edit{Rule: rule, Action: Comment, Lines: lines}
}
