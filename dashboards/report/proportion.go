package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// proportionView is a share with its denominator and its interval, to be drawn
// as a mark on a band and to be read.
type proportionView struct {
	Known                     bool
	Share, Of, Between        string
	Low, Width, At, SaidWhole string
}

// newProportion shows a share with Wilson's interval at 95%.
func newProportion(p slo.Proportion) proportionView {
	if !p.Known() {
		return proportionView{Share: "–"}
	}
	low, high := p.Interval()
	at := func(v float64) string { return strconv.FormatFloat(v*100, 'f', 1, 64) }
	v := proportionView{
		Known: true, Share: percent(p.Ratio()), Of: of(p), Between: strings.TrimSuffix(percent(low), "%") + "–" + percent(high),
		Low: at(low), Width: at(high - low), At: at(p.Ratio()),
	}
	v.SaidWhole = v.Share + ", " + v.Of + ", 95% interval " + v.Between
	return v
}

// cell is the share in one line, as Markdown has it.
func (p proportionView) cell() string {
	if !p.Known {
		return "–"
	}
	return p.Share + " (" + p.Of + "; " + p.Between + ")"
}

// meanText is a mean duration with its count; unknown is a dash.
func meanText(d time.Duration, n int) (mean, basis string) {
	if n == 0 {
		return "–", ""
	}
	return signedSpan(d), "of " + count(n)
}

// spreadText is the median with its count; unknown is a dash.
func spreadText(s noise.Spread) (median, basis string) {
	if !s.Known() {
		return "–", ""
	}
	median = signedSpan(s.Median)
	if s.Count == 1 {
		return median, "once"
	}
	return median, "p95 " + signedSpan(s.P95) + ", of " + count(s.Count)
}
