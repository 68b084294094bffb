package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/detect"
	"github.com/burnish-sre/burnish/noise/implies"
	"github.com/burnish-sre/burnish/noise/lint"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// JudgeOptions say what alerts are judged by. The zero value judges by the SLOs
// of the reading alone, with every limit at its default.
type JudgeOptions struct {
	// Incidents are those that people declared. Declared tells that a list was
	// given, be it empty: it is then taken as complete.
	Incidents []noise.Incident
	Declared  bool
	Truth     truth.Options
	Detect    detect.Options
	Lint      lint.Options

	// Alertmanager is what notifications are replayed through; nil assumes one
	// receiver and grouping by name.
	Alertmanager *route.Config
	Paging       *route.Paging
	// Silences are those that were in force, nil where nobody knows.
	Silences []noise.Silence

	// Hours are those of the people that alerts reach.
	Hours truth.Hours
	// DeployQuery is PromQL that has a series for each service while it is being
	// deployed; empty where nobody knows. DeployLasts is how long after it a
	// deploy is still under way.
	DeployQuery string
	DeployLasts time.Duration
}

// Judge holds the alerts of a reading against what really happened, and finds
// what is wrong with them. The source is asked for what the findings need besides
// alert history; what it can't tell is left out of the findings.
func (r *Reading) Judge(ctx context.Context, src collector.Source, o JudgeOptions) (*report.Judged, error) {
	h := r.History
	j := &judging{reading: r, src: src, options: o, in: detect.Input{History: h, Silences: o.Silences}}
	j.in.Summary = noise.Summarize(h, noise.Options{})
	c := r.truthCase(o)
	j.out.Judgement = truth.Judge(c, o.Truth)
	j.in.Judgement = &j.out.Judgement
	j.overlap()
	if err := j.replay(); err != nil {
		return nil, err
	}
	j.prove()
	if err := j.look(ctx); err != nil {
		return nil, err
	}
	j.out.Responses = truth.Respond(c, j.out.Judgement, o.Silences)
	j.out.Answers = truth.Answers(c, j.out.Judgement, o.Silences)
	if err := j.woken(ctx); err != nil {
		return nil, err
	}
	j.find()
	j.out.Decisions = decide.Decide(j.out.Findings, &j.in.Summary, &j.out.Judgement, decide.Options{})
	return &j.out, nil
}

