package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
)

// maxEarlier bounds the JSON of an earlier report, in bytes.
const maxEarlier = 512 << 20

// ErrNoReport says that what was read is no report in JSON.
var ErrNoReport = errors.New("no report in the form " + Schema)

// Earlier is what an earlier report advised, so that a later one can tell what
// became of it.
type Earlier struct {
	from, to time.Time
	routed   bool // notifications were replayed
	rules    []earlierRule
	advice   []earlierAdvice
}

type earlierRule struct {
	earlierName

	Expr          *string  `json:"expr"`
	For           *float64 `json:"for_seconds"`
	Keep          *float64 `json:"keep_firing_for_seconds"`
	Episodes      int      `json:"episodes"`
	Notifications *int     `json:"notifications"`
	Alone         *int     `json:"notifications_alone"`
	Teams         []string `json:"teams"`
}

// earlierName names a rule; in lists of rules its name is under "name", else
// under "rule".
type earlierName struct {
	Name     string  `json:"name"`
	Rule     string  `json:"rule"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Severity *string `json:"severity"`
}

func (n earlierName) key() noise.RuleKey {
	name := n.Name
	if name == "" {
		name = n.Rule
	}
	return noise.RuleKey{Name: name, Group: text0(n.Group), File: text0(n.File), Severity: text0(n.Severity)}
}

// text0 is a text that may be missing.
func text0(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// earlierAdvice is a decision, or a finding that no decision rests on.
type earlierAdvice struct {
	key     noise.RuleKey
	verb    decide.Verb // empty of a finding
	kind    noise.Kind  // empty of a decision
	id      string      // of the finding, or of the first that a decision rests on
	slo     string
	says    string
	saves   *float64
	because []string
}

type earlierDocument struct {
	Schema    string        `json:"schema"`
	From      time.Time     `json:"from"`
	To        time.Time     `json:"to"`
	Rules     []earlierRule `json:"rules"`
	Decisions []struct {
		earlierName

		Verb    decide.Verb `json:"verb"`
		Because []string    `json:"because"`
		Saves   *float64    `json:"saves_notifications_per_week"`
		Why     string      `json:"why"`
	} `json:"decisions"`
	Findings []struct {
		earlierName

		ID    string     `json:"id"`
		Kind  noise.Kind `json:"kind"`
		SLO   *string    `json:"slo"`
		Title string     `json:"title"`
		Saves *float64   `json:"saves_notifications_per_week"`
	} `json:"findings"`
	Receivers []json.RawMessage `json:"receivers"`
}

// ReadEarlier reads a report that was written as JSON, of this version of burnish
// or of an older one. Anything else is ErrNoReport.
func ReadEarlier(r io.Reader) (*Earlier, error) {
	limited := &io.LimitedReader{R: r, N: maxEarlier}
	var d earlierDocument
	if err := json.NewDecoder(limited).Decode(&d); err != nil {
		if limited.N <= 0 {
			return nil, fmt.Errorf("%w: it is over %d bytes", ErrNoReport, maxEarlier)
		}
		return nil, fmt.Errorf("%w: %w", ErrNoReport, err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("%w: its schema is %q", ErrNoReport, clean(d.Schema, 60))
	}
	return d.earlier(), nil
}

func (d *earlierDocument) earlier() *Earlier {
	e := &Earlier{from: d.From.UTC(), to: d.To.UTC(), routed: d.Receivers != nil, rules: d.Rules}
	told := map[string]bool{}
	for _, x := range d.Decisions {
		a := earlierAdvice{key: x.key(), verb: x.Verb, says: x.Why, saves: x.Saves, because: x.Because}
		for _, id := range x.Because {
			told[id] = true
		}
		if len(x.Because) > 0 {
			a.id = x.Because[0]
		}
		e.advice = append(e.advice, a)
	}
	for _, x := range d.Findings {
		if !told[x.ID] {
			e.advice = append(e.advice, earlierAdvice{key: x.key(), kind: x.Kind, id: x.ID, slo: text0(x.SLO), says: x.Title, saves: x.Saves})
		}
	}
	return e
}

// sameFile compares the names of rule files, since folders differ from machine to
// machine.
func sameFile(a, b string) bool {
	return a == "" || b == "" || path.Base(filepath.ToSlash(a)) == path.Base(filepath.ToSlash(b))
}
