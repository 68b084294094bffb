package report

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/slo"
)

// aWeek is the step of the trends.
const aWeek = 7 * 24 * time.Hour

// Past is a longer stretch of history that ends with the report's window, by which
// it shows trends.
type Past struct {
	History noise.History
	// Reach is from the first to the last alert sample of it. Weeks before are
	// not known.
	Reach slo.Interval
	// Route is what Alertmanager would have sent over it; nil where nobody
	// replayed it.
	Route *route.Result
}

// Trends are figures by week, the earliest first; the last week ends with the
// report's window.
type Trends struct {
	Weeks []Week `json:"weeks"`
}

// Week is one week of the trends. Where it is not known, every figure is nil.
type Week struct {
	From          time.Time                `json:"from"`
	To            time.Time                `json:"to"`
	Known         bool                     `json:"known"`
	Episodes      *int                     `json:"episodes"`
	Notifications *int                     `json:"notifications"`
	Pages         *int                     `json:"pages"`
	KPIs          map[noise.KPIID]*float64 `json:"kpis"`
}

// newTrends is nil where nobody read the past.
func newTrends(in Input) *Trends {
	if in.Past == nil {
		return in.Trends
	}
	out := &Trends{Weeks: in.Past.Weeks(in.Current.Options.Severities)}
	if n := len(out.Weeks); n > 0 && out.Weeks[n-1].interval() == in.Current.Window && out.Weeks[n-1].Known {
		out.Weeks[n-1].Notifications, out.Weeks[n-1].Pages = totalSent(in) // a longer replay may differ by its start
	}
	return out
}

// Weeks are the whole weeks of the past, counted from its end, the earliest first.
// The levels are those of severities, nil for the default.
func (p *Past) Weeks(levels map[string]noise.Level) []Week {
	windows := pastWeeks(p.History.Window)
	parts := split(p.History.Episodes, windows)
	out := []Week{}
	for i, w := range windows {
		h := p.History
		h.Window, h.Episodes = w, parts[i]
		out = append(out, p.week(h, levels))
	}
	return out
}

func (w Week) interval() slo.Interval { return slo.Interval{From: w.From, To: w.To} }

// pastWeeks are the whole weeks of a window, counted from its end.
func pastWeeks(window slo.Interval) []slo.Interval {
	var out []slo.Interval
	for to := window.To; ; to = to.Add(-aWeek) {
		from := to.Add(-aWeek)
		if from.Before(window.From) || window.Empty() {
			break
		}
		out = append(out, slo.Interval{From: from, To: to})
	}
	slices.Reverse(out)
	return out
}

// split gives each week the episodes that were active in it, in their order, so
// that a long history is not gone through once for each week.
func split(episodes []noise.Episode, weeks []slo.Interval) [][]noise.Episode {
	counts := make([]int, len(weeks))
	for i := range episodes {
		for j, w := range weeks {
			if activeIn(&episodes[i], w) {
				counts[j]++
			}
		}
	}
	out := make([][]noise.Episode, len(weeks))
	for j, w := range weeks {
		out[j] = make([]noise.Episode, 0, counts[j])
		for i := range episodes {
			if activeIn(&episodes[i], w) {
				out[j] = append(out[j], episodes[i])
			}
		}
	}
	return out
}

func activeIn(e *noise.Episode, w slo.Interval) bool {
	return e.ActiveAt.Before(w.To) && (e.ResolvedAt.IsZero() || e.ResolvedAt.After(w.From))
}

func (p *Past) week(h noise.History, levels map[string]noise.Level) Week {
	s := noise.Summarize(h, noise.Options{Severities: levels})
	out := Week{From: h.Window.From.UTC(), To: h.Window.To.UTC(), Known: p.knows(&s, len(h.Episodes)), KPIs: map[noise.KPIID]*float64{}}
	for _, k := range s.KPIs {
		out.KPIs[k.ID] = nil
		if out.Known && k.Known {
			out.KPIs[k.ID] = rounded(k.Value)
		}
	}
	if !out.Known {
		return out
	}
	out.Episodes = &s.Episodes
	if p.Route != nil {
		n, pages := sentIn(p.Route, h.Window)
		out.Notifications, out.Pages = &n, &pages
	}
	return out
}

// knows tells a quiet week from one of which the source holds nothing: the alert
// samples reach over it but for a twentieth, and where none is of it, the
// pipeline's own metrics show that somebody watched for half of it.
func (p *Past) knows(s *noise.Summary, episodes int) bool {
	if p.Reach.Empty() || p.Reach.From.Sub(s.Window.From) > aWeek/20 {
		return false
	}
	share, known := s.Coverage()
	if known {
		return share >= 0.5
	}
	return episodes > 0
}

func sentIn(r *route.Result, w slo.Interval) (notifications, pages int) {
	for i := range r.Notifications {
		n := &r.Notifications[i]
		if n.At.Before(w.From) || !n.At.Before(w.To) {
			continue
		}
		notifications++
		if n.Page() {
			pages++
		}
	}
	return notifications, pages
}