// truthCase is what the reading and the declared incidents tell.
func (r *Reading) truthCase(o JudgeOptions) truth.Case {
	c := truth.Case{History: r.History, Watched: r.Truth.Watched, Declared: o.Declared}
	c.Incidents = slices.Concat(r.Truth.Incidents, o.Incidents)
	slices.SortStableFunc(c.Incidents, func(a, b noise.Incident) int {
		if d := a.From.Compare(b.From); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return c
}

// judging gathers what a judgement is made of.
type judging struct {
	reading *Reading
	src     collector.Source
	options JudgeOptions
	in      detect.Input
	proofs  []lint.Proof
	out     report.Judged
}

func (j *judging) overlap() {
	precision := map[noise.RuleKey]slo.Proportion{}
	for _, s := range j.out.Judgement.Rules {
		precision[s.RuleKey] = s.Precision
	}
	got := overlap.Measure(j.in.History, overlap.Options{Precision: func(k noise.RuleKey) (float64, bool) {
		p := precision[k]
		return p.Ratio(), p.Known()
	}})
	j.in.Overlap, j.out.Overlap = &got, &got
}

func (j *judging) replay() error {
	cfg := j.options.Alertmanager
	if cfg == nil {
		cfg = route.Default()
	}
	o := route.Options{Window: j.in.History.Window, Silences: j.options.Silences, Paging: j.options.Paging}
	got := route.Replay(cfg, j.in.History.Episodes, o)
	j.in.Route, j.out.Route = &got, &got
	if cfg.Assumed() {
		return nil // advice on a configuration that nobody has is of no use
	}
	return j.suggest(cfg, o)
}

// suggest prices changes of the Alertmanager's configuration.
func (j *judging) suggest(cfg *route.Config, o route.Options) error {
	so := route.SuggestOptions{Options: o}
	for i := range j.out.Judgement.Incidents {
		so.Incidents = append(so.Incidents, j.out.Judgement.Incidents[i].Incident)
	}
	inhibitions, err := route.SuggestInhibitions(cfg, j.in.History.Episodes, j.in.Overlap.Pairs, so)
	if err != nil {
		return fmt.Errorf("price inhibitions: %w", err)
	}
	groupings, err := route.SuggestGroupBy(cfg, j.in.History.Episodes, so)
	if err != nil {
		return fmt.Errorf("price groupings: %w", err)
	}
	j.in.Suggestions = slices.Concat(inhibitions, groupings)
	return nil
}

// prove finds what the text of the rules says of one another.
func (j *judging) prove() {
	rules := j.in.History.Rules
	if !j.in.History.RulesKnown {
		return
	}
	j.proofs, j.in.Proofs = Proofs(rules), []detect.Proof{}
	for _, p := range implies.Pairs(rules) {
		j.in.Proofs = append(j.in.Proofs, detect.Proof{
			A: rules[p.A].Ref(), B: rules[p.B].Ref(), Reason: proofReason(p.Proof),
		})
	}
	j.in.Impossible = []detect.Impossible{}
	for _, r := range j.silent() {
		if why, ok := implies.Impossible(r.Expr); ok {
			j.in.Impossible = append(j.in.Impossible, detect.Impossible{Rule: r.Ref(), Reason: why})
		}
	}
}

func proofReason(p implies.Proof) detect.ProofReason {
	if p.Verdict == implies.Equal {
		return detect.ProofEqual
	}
	for _, c := range []struct {
		of   implies.Reason
		name detect.ProofReason
	}{{implies.ByFor, detect.ProofFor}, {implies.ByMatchers, detect.ProofMatchers}} {
		if slices.Contains(p.Reasons, c.of) {
			return c.name
		}
	}
	return detect.ProofThreshold
}

// silent are the rules of which no alert was active.
func (j *judging) silent() []noise.Rule {
	active := map[noise.RuleKey]bool{}
	for _, r := range j.in.Summary.Rules {
		if r.Episodes+r.CarriedOver+r.PendingOnly > 0 {
			key := r.RuleKey
			key.Severity = ""
			active[key] = true
		}
	}
	var out []noise.Rule
	for _, r := range j.in.History.Rules {
		if !active[noise.RuleKey{Name: r.Name, Group: r.Group, File: r.File}] {
			out = append(out, r)
		}
	}
	return out
}

// look asks the source for what alert history does not hold.
func (j *judging) look(ctx context.Context) error {
	if !j.in.History.RulesKnown {
		return nil
	}
	seen := j.reading.seen()
	var err error
	j.in.Presence, err = collector.ReadPresence(ctx, j.src, j.silent(), seen)
	if errors.Is(err, collector.ErrPresenceUnknown) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("judge the alerts: %w", err)
	}
	return j.operating(ctx, seen)
}

// seen is the part of the window that has data.
func (r *Reading) seen() slo.Interval {
	w := r.Window
	if r.Newest.Before(w.To) {
		w.To = r.Newest
	}
	if !r.Reach.Empty() && w.Duration() > maxHealth && w.From.Before(r.Reach.From) {
		w.From = r.Reach.From
	}
	return w
}

// woken counts when alerts and notifications reached people.
func (j *judging) woken(ctx context.Context) error {
	o := truth.MomentOptions{Window: j.in.History.Window, Hours: j.options.Hours, UnderWay: j.options.DeployLasts}
	if j.options.DeployQuery != "" {
		var err error
		if o.Deploys, err = collector.ReadDeploys(ctx, j.src, j.options.DeployQuery, j.reading.seen()); err != nil {
			return fmt.Errorf("look for deploys: %w", err)
		}
	}
	j.out.Woken = new(truth.CountEpisodes(j.in.History, o))
	j.out.WokenBy = new(truth.CountMoments(j.moments(), o))
	return nil
}

// moments are the pages, or where no receiver pages, the notifications.
func (j *judging) moments() []truth.Moment {
	var pages, all []truth.Moment
	for _, n := range j.in.Route.Notifications {
		if n.FiringCount == 0 {
			continue
		}
		m := truth.Moment{At: n.At, Labels: n.Labels}
		if len(n.Firing) > 0 {
			e := &j.in.History.Episodes[n.Firing[0]]
			m.Rule = noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}
		}
		all = append(all, m)
		if n.Page() {
			pages = append(pages, m)
		}
	}
	if pages != nil {
		return pages
	}
	return all
}

// find runs the detectors and the checks of the rules' text. What both know, the
// detectors tell, since they have the evidence.
func (j *judging) find() {
	j.out.Findings = detect.Run(j.in, j.options.Detect)
	if !j.in.History.RulesKnown {
		return
	}
	o := j.options.Lint
	o.Impossible = implies.Impossible
	for _, f := range lint.Run(lint.Input{Rules: j.in.History.Rules}, o) {
		told := slices.ContainsFunc(j.out.Findings, func(d noise.Finding) bool { return d.ID == f.ID })
		if !told {
			j.out.Findings = append(j.out.Findings, f)
		}
	}
	slices.SortStableFunc(j.out.Findings, detect.Compare)
}

// Proofs is what the text of rules says of one another.
func Proofs(rules []noise.Rule) []lint.Proof {
	var out []lint.Proof
	for _, p := range implies.Pairs(rules) {
		out = append(out, lint.Proof{Inner: p.A, Outer: p.B, Equal: p.Proof.Verdict == implies.Equal})
	}
	return out
}
