package tune

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// ErrNoThreshold says that an expression has no comparison with a constant that
// can be tuned; `for` and keep_firing_for can still be.
var ErrNoThreshold = errors.New("no threshold to tune")

// The bounds on hostile expressions.
const (
	maxExpr  = 64 << 10
	maxAtoms = 32
)

// Form is an alerting expression taken apart.
//
// A comparison of a vector with a constant by >, >=, < or <= is tunable where
// the expression as a whole is true exactly when that comparison is true of some
// value that can be queried while all else stays as it is. That is so
//
//   - for a comparison that is the whole expression, on either side of the
//     constant, whatever the vector is (arithmetic and aggregations included);
//   - on either side of `and` and `unless`, with on() and ignoring() too;
//   - on either side of `or` that matches on all labels;
//   - under a further comparison with a constant (`m > 5 < 10`) if what is
//     compared there is still the value that the first one compared;
//   - and where these are nested and in parentheses.
//
// All of these are exact: the rule with another constant is active at the
// evaluations at which [Atom.Op] holds of [Atom.Query]'s value. Not tunable are
// ==, !=, comparisons with the bool modifier, of two vectors, with a scalar that
// is not constant or not finite, inside of an aggregation, function or
// arithmetic, and those joined by `or on()` or `or ignoring()`, where a higher
// threshold makes one alert go and another come.
type Form struct {
	// Expr is the expression as written. The whole of it, queried as it is, is
	// active wherever it has a sample: Op Present.
	Expr string
	// Atoms are the comparisons that can be tuned, in the order of their
	// constants in the text. Each is taken with all the others as they are.
	Atoms []Atom
	// Fixed says of each comparison that can't be tuned why that is so.
	Fixed []Fixed
}

// Atom is a comparison with a constant.
type Atom struct {
	// Text is the comparison, as PromQL prints it.
	Text string
	// Query is the expression to evaluate for the values that decide, given all
	// else in the expression. One series of it is one alert, by all labels but
	// the name.
	Query string
	// Op is how Query's value is compared with Threshold for the alert to be
	// active. It differs from what is written where the constant is on the left,
	// and on the right of `unless`.
	Op Op
	// Threshold is what the value is compared with today.
	Threshold float64
	// Written is the number in the text that stands for the threshold, at the
	// bytes [Start, End) of Expr. It is not the threshold where the constant is
	// made of several (`14.4 * 0.001`).
	Written    float64
	Start, End int

	constant parser.Expr           // the side that has no vector
	literal  *parser.NumberLiteral // the number in it that is edited
}

// Fixed is a comparison that can't be tuned.
type Fixed struct {
	Text string
	Why  string
}

// Split takes an expression apart. It fails on one that does not parse; where no
// atom is found the error is [ErrNoThreshold] and the Form is still good.
func Split(expr string) (Form, error) {
	if len(expr) > maxExpr {
		return Form{Expr: expr}, fmt.Errorf("split expression: longer than %d bytes", maxExpr)
	}
	root, err := promqlParser().ParseExpr(expr)
	if err != nil {
		return Form{Expr: expr}, fmt.Errorf("parse expression: %w", err)
	}
	s := splitter{form: Form{Expr: expr}}
	s.split(root, nil)
	slices.SortStableFunc(s.form.Atoms, func(a, b Atom) int { return a.Start - b.Start })
	if len(s.form.Atoms) == 0 {
		return s.form, ErrNoThreshold
	}
	return s.form, nil
}

// promql understands all that a Prometheus with its experiments switched on does.
func promqlParser() parser.Parser {
	return parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	})
}

// ThresholdOf is what Query's value is compared with when the number in the text
// is another, to the last bit as Prometheus computes it.
func (a Atom) ThresholdOf(written float64) float64 {
	v, _ := constantOf(a.constant, a.literal, written)
	return v
}

// WrittenOf is the number to write for a threshold. It is within rounding only:
// compare by ThresholdOf. ok is false where no number gives that threshold.
func (a Atom) WrittenOf(threshold float64) (written float64, ok bool) {
	if _, plain := a.constant.(*parser.NumberLiteral); plain {
		return threshold, true
	}
	at0, at1 := a.ThresholdOf(0), a.ThresholdOf(1)
	slope := at1 - at0
	written = (threshold - at0) / slope
	if slope == 0 || math.IsNaN(written) || math.IsInf(written, 0) {
		return 0, false
	}
	// Powers and the like are not straight lines: say so instead of guessing.
	back := a.ThresholdOf(written)
	return written, math.Abs(back-threshold) <= 1e-9*max(math.Abs(threshold), math.Abs(slope))
}

// Round is the roundest number to write whose threshold lies in [lo, hi], and
// that threshold; ok is false where there is none.
func (a Atom) Round(lo, hi float64) (written, threshold float64, ok bool) {
	from, ok1 := a.WrittenOf(lo)
	to, ok2 := a.WrittenOf(hi)
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	written = Round(min(from, to), max(from, to))
	threshold = a.ThresholdOf(written)
	return written, threshold, lo <= threshold && threshold <= hi
}

// With is the expression with other numbers in the places of the atoms' own: one
// for each atom, in their order and on the scale of Written. All other bytes are
// as they were, and so is a number that does not change. It fails on a number
// that is not finite, and where the result would not mean what was asked for.
func (f Form) With(written ...float64) (string, error) {
	if len(written) != len(f.Atoms) {
		return "", fmt.Errorf("write thresholds: %d numbers for %d comparisons", len(written), len(f.Atoms))
	}
	var out strings.Builder
	done, changed := 0, false
	for i, a := range f.Atoms {
		if math.IsNaN(written[i]) || math.IsInf(written[i], 0) {
			return "", fmt.Errorf("write thresholds: %v is not a number that can be written", written[i])
		}
		if written[i] == a.Written {
			continue
		}
		out.WriteString(f.Expr[done:a.Start])
		out.WriteString(a.write(written[i]))
		done, changed = a.End, true
	}
	if !changed {
		return f.Expr, nil
	}
	out.WriteString(f.Expr[done:])
	return out.String(), f.check(out.String(), written)
}

// check reads back what was written.
func (f Form) check(expr string, written []float64) error {
	got, err := Split(expr)
	if err != nil {
		return fmt.Errorf("write thresholds: %w", err)
	}
	if len(got.Atoms) != len(f.Atoms) {
		return fmt.Errorf("write thresholds: %d comparisons became %d", len(f.Atoms), len(got.Atoms))
	}
	for i, a := range got.Atoms {
		if want := f.Atoms[i].ThresholdOf(written[i]); a.Threshold != want || a.Op != f.Atoms[i].Op {
			return fmt.Errorf("write thresholds: %s %v became %s %v", f.Atoms[i].Op, want, a.Op, a.Threshold)
		}
	}
	return nil
}

// write is a number as a person would write it.
func (a Atom) write(v float64) string {
	if a.literal.Duration && v > 0 && v < 1e9 && v == math.Trunc(v) {
		return (&parser.NumberLiteral{Val: v, Duration: true}).String()
	}
	if size := math.Abs(v); v == 0 || size >= 1e-6 && size < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
