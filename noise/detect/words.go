package detect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// lower is the severity as it is looked up.
func lower(s string) string { return strings.ToLower(s) }

func millis(d model.Duration) int64 { return time.Duration(d).Milliseconds() }

// Texts from outside are cut to these many characters.
const (
	mostName = 80
	mostText = 240
)

// clip makes a text from outside fit for one line: bounded, without control
// characters.
func clip(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), 4*most+4)], "")
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// name is how a rule is called in a sentence.
func name(r noise.RuleKey) string {
	if r.Name == "" {
		return "an unnamed rule"
	}
	return clip(r.Name, mostName)
}

// named is the name with the severity, for sentences on two rules.
func named(r noise.RuleKey) string {
	if r.Severity == "" {
		return name(r)
	}
	return name(r) + " (" + clip(r.Severity, mostName) + ")"
}

// span writes a duration by its two largest units.
func span(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Minute:
		return strconv.FormatFloat(d.Round(time.Second).Seconds(), 'f', -1, 64) + "s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Round(time.Minute).Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Round(time.Hour).Hours())) + "h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + "d"
}

func figure(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// percent writes a share with the counts that it is of.
func percent(p slo.Proportion) string {
	return fmt.Sprintf("%d of %d (%s)", p.Count, p.Of, ratio(p.Ratio()))
}

func ratio(v float64) string {
	switch {
	case math.IsNaN(v):
		return "unknown"
	case v > 0 && v < 0.0001:
		return "under 0.01%"
	}
	return strconv.FormatFloat(100*v, 'g', 3, 64) + "%"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func share(name string, p slo.Proportion) noise.Fact { return noise.Fact{Name: name, Share: &p} }

// value is a figure; what is not a number is unknown.
func value(name string, v float64) noise.Fact {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return noise.Fact{Name: name, Text: "unknown"}
	}
	return noise.Fact{Name: name, Value: &v}
}

func count(name string, n int) noise.Fact { return value(name, float64(n)) }

func seconds(name string, ms int64) noise.Fact { return value(name, float64(ms)/1000) }

func text(name, s string) noise.Fact { return noise.Fact{Name: name, Text: clip(s, mostText)} }

// strength says how sure a measurement is by how much it rests on.
type strength struct {
	episodes int
	least    time.Duration
	window   time.Duration
	recorded time.Duration // of the window; all of it where nobody knows
	known    bool          // how much of it was recorded
}

// short tells whether too little was recorded to be sure of anything, and says
// how much it was.
func (s strength) short() (text string, ok bool) {
	text = span(s.window.Milliseconds())
	if s.recorded < s.window-s.window/100 {
		text += ", of which Prometheus recorded " + span(s.recorded.Milliseconds())
	}
	return text, s.recorded < s.least
}

// of is the confidence in what was measured on so many episodes, and why.
func (s strength) of(episodes int) (noise.Confidence, string) {
	window, short := s.short()
	switch {
	case short:
		return noise.Weak, fmt.Sprintf("The window is short (%s); a longer one may show otherwise.", window)
	case episodes < s.episodes:
		return noise.Weak, fmt.Sprintf("It rests on few episodes (%d); more of them may show otherwise.", episodes)
	default:
		return noise.Strong, fmt.Sprintf("Counted on %d episodes in %s.", episodes, window)
	}
}

// promDuration is a duration as rule files write it.
func promDuration(ms int64) string {
	return (model.Duration(ms) * model.Duration(time.Millisecond)).String()
}
