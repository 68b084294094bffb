package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// exampleLead says when an example fired and for how long.
func exampleLead(e noise.Episode) string {
	if !e.Fired() {
		return "pending from " + minute(e.ActiveAt)
	}
	if e.Open() {
		return "from " + minute(e.FiredAt) + ", not over"
	}
	return "on " + minute(e.FiredAt) + " for " + span(e.ResolvedAt.Sub(e.FiredAt))
}

// lineOf is where a rule is written, as file:line.
func lineOf(r noise.RuleRef) string {
	if r.File == "" || r.Line == 0 {
		return place(r.RuleKey)
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// gain is what a finding would save and what that is counted in.
func gain(in Input, saves *float64) (amount, unit string) {
	if saves == nil || math.IsNaN(*saves) || math.IsInf(*saves, 0) || *saves == 0 {
		return "", ""
	}
	noun, how := "start", "counted as starts"
	if in.Judged.Route != nil {
		noun, how = "notification", "replayed"
	}
	n := math.Abs(*saves)
	amount = figure(math.Round(n*10) / 10)
	switch {
	case n < 0.1:
		amount = "<0.1"
	case amount != "1":
		noun += "s"
	}
	if *saves < 0 {
		return "+" + amount, noun + " a week more, " + how
	}
	return amount, noun + " a week fewer, " + how
}

// factName is the name of a figure in words; its unit is beside the figure.
func factName(name string) string {
	for _, unit := range []string{"_seconds", "_ratio"} {
		name = strings.TrimSuffix(name, unit)
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "p99_5", "p99.5"), "_", " ")
}

// factText is a figure in the unit that its name tells.
func factText(f noise.Fact) string {
	switch {
	case f.Share != nil && f.Share.Known():
		return of(*f.Share) + " (" + percent(f.Share.Ratio()) + ")"
	case f.Value == nil && f.Text != "":
		return f.Text
	case f.Value == nil || math.IsNaN(*f.Value) || math.IsInf(*f.Value, 0):
		return unknown
	case strings.HasSuffix(f.Name, "_seconds"):
		return signedSpan(inSeconds(*f.Value))
	case strings.HasSuffix(f.Name, "_ratio") && *f.Value >= 0:
		return percent(*f.Value)
	case *f.Value != 0 && math.Abs(*f.Value) < 0.005:
		return fmt.Sprintf("%.2g", *f.Value)
	}
	return figure(*f.Value)
}

// signedSpan writes a duration that may be negative.
func signedSpan(d time.Duration) string {
	if d < 0 {
		return "−" + span(-d)
	}
	if d == 0 {
		return "0 s"
	}
	return span(d)
}

// kindSays is a kind in words.
func kindSays(k noise.Kind) string {
	return strings.NewReplacer("non_", "non-", "_", " ").Replace(clean(string(k), 40))
}

func actionSays(a noise.ControlAction) string {
	switch a {
	case noise.NotGiven:
		return "not given"
	case noise.GivenNeedlessly:
		return "given needlessly"
	case noise.WrongTime:
		return "too early or too late"
	case noise.WrongDuration:
		return "stopped too soon or held too long"
	}
	return clean(string(a), 40)
}

func confidenceSays(c noise.Confidence) string {
	if c == "" {
		return ""
	}
	return capital(clean(string(c), 20))
}

func gravityMark(g noise.Gravity) string {
	switch g {
	case noise.GravityError:
		return "over"
	case noise.GravityWarning:
		return "risk"
	case noise.GravityInfo:
	}
	return "acceptable"
}
