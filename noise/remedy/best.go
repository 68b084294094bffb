package remedy

import (
	"fmt"
	"math"
	"strings"

	"github.com/burnish-sre/burnish/noise/tune"
)

// barred says why a row can't be the best. Whether a rule's own values change, or
// it goes, is the plan's to say, which looks at more than these figures.
func (w *work) barred(i int, e *entry, planned bool) string {
	planned = planned || e.Kind == AsIs && w.Plan.Rules[i].Change == nil
	switch {
	case w.sources[i] && !planned:
		return "Another rule is inhibited by it."
	case e.Kind != AsIs && (!e.Train.Known || !e.HeldOut.Known):
		return "There are too few data of a part of the history."
	}
	if why := w.loses(e); why != "" {
		return why
	}
	switch {
	case planned || e.Kind == AsIs:
		return ""
	case e.Kind == Change && e.Change == w.Plan.Rules[i].Proven:
		return "On all of the history it is not what is chosen."
	case e.Kind == Change || e.Kind == Delete:
		return strings.TrimSpace("It is not recommended. " + w.Plan.Rules[i].Why)
	case !w.Plan.Judged:
		return "Nothing tells which of its alerts were needless."
	case w.Plan.Refit.Policy == tune.Conservative && w.drops(i, e):
		return "The policy is conservative: each rule keeps what it tells of."
	}
	return w.barredUntold(i, e)
}

// loses says what a row loses.
func (w *work) loses(e *entry) string {
	for _, part := range []struct {
		f     Figures
		where string
	}{{e.Train, "on the part that is chosen on"}, {e.HeldOut, "on the part that was held out"}} {
		switch {
		case len(part.f.Lost) > 0:
			return fmt.Sprintf("Nobody would be told of %s in time %s.", count(len(part.f.Lost), "incident"), part.where)
		case len(part.f.Fewer) > 0:
			return fmt.Sprintf("Fewer people would be told of %s in time, or nobody woken, %s.", count(len(part.f.Fewer), "incident"), part.where)
		}
	}
	return ""
}

// drops tells whether a rule, or what takes its place, no longer tells of what
// the rule tells of today.
func (w *work) drops(i int, e *entry) bool {
	for at, p := range w.parts {
		for n := range p.choose.Incidents {
			if p.inTime(n, p.today[i].at(n)) && !p.inTime(n, e.forms[at].at(n)) {
				return true
			}
		}
	}
	return false
}

// barredUntold is for a rule that told of nothing: that may be because what it
// guards against has not happened yet. To hold it back while another rule fires
// is safe even so.
func (w *work) barredUntold(i int, e *entry) string {
	if e.Kind == Inhibit {
		return ""
	}
	concerned, tells := false, false
	for _, p := range w.parts {
		for n, bears := range p.today[i][0].score.Bears {
			concerned = concerned || bears
			tells = tells || p.inTime(n, p.today[i].at(n))
		}
	}
	switch {
	case !concerned:
		return "No incident concerned it, so nothing tells what would be lost."
	case !tells && e.Kind == BurnRate:
		return "It has told of nothing so far; what it guards against may not have happened yet."
	}
	return ""
}

// best is the row that costs people least on the first part of those that are not
// barred. What the plan has is the one to beat, and of rows that differ by less
// than chance makes, or by less than a notification a week, the milder is taken.
// Where all are barred, what the plan has stays.
func (w *work) best(i int, entries []entry, at int) int {
	if entries[at].Barred != "" && entries[0].Barred == "" {
		at = 0
	}
	p, weight := w.parts[train], w.Rules[i].Voice.weight()
	for n := range entries {
		if entries[n].Barred != "" || n == at {
			continue
		}
		now := entries[at].forms[train]
		margin := weight * max(w.Options.Least*p.weeks(), math.Sqrt(float64(now.needless())))
		if entries[at].Barred != "" || entries[n].forms[train].cost() < now.cost()-margin {
			at = n
		}
	}
	return at
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
