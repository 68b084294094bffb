package mcpserver

import (
	"context"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/noise/tune"
)

// Question asks what a rule would do if it were another.
type Question struct {
	About
	Limit         *float64 `json:"limit,omitempty" jsonschema:"another constant to compare with, as it would be written in the rule"`
	For           *string  `json:"for,omitempty" jsonschema:"another for, such as 10m"`
	KeepFiringFor *string  `json:"keep_firing_for,omitempty" jsonschema:"another keep_firing_for, such as 5m"`
}

// Answer is what a rule did and would have done.
type Answer struct {
	Rule          string `json:"rule"`
	Expr          string `json:"expr"`
	WouldBe       string `json:"would_be_expr"`
	For           string `json:"would_be_for"`
	KeepFiringFor string `json:"would_be_keep_firing_for"`
	Judged        bool   `json:"truth_known"`
	Did           Did    `json:"did"`
	Would         Did    `json:"would_have_done"`
	// Lost are the incidents that it told of and would not have told of.
	Lost   []string `json:"incidents_lost"`
	Gained []string `json:"incidents_gained"`
}

// Did is what a rule did over the window.
type Did struct {
	Episodes  int     `json:"episodes"`
	Outside   *int    `json:"outside_incidents"`
	Firing    float64 `json:"firing_seconds"`
	Incidents *int    `json:"incidents"`
	Caught    *int    `json:"incidents_caught"`
}

func (a answers) whatIf(ctx context.Context, _ *mcp.CallToolRequest, q Question) (*mcp.CallToolResult, any, error) {
	c := pipeline.Change{Limit: q.Limit}
	var err error
	if c.For, err = wait("for", q.For); err != nil {
		return nil, nil, err
	}
	if c.KeepFiringFor, err = wait("keep_firing_for", q.KeepFiringFor); err != nil {
		return nil, nil, err
	}
	w, err := a.facts.WhatIf(ctx, q.Rule, q.Group, c)
	if err != nil {
		return nil, nil, err
	}
	out := Answer{
		Rule: w.Rule.Name, Expr: w.Rule.Expr, WouldBe: w.Expr, For: model.Duration(w.For).String(), KeepFiringFor: model.Duration(w.KeepFiringFor).String(),
		Judged: w.Judged, Did: did(w.Before, w.Judged), Would: did(w.After, w.Judged), Lost: []string{}, Gained: []string{},
	}
	for i, incident := range w.Incidents {
		before, after := !w.Before.CaughtAt[i].IsZero(), !w.After.CaughtAt[i].IsZero()
		switch {
		case before && !after:
			out.Lost = append(out.Lost, incident.ID)
		case after && !before:
			out.Gained = append(out.Gained, incident.ID)
		}
	}
	return nil, out, nil
}

func wait(name string, text *string) (*time.Duration, error) {
	if text == nil {
		return nil, nil //nolint:nilnil // nothing asked, nothing wrong
	}
	d, err := model.ParseDuration(*text)
	if err != nil {
		return nil, fmt.Errorf("%s %q: want a duration such as 10m", name, *text)
	}
	out := time.Duration(d)
	return &out, nil
}

func did(s tune.Score, judged bool) Did {
	out := Did{Episodes: s.Episodes, Firing: s.Firing.Seconds()}
	if judged {
		outside, incidents, caught := s.Outside, s.Incidents, s.Outcome.Caught
		out.Outside, out.Incidents, out.Caught = &outside, &incidents, &caught
	}
	return out
}

// Deploy asks whether a deploy may go on.
type Deploy struct {
	SLOs []string `json:"slos,omitempty" jsonschema:"the SLOs that it touches, as service/name; all of them where none is given"`
}

func (a answers) mayDeploy(ctx context.Context, _ *mcp.CallToolRequest, q Deploy) (*mcp.CallToolResult, any, error) {
	answer, err := a.facts.MayDeploy(ctx, q.SLOs)
	return nil, answer, err
}
