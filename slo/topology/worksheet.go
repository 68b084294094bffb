package topology

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Row is one failure mode of one component in the worksheet. Cells that people fill
// in end with a question mark as long as they did not.
type Row struct {
	ID                              string // component/mode; rows are told apart by it
	Component                       string
	Mode                            string
	Effect                          string
	Severity, Occurrence, Detection Rating
	// Why tells what each rating rests on.
	WhySeverity, WhyOccurrence, WhyDetection string
	Alert                                    string // which alert tells us
	Do                                       string
	Owner                                    string
	Note                                     string
}

// Risk is the row's risk number; 0 where a rating is unknown.
func (r Row) Risk() int { return RiskNumber(r.Severity, r.Occurrence, r.Detection) }

// Priority is the row's action priority.
func (r Row) Priority() Priority { return ActionPriority(r.Severity, r.Occurrence, r.Detection) }

// The questions of cells that nobody has filled in.
const (
	askEffect = "What do users notice?"
	askDo     = "What do we do when it happens?"
	askOwner  = "Who looks after it?"
	askAlert  = "How would we know?"
	askRate   = "?"
)

// Worksheet makes the failure-mode worksheet: a row for each way in which each
// component fails, but those that are excluded. Ratings are measured where there is
// something to measure by, and questions else. Rows are ordered by component and
// mode.
func (g *Graph) Worksheet(m Measured, excluded []Excluded) []Row {
	var out []Row
	for _, c := range g.components {
		if slices.ContainsFunc(excluded, func(x Excluded) bool { return x.Component == c.Name }) {
			continue
		}
		for _, mode := range c.modes() {
			out = append(out, c.row(mode, m))
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b Row) bool { return a.ID == b.ID })
}

// modes are the ways in which a component fails: those that people wrote down, and
// one for each SLO that none of them is about.
func (c Component) modes() []Mode {
	out := slices.Clone(c.Modes)
	for _, s := range c.SLOs {
		if slices.ContainsFunc(out, func(m Mode) bool { return m.SLO == s.ID() }) {
			continue
		}
		name := "fails " + s.Name
		switch {
		case strings.Contains(s.Name, "availability"):
			name = "answers with errors"
		case strings.Contains(s.Name, "latency"):
			name = "is too slow"
		}
		out = append(out, Mode{Name: name, SLO: s.ID()})
	}
	if len(out) == 0 {
		name := "fails"
		if c.Kind == KindProvider {
			name = "does not answer"
		}
		out = append(out, Mode{Name: name})
	}
	return out
}

func (c Component) row(mode Mode, m Measured) Row {
	r := Row{
		ID: c.Name + "/" + slug(mode.Name), Component: c.Name, Mode: mode.Name,
		Effect: or(mode.Effect, askEffect), Do: or(mode.Do, askDo), Owner: or(c.Owner, askOwner), Alert: askAlert,
		WhySeverity: askRate, WhyOccurrence: askRate, WhyDetection: askRate,
	}
	o, measured := m.SLOs[mode.SLO]
	if !measured || m.Window <= 0 {
		return r
	}
	r.occur(o, o.seen(m.Window))
	r.hurt(o)
	r.notice(o)
	return r
}

// seen is how much of the window was seen.
func (o Observed) seen(window time.Duration) time.Duration {
	if !o.Seen.Known {
		return window
	}
	return time.Duration(float64(window) * min(1, max(0, o.Seen.Value)))
}

// occur rates how often it happens. With fewer than two incidents the time between
// them is not known; the part of the window that was seen is then the least that it is.
func (r *Row) occur(o Observed, window time.Duration) {
	every := between(o.Incidents)
	length := spanText(window)
	if window <= 0 {
		return // nothing was seen
	}
	switch {
	case every.Known:
		d := time.Duration(every.Value * float64(time.Second))
		r.Occurrence = Occurrence(d)
		r.WhyOccurrence = fmt.Sprintf("every %s (%d in %s)", spanText(d), len(o.Incidents), length)
	case len(o.Incidents) == 1:
		r.Occurrence, r.WhyOccurrence = Occurrence(window), "once in "+length
	default:
		r.Occurrence, r.WhyOccurrence = Occurrence(window), "never in "+length
	}
}

