package gateapi

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/burnish-sre/burnish/slo/gate"
)

// headline is the answer in one line.
func headline(a gate.Answer) string {
	what := "change"
	if a.Change != "" {
		what = a.Change
	}
	switch a.Verdict {
	case gate.VerdictDeny:
		return fmt.Sprintf("CLOSED: no %s now.", what)
	case gate.VerdictUnknown:
		return fmt.Sprintf("CLOSED: not enough is known to let a %s out.", what)
	case gate.VerdictAllow:
	}
	return fmt.Sprintf("OPEN: a %s may go out.", what)
}

// line is one reason for people.
func line(r gate.Reason) string {
	whose := r.SLO + r.Group
	if whose != "" {
		whose += ": "
	}
	note := ""
	switch r.Effect {
	case gate.EffectWarn:
		note = " (a warning)"
	case gate.EffectWaived:
		note = " (waived for this kind of change)"
	case gate.EffectDeny, gate.EffectPass:
	}
	return plain(whose + r.Text + note)
}

// WriteText writes an answer for a terminal: the answer, what speaks against it,
// what is not known, who does what, the canary and the roll-out.
func WriteText(w io.Writer, a gate.Answer) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, plain(headline(a)))
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n  %s\n", title, strings.Join(lines, "\n  "))
		}
	}
	section("Reasons", lines(a.Reasons))
	section("Not known", lines(a.Unknowns))
	section("Passed", passed(a.Passed))
	var duties []string
	for _, d := range a.Duties {
		duties = append(duties, plain(fmt.Sprintf("%s %s.", d.Who, d.Does)))
	}
	section("Who does what now", duties)
	if !a.OpensAt.IsZero() {
		section("Freeze", []string{"It ends at " + a.OpensAt.UTC().Format(time.RFC3339) + "."})
	}
	for _, r := range a.Rollouts {
		writeRollout(&b, r)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func lines(in []gate.Reason) []string {
	out := make([]string, 0, len(in))
	for _, r := range in {
		out = append(out, line(r))
	}
	return out
}

// passed is one line for each group of an SLO: what was asked, with its figure.
func passed(in []gate.Reason) []string {
	var out, names []string
	for _, r := range in {
		whose := cmp.Or(r.SLO+r.Group, "all")
		what := string(r.Check) + " " + short(r)
		if at := slices.Index(names, whose); at >= 0 {
			out[at] += ", " + what
			continue
		}
		names = append(names, whose)
		out = append(out, plain(whose)+": "+what)
	}
	return out
}

// short is a figure for people.
func short(r gate.Reason) string {
	switch {
	case !r.Figure.Known:
		return "unknown"
	case r.Unit == gate.UnitRatio:
		return percent(r.Figure.Value)
	case r.Unit == gate.UnitSeconds:
		return (time.Duration(r.Figure.Value) * time.Second).String()
	}
	return fmt.Sprintf("%.3g", r.Figure.Value)
}

func writeRollout(b *bytes.Buffer, r gate.Rollout) {
	fmt.Fprintf(b, "\nRoll-out by %s: errors of %s, to be noticed at %s\n", plain(r.SLO), percent(r.Phases[0].Baseline), percent(r.Phases[0].Degraded))
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  \tSHARE\tEVENTS\tBAKE\tBUDGET AT RISK\tIF ALL FAILS")
	for i, p := range r.Phases {
		mark := ""
		switch {
		case i == r.Next:
			mark = "next"
		case p.Share <= r.At:
			mark = "done"
		}
		bake, events, risk := p.Duration.String(), fmt.Sprintf("%.0f", p.Events), percent(p.AtRisk)
		if !p.Possible {
			bake, events, risk = "over a year", "-", "-"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s in %s\n", mark, percent(p.Share), events, bake, risk, percent(p.WorstAtRisk), p.WorstNoticed)
	}
	_ = t.Flush()
}

func percent(v float64) string {
	if p := v * 100; math.Abs(p) >= 100 || p == 0 {
		return fmt.Sprintf("%.0f%%", p)
	}
	return fmt.Sprintf("%.3g%%", v*100)
}

// plain keeps what comes from outside from driving a terminal or making lines.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}
