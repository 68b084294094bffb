package gatecase

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/gateapi"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
	"github.com/burnish-sre/burnish/slo/spelling"
)

// Gate answers questions over one source: it is the gateapi.Decider of a daemon. It
// is safe for concurrent use as far as its source and functions are.
type Gate struct {
	Source collector.Source
	SLOs   []slo.SLO
	Policy gate.Policy
	// Declared gives the incidents that people declared; nil where there are none.
	Declared func() ([]noise.Incident, error)
	// Now is the present.
	Now func() time.Time
}

// Decide implements gateapi.Decider. A roll-out is planned where the question says
// what share of the traffic runs the change.
func (g *Gate) Decide(ctx context.Context, q gateapi.Question) (gate.Answer, error) {
	slos, err := Select(g.SLOs, slices.Concat(q.SLOs, q.Services))
	if err != nil {
		return gate.Answer{}, err
	}
	o := Options{Now: g.Now(), Policy: g.Policy, Change: q.Change, Share: q.Share}
	if q.Share > 0 {
		o.Phases = g.Policy.Phases
	}
	if g.Declared != nil {
		if o.Declared, err = g.Declared(); err != nil {
			return gate.Answer{}, err
		}
	}
	c, _, err := Ask(ctx, g.Source, slos, o)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.Decide(c, g.Policy), nil
}

// Select are the SLOs that names fit, each once, in their own order; without a name
// all of them. A name is service/name, a pattern of that as path.Match has it, or a
// service. One that fits nothing is gateapi.ErrNoSuchSLO.
func Select(all []slo.SLO, names []string) ([]slo.SLO, error) {
	if len(names) == 0 {
		return all, nil
	}
	fits := make([]bool, len(all))
	for _, name := range names {
		found := false
		for i, s := range all {
			match, err := path.Match(name, s.ID())
			if err != nil {
				return nil, fmt.Errorf("%w: %.100q is no pattern such as checkout/*", gateapi.ErrNoSuchSLO, name)
			}
			if match || name == s.Service {
				found, fits[i] = true, true
			}
		}
		if !found {
			return nil, noSuchSLO(all, name)
		}
	}
	var out []slo.SLO
	for i, s := range all {
		if fits[i] {
			out = append(out, s)
		}
	}
	return out, nil
}

func noSuchSLO(all []slo.SLO, name string) error {
	var known []string
	for _, s := range all {
		known = append(known, s.ID(), s.Service)
	}
	hint := ""
	if near := spelling.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return fmt.Errorf("%w: %.100q%s", gateapi.ErrNoSuchSLO, name, hint)
}
