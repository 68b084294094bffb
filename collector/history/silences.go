package history

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// silenceDocument is a silence as the store holds it.
type silenceDocument struct {
	ID        string            `json:"id"`
	From      time.Time         `json:"from"`
	To        time.Time         `json:"to"`
	Author    string            `json:"author,omitempty"`
	Comment   string            `json:"comment,omitempty"`
	UpdatedAt time.Time         `json:"updated_at,omitzero"`
	Matchers  [][]storedMatcher `json:"matchers"`
}

type storedMatcher struct {
	Name  string `json:"name"`
	Op    string `json:"op"`
	Value string `json:"value"`
}

func silenceJSON(s noise.Silence) silenceDocument {
	out := silenceDocument{ID: s.ID, From: s.From.UTC(), To: s.To.UTC(), Author: s.Author, Comment: s.Comment, UpdatedAt: s.UpdatedAt.UTC()}
	for _, set := range s.Matchers {
		var ms []storedMatcher
		for _, m := range set {
			ms = append(ms, storedMatcher{m.Name, m.Type.String(), m.Value})
		}
		out.Matchers = append(out.Matchers, ms)
	}
	return out
}

// matchTypes are the operators of matchers.
func matchTypes() map[string]labels.MatchType {
	return map[string]labels.MatchType{
		"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp,
	}
}

func readSilence(d storedDocument) (noise.Silence, error) {
	var in silenceDocument
	if err := json.Unmarshal(d.body, &in); err != nil {
		return noise.Silence{}, err
	}
	out := noise.Silence{
		Interval: slo.Interval{From: in.From, To: in.To}, ID: in.ID,
		Author: in.Author, Comment: in.Comment, UpdatedAt: in.UpdatedAt,
	}
	for _, set := range in.Matchers {
		var ms []*labels.Matcher
		for _, m := range set {
			op, ok := matchTypes()[m.Op]
			if !ok {
				return out, fmt.Errorf("unknown operator %.10q", m.Op)
			}
			made, err := labels.NewMatcher(op, m.Name, m.Value)
			if err != nil {
				return out, err
			}
			ms = append(ms, made)
		}
		out.Matchers = append(out.Matchers, ms)
	}
	return out, nil
}

// Silences are those that were in force at some time of a window, by start.
func (s *Store) Silences(ctx context.Context, source string, over slo.Interval) ([]noise.Silence, error) {
	return collect(decoded(s.documents(ctx, kindSilence, source, over), readSilence))
}
