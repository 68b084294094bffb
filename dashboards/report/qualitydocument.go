package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// DataQuality is how well the history is known.
type DataQuality struct {
	Markers      bool           `json:"markers"`
	RulesKnown   bool           `json:"rules_known"`
	HealthKnown  bool           `json:"health_known"`
	Coverage     *float64       `json:"coverage_ratio"`
	StartsKnown  Edges          `json:"starts"`
	EndsKnown    Edges          `json:"ends"`
	Touched      slo.Proportion `json:"pipeline_touched"`
	Spells       []Spell        `json:"spells"`
	Warnings     []string       `json:"warnings"`
	NothingKnown bool           `json:"no_data"`
}

// Spell is a span in which the pipeline was unwell.
type Spell struct {
	Kind  noise.SpellKind `json:"kind"`
	Group *string         `json:"group"`
	From  time.Time       `json:"from"`
	To    time.Time       `json:"to"`
}

func newQuality(in Input) DataQuality {
	s := &in.Current
	q := DataQuality{
		Markers: s.Markers, RulesKnown: s.RulesKnown, HealthKnown: s.HealthKnown,
		StartsKnown: Edges(s.Starts), EndsKnown: Edges(s.Ends), Touched: s.Touched,
		Spells: []Spell{}, Warnings: append([]string{}, in.Warnings...), NothingKnown: !s.Observed,
	}
	slices.Sort(q.Warnings)
	if share, ok := s.Coverage(); ok {
		q.Coverage = rounded(share)
	}
	for _, x := range s.Spells {
		q.Spells = append(q.Spells, Spell{x.Kind, known(x.Group), x.From.UTC(), x.To.UTC()})
	}
	slices.SortStableFunc(q.Spells, func(a, b Spell) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind), a.To.Compare(b.To))
	})
	return q
}
