package noise

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// AppendJSON appends the episode as docs/sources.md describes a line of
// `burnish history export`, without the line feed: fired_at is null for an
// episode that never fired, resolved_at is null while it is open, and group is
// null where the source can't tell. Times beyond the year 9999 are an error. It
// is written by hand because exports are long: reflection would take longer
// than to read the history.
func (e Episode) AppendJSON(b []byte) ([]byte, error) {
	b = appendString(append(b, `{"rule":`...), e.Rule)
	b = append(b, `,"group":`...)
	if e.Group == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, e.Group)
	}
	b = appendLabels(append(b, `,"labels":`...), e.Labels)
	for _, edge := range []struct {
		name string
		at   time.Time
		must bool
	}{{"active_at", e.ActiveAt, true}, {"fired_at", e.FiredAt, false}, {"resolved_at", e.ResolvedAt, false}} {
		b = append(append(append(b, `,"`...), edge.name...), `":`...)
		if edge.at.IsZero() && !edge.must {
			b = append(b, "null"...)
			continue
		}
		var err error
		if b, err = edge.at.UTC().AppendText(append(b, '"')); err != nil {
			return nil, fmt.Errorf("write %s of %s: %w", edge.name, e.Rule, err)
		}
		b = append(b, '"')
	}
	return append(e.Certainty.appendJSON(append(b, `,"certainty":`...)), '}'), nil
}

// MarshalJSON is AppendJSON for encoding/json.
func (e Episode) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil) }

func (c Certainty) appendJSON(b []byte) []byte {
	b = appendString(append(b, `{"active":`...), c.Active.String())
	b = appendString(append(b, `,"fired":`...), c.Fired.String())
	b = appendString(append(b, `,"resolved":`...), c.Resolved.String())
	b = strconv.AppendInt(append(b, `,"bridged_gaps":`...), int64(c.Gaps), 10)
	b = strconv.AppendFloat(append(b, `,"bridged_seconds":`...), c.Bridged.Seconds(), 'f', -1, 64)
	b = strconv.AppendInt(append(b, `,"replicas":`...), int64(max(1, c.Replicas)), 10)
	b = append(b, `,"pipeline":[`...)
	for i, kind := range c.Pipeline {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(kind))
	}
	return append(b, "]}"...)
}

// MarshalJSON writes the certainty as docs/sources.md describes it.
func (c Certainty) MarshalJSON() ([]byte, error) { return c.appendJSON(nil), nil }

// appendLabels appends a label set as an object, in the order of its names.
func appendLabels(b []byte, ls labels.Labels) []byte {
	b = append(b, '{')
	first := true
	ls.Range(func(l labels.Label) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, l.Name), ':')
		b = appendString(b, l.Value)
	})
	return append(b, '}')
}

// appendString appends a JSON string. What needs no escape, which is nearly
// every label, is copied; the rest is left to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, err := json.Marshal(s)
			if err != nil { // no string makes it fail
				panic(err)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

type certaintyJSON struct {
	Active   Edge        `json:"active"`
	Fired    Edge        `json:"fired"`
	Resolved Edge        `json:"resolved"`
	Gaps     int         `json:"bridged_gaps"`
	Bridged  float64     `json:"bridged_seconds"`
	Replicas int         `json:"replicas"`
	Pipeline []SpellKind `json:"pipeline"`
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Certainty) UnmarshalJSON(b []byte) error {
	var in certaintyJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*c = Certainty{
		Active: in.Active, Fired: in.Fired, Resolved: in.Resolved, Gaps: in.Gaps,
		Bridged:  time.Duration(in.Bridged * float64(time.Second)),
		Replicas: in.Replicas, Pipeline: in.Pipeline,
	}
	return nil
}

type episodeJSON struct {
	Rule       string        `json:"rule"`
	Group      *string       `json:"group"`
	Labels     labels.Labels `json:"labels"`
	ActiveAt   time.Time     `json:"active_at"`
	FiredAt    *time.Time    `json:"fired_at"`
	ResolvedAt *time.Time    `json:"resolved_at"`
	Certainty  Certainty     `json:"certainty"`
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Episode) UnmarshalJSON(b []byte) error {
	var in episodeJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*e = Episode{Rule: in.Rule, Labels: in.Labels, ActiveAt: in.ActiveAt, Certainty: in.Certainty}
	if in.Group != nil {
		e.Group = *in.Group
	}
	if in.FiredAt != nil {
		e.FiredAt = *in.FiredAt
	}
	if in.ResolvedAt != nil {
		e.ResolvedAt = *in.ResolvedAt
	}
	return nil
}