func (r *Row) hurt(o Observed) {
	cost := burned(o.Incidents)
	if !cost.Known {
		return
	}
	r.Severity = Severity(cost.Value)
	r.WhySeverity = ShareText(cost.Value) + " of the budget each"
}

func (r *Row) notice(o Observed) {
	covered := len(o.Rules) > 0
	r.Detection = Detection(o.Recall, o.Detection, covered)
	if !covered {
		r.WhyDetection = "no alert tells of it"
		return
	}
	r.Alert = o.Rules[0]
	if !o.Recall.Known() {
		return
	}
	r.WhyDetection = fmt.Sprintf("told of %d of %d", o.Recall.Count, o.Recall.Of)
	if o.Detection.Known {
		r.WhyDetection += ", after " + spanText(time.Duration(o.Detection.Value*float64(time.Second)))
	}
}

// Keep lays a new worksheet over one that people may have edited. What they wrote
// into effect, what to do, owner and note stays; a rating or an alert stays where
// nothing new is measured. Rows that are no longer made are kept at the end.
func Keep(made, edited []Row) []Row {
	old := map[string]Row{}
	for _, r := range edited {
		old[r.ID] = r
	}
	out := make([]Row, 0, len(made))
	for _, r := range made {
		if before, ok := old[r.ID]; ok {
			r = r.keep(before)
			delete(old, r.ID)
		}
		out = append(out, r)
	}
	for _, r := range edited {
		if _, left := old[r.ID]; left {
			out = append(out, r)
			delete(old, r.ID)
		}
	}
	return out
}

func (r Row) keep(before Row) Row {
	for _, cell := range []struct {
		now *string
		was string
	}{{&r.Mode, before.Mode}, {&r.Effect, before.Effect}, {&r.Do, before.Do}, {&r.Owner, before.Owner}, {&r.Note, before.Note}} {
		if answered(cell.was) {
			*cell.now = cell.was
		}
	}
	if !answered(r.Alert) && answered(before.Alert) {
		r.Alert = before.Alert
	}
	for _, cell := range []struct {
		now, was     *Rating
		why, whyThen *string
	}{
		{&r.Severity, &before.Severity, &r.WhySeverity, &before.WhySeverity},
		{&r.Occurrence, &before.Occurrence, &r.WhyOccurrence, &before.WhyOccurrence},
		{&r.Detection, &before.Detection, &r.WhyDetection, &before.WhyDetection},
	} {
		if *cell.now == 0 && *cell.was != 0 {
			*cell.now, *cell.why = *cell.was, *cell.whyThen
		}
	}
	return r
}

// answered tells whether a person filled a cell in.
func answered(cell string) bool { return cell != "" && !Asks(cell) }

// Asks tells whether a cell still holds the question that nobody has answered.
func Asks(cell string) bool {
	switch cell {
	case askEffect, askDo, askOwner, askAlert, askRate:
		return true
	}
	return false
}

// Questions counts what nobody has answered: cells that ask, and ratings that are
// neither measured nor given.
func (r Row) Questions() int {
	n := 0
	for _, cell := range []string{r.Effect, r.Alert, r.Do, r.Owner} {
		if Asks(cell) {
			n++
		}
	}
	for _, rating := range []Rating{r.Severity, r.Occurrence, r.Detection} {
		if rating == 0 {
			n++
		}
	}
	return n
}

func or(text, otherwise string) string {
	if text = plain(text); text == "" {
		return otherwise
	}
	return text
}

// slug is a name of a mode that stays when its words are touched up: letters and
// digits, at most 40 bytes.
func slug(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		} else {
			dash = true
		}
		if b.Len() >= 40 {
			break
		}
	}
	if b.Len() == 0 {
		return "mode"
	}
	return b.String()
}
