package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/tune"
)

// Change is what a rule would be like: nil leaves a thing as it is.
type Change struct {
	// Limit is the constant of the comparison as it is written in the rule.
	Limit         *float64
	For           *time.Duration
	KeepFiringFor *time.Duration
}

// WhatIf is what a rule did over a window and what it would have done.
type WhatIf struct {
	Rule          noise.Rule // as it is
	Expr          string     // as it would be
	For           time.Duration
	KeepFiringFor time.Duration
	Before, After tune.Score
	// Incidents is the truth that both were held against; JudgedBy says whether
	// there was any at all.
	Incidents []noise.Incident
	Judged    bool
}

// WhatIf replays one rule over the reading's window as it is and as it would be.
// It fails where the rule can't be replayed, or compares with more than one
// constant while another limit is asked for.
func (r *Reading) WhatIf(ctx context.Context, src collector.Source, rule noise.Rule, c Change, by JudgeOptions) (WhatIf, error) {
	subject, err := r.subject(ctx, src, rule)
	if err != nil {
		return WhatIf{}, fmt.Errorf("replay %s: %w", rule.Name, err)
	}
	out := WhatIf{Rule: rule, Expr: rule.Expr, For: rule.For, KeepFiringFor: rule.KeepFiringFor}
	view := subject.Views[0]
	now := tune.Shape{For: rule.For, KeepFiringFor: rule.KeepFiringFor, Op: tune.Present}
	if view.Atom != tune.Whole {
		now.Op, now.Threshold = subject.Form.Atoms[view.Atom].Op, subject.Form.Atoms[view.Atom].Threshold
	}
	then := now
	if c.Limit != nil {
		if len(subject.Form.Atoms) != 1 {
			return WhatIf{}, fmt.Errorf("change the limit of %s: its expression has %d comparisons with a constant, and just one can be moved here", rule.Name, len(subject.Form.Atoms))
		}
		if out.Expr, err = subject.Form.With(*c.Limit); err != nil {
			return WhatIf{}, fmt.Errorf("change the limit of %s: %w", rule.Name, err)
		}
		then.Threshold = subject.Form.Atoms[0].ThresholdOf(*c.Limit)
	}
	if err := c.durations(&out, &then); err != nil {
		return WhatIf{}, fmt.Errorf("change %s: %w", rule.Name, err)
	}
	truth := r.truthCase(by)
	out.Incidents, out.Judged = truth.Incidents, by.Declared || len(truth.Watched) > 0
	o := tune.Options{Incidents: truth.Incidents, Lead: by.Truth.Lead}
	if out.Before, err = tune.Tally(view.Samples, now, o); err != nil {
		return WhatIf{}, err
	}
	out.After, err = tune.Tally(view.Samples, then, o)
	return out, err
}

// longestWait bounds what may be asked for as a `for` or keep_firing_for.
const longestWait = 30 * 24 * time.Hour

func (c Change) durations(out *WhatIf, then *tune.Shape) error {
	for _, set := range []struct {
		asked       *time.Duration
		rule, shape *time.Duration
	}{{c.For, &out.For, &then.For}, {c.KeepFiringFor, &out.KeepFiringFor, &then.KeepFiringFor}} {
		if set.asked == nil {
			continue
		}
		if *set.asked < 0 || *set.asked > longestWait {
			return errors.New("a wait is between 0 and 30 days")
		}
		*set.rule, *set.shape = *set.asked, *set.asked
	}
	return nil
}
