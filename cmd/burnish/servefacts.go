package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/gateapi"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/gatecase"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// gatekeeper decides on deploys from the stored history.
type gatekeeper struct{ st *station }

// policy is the gate's, read anew for each answer.
func (k *gatekeeper) policy() (gate.Policy, error) {
	file := k.st.c.Gate.PolicyFile
	if file == "" {
		return gate.DefaultPolicy(), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return gate.Policy{}, fmt.Errorf("read the gate's policy: %w", err)
	}
	return gate.ParsePolicy(file, text, time.LoadLocation)
}

// Decide answers a question of a roll-out controller.
func (k *gatekeeper) Decide(ctx context.Context, q gateapi.Question) (gate.Answer, error) {
	policy, err := k.policy()
	if err != nil {
		return gate.Answer{}, err
	}
	all, err := k.st.slos()
	if err != nil {
		return gate.Answer{}, err
	}
	slos, err := meant(all, q)
	if err != nil {
		return gate.Answer{}, err
	}
	by, err := k.st.judgeBy(ctx)
	if err != nil {
		return gate.Answer{}, err
	}
	var c gate.Case
	err = k.st.withLive(ctx, func(src collector.Source) (err error) {
		c, _, err = gatecase.Ask(ctx, src, slos, gatecase.Options{
			Now: time.Now().UTC(), Policy: policy, Declared: by.Incidents, Change: q.Change, Share: q.Share,
			Ledgers: k.st.standing.book,
		})
		return err
	})
	if errors.Is(err, collector.ErrNoData) { // then nothing is known of any of them
		c, err = gate.Case{Now: time.Now().UTC(), Change: q.Change, Missing: slos}, nil
	}
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.Decide(c, policy), nil
}

// meant are the SLOs that a question is about.
func meant(all []slo.SLO, q gateapi.Question) ([]slo.SLO, error) {
	if len(q.SLOs) == 0 && len(q.Services) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, name := range q.SLOs {
		hits := 0
		for _, s := range all {
			if fits, err := path.Match(name, s.ID()); s.ID() == name || err == nil && fits {
				wanted[s.ID()] = true
				hits++
			}
		}
		if hits == 0 {
			return nil, fmt.Errorf("%w as %q", gateapi.ErrNoSuchSLO, name)
		}
	}
	for _, service := range q.Services {
		hits := 0
		for _, s := range all {
			if s.Service == service {
				wanted[s.ID()] = true
				hits++
			}
		}
		if hits == 0 {
			return nil, fmt.Errorf("%w of service %q", gateapi.ErrNoSuchSLO, service)
		}
	}
	var out []slo.SLO
	for _, s := range all {
		if wanted[s.ID()] {
			out = append(out, s)
		}
	}
	return out, nil
}

// facts are what assistants are answered from.
type facts struct {
	st   *station
	gate *gatekeeper
}

// Latest is the report that is being served.
func (f facts) Latest() (report.Document, bool) {
	doc := f.st.latest.Load()
	if doc == nil {
		return report.Document{}, false
	}
	return *doc, true
}

// WhatIf replays a rule over the report's window.
func (f facts) WhatIf(ctx context.Context, name, group string, c pipeline.Change) (out pipeline.WhatIf, err error) {
	o, err := f.st.options(time.Now())
	if err != nil {
		return out, err
	}
	by, err := f.st.judgeBy(ctx)
	if err != nil {
		return out, err
	}
	err = f.st.withLive(ctx, func(src collector.Source) error {
		r, err := pipeline.Read(ctx, src, o)
		if err != nil {
			return err
		}
		rule, err := ruleInForce(r.Rules, name, group)
		if err != nil {
			return err
		}
		out, err = r.WhatIf(ctx, src, rule, c, by)
		return err
	})
	return out, err
}

// ruleInForce is the one rule of a name.
func ruleInForce(rules []noise.Rule, name, group string) (noise.Rule, error) {
	var found []noise.Rule
	for _, r := range rules {
		if r.Name == name && (group == "" || r.Group == group) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return noise.Rule{}, fmt.Errorf("no rule in force is called %q", name)
	case 1:
		return found[0], nil
	}
	return noise.Rule{}, fmt.Errorf("%d rules in force are called %q; say the group", len(found), name)
}

// MayDeploy is the gate's answer.
func (f facts) MayDeploy(ctx context.Context, slos []string) (any, error) {
	answer, err := f.gate.Decide(ctx, gateapi.Question{SLOs: slos})
	if err != nil {
		return nil, err
	}
	return gateapi.NewDocument(answer), nil
}

// polled is the name that silences are kept under that Alertmanager was asked for.
const polled = "alertmanager-api"

// silences are those that Alertmanager knows and those that it has forgotten, and
// keeps the former: it forgets an ended one after five days.
func (st *station) silences(ctx context.Context, by pipeline.JudgeOptions) ([]noise.Silence, error) {
	if len(by.Silences) > 0 {
		if err := st.store.Commit(ctx, history.Batch{Source: polled, Silences: by.Silences}); err != nil {
			return nil, err
		}
	}
	kept, err := st.store.Silences(ctx, "", slo.Interval{})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	out := by.Silences
	for _, s := range out {
		seen[s.ID] = true
	}
	for _, s := range kept {
		if !seen[s.ID] {
			seen[s.ID] = true
			out = append(out, s)
		}
	}
	return out, nil
}
