package alertmanager

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// The most that is kept of an id, an author or a comment, in bytes, and the most
// that is read of a file.
const (
	maxText = 4096
	maxFile = 256 << 20
)

// silence is one as the API writes it.
type silence struct {
	ID          string      `json:"id"`
	Matchers    []matcher   `json:"matchers"`
	MatcherSets [][]matcher `json:"matcherSets"`
	StartsAt    time.Time   `json:"startsAt"`
	EndsAt      time.Time   `json:"endsAt"`
	UpdatedAt   time.Time   `json:"updatedAt"`
	CreatedBy   string      `json:"createdBy"`
	Comment     string      `json:"comment"`
}

type matcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual"` // absent before Alertmanager 0.22: true
}

// Silences lists the silences that the Alertmanager still knows: those in force,
// those to come, and those that ended within its retention, which is five days by
// default. A silence that was ended early ends when that was done.
func (c *Client) Silences(ctx context.Context) ([]noise.Silence, error) {
	var out []noise.Silence
	err := c.fetch(ctx, "list silences", "/silences", nil, func(from io.Reader) (err error) {
		out, err = readSilences(from)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ReadSilences reads silences from a file: the answer of /api/v2/silences, which
// is also what `amtool silence query -o json` prints.
func ReadSilences(path string) ([]noise.Silence, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read silences: %w", err)
	}
	defer f.Close()
	limited := &io.LimitedReader{R: f, N: maxFile + 1}
	out, err := readSilences(bufio.NewReader(limited))
	if limited.N == 0 {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	if errors.Is(err, errShape) {
		err = fmt.Errorf("%w; write the file with `amtool silence query --expired -o json`", err)
	}
	if err != nil {
		return nil, fmt.Errorf("read silences of %s: %w", path, err)
	}
	return out, nil
}

func readSilences(from io.Reader) ([]noise.Silence, error) {
	var out []noise.Silence
	err := list(from, func(s silence) error {
		got, err := s.silence()
		if err != nil {
			return fmt.Errorf("read silence %q: %w", cut(s.ID), err)
		}
		out = append(out, got)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s silence) silence() (noise.Silence, error) {
	out := noise.Silence{
		Interval: slo.Interval{From: s.StartsAt.UTC(), To: s.EndsAt.UTC()}, ID: cut(s.ID),
		Author: cut(s.CreatedBy), Comment: cut(s.Comment), UpdatedAt: s.UpdatedAt.UTC(),
	}
	sets := s.MatcherSets
	if len(s.Matchers) > 0 && len(sets) == 0 {
		sets = [][]matcher{s.Matchers}
	}
	for _, set := range sets {
		var ms []*labels.Matcher
		for _, m := range set {
			got, err := m.matcher()
			if err != nil {
				return noise.Silence{}, err
			}
			ms = append(ms, got)
		}
		out.Matchers = append(out.Matchers, ms)
	}
	if len(out.Matchers) == 0 {
		return noise.Silence{}, fmt.Errorf("%w: it has no matchers", errShape)
	}
	return out, nil
}

func (m matcher) matcher() (*labels.Matcher, error) {
	equal := m.IsEqual == nil || *m.IsEqual
	kind := labels.MatchEqual
	switch {
	case m.IsRegex && equal:
		kind = labels.MatchRegexp
	case m.IsRegex:
		kind = labels.MatchNotRegexp
	case !equal:
		kind = labels.MatchNotEqual
	}
	return labels.NewMatcher(kind, m.Name, m.Value)
}

// cut bounds a text from outside, between two characters: databases take no half
// ones.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
