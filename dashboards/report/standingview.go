package report

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

type standingView struct {
	Rows                 []standingRow
	Intro, Caption, More string
}

type standingRow struct {
	Name       text
	Severity   text
	Labels     text
	Since, For string
}

func newStandingView(s *noise.Summary) standingView {
	v := standingView{Intro: "No alert was firing at the end of the window."}
	n := len(s.Standing)
	if n == 0 {
		return v
	}
	v.Intro = "At the end of the window " + countWas(n, "alert") + " firing" + staleClause(s) + "."
	v.Caption = "What has stood longest"
	for _, x := range s.Standing[:min(standingShown, n)] {
		since := x.Since.UTC().Format("2 Jan 2006 15:04")
		fired := span(s.Window.To.Sub(x.Since))
		if x.AtLeast {
			since, fired = "before "+since, "over "+fired
		}
		v.Rows = append(v.Rows, standingRow{newText(x.Name, nameLimit), newText(x.Severity, 24), labelsText(x.Labels, "severity"), since, fired})
	}
	if n > len(v.Rows) {
		v.More = fmt.Sprintf("Not shown: %s. All are in the JSON.", plural(n-len(v.Rows), "more alert"))
	}
	return v
}

// staleNow counts the standing alerts that are stale.
func staleNow(s *noise.Summary) int {
	n := 0
	for _, x := range s.Standing {
		if s.Window.To.Sub(x.Since) > s.Options.Stale {
			n++
		}
	}
	return n
}

// labelsText lists labels, but for one that is shown elsewhere; lines break
// between labels.
func labelsText(ls labels.Labels, except string) text {
	var parts []string
	ls.Range(func(l labels.Label) {
		if l.Name != except {
			parts = append(parts, l.Name+"="+clean(l.Value, 60))
		}
	})
	if n := len(parts) - labelsShown; n > 0 {
		parts = append(parts[:labelsShown], plural(n, "more label"))
	}
	t := newText(strings.Join(parts, ", "), 160)
	t.Parts = []string{t.Shown}
	return t
}

// staleClause says how many of the standing alerts are stale.
func staleClause(s *noise.Summary) string {
	long := "for more than " + span(s.Options.Stale)
	switch n := staleNow(s); n {
	case 0:
		return ""
	case len(s.Standing):
		return ", " + long
	default:
		return fmt.Sprintf(", %s of them %s", count(n), long)
	}
}
