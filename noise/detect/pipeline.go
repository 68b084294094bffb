package detect

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func pipeline() Detector {
	return detector(Detector{
		Kind: noise.KindPipeline, Title: "made by the pipeline, not by a rule", Action: noise.WrongDuration,
		Source: "Prometheus: state is lost at a restart and at failed or missed evaluations; what is counted as its work is ours",
	}, findPipeline)
}

// hole is what a spell is called of which only the gap in the samples is known.
const hole noise.SpellKind = "hole"

// fault is one way in which the pipeline was unwell, of one group or of all.
type fault struct {
	kind  noise.SpellKind
	group string // "file;group"; empty for all
}

// damage is what a fault did.
type damage struct {
	spells  int
	lasted  int64
	starts  []start
	resumed int
	rules   map[noise.RuleKey]noise.RuleRef
}

// damages are what the faults did, by fault.
type damages map[fault]*damage

func (ds damages) of(f fault) *damage {
	if ds[f] == nil {
		ds[f] = &damage{rules: map[noise.RuleKey]noise.RuleRef{}}
	}
	return ds[f]
}

// touch enters the start of a rule's episode that a fault had a hand in.
func (d *damage) touch(r *ruleFacts, s start) {
	d.starts = append(d.starts, s)
	d.rules[r.ref.RuleKey] = r.ref
	if s.marks&markResumed != 0 {
		d.resumed++
	}
}

func findPipeline(v view) []noise.Finding {
	by := damages{}
	for _, s := range v.in.History.Spells {
		if in := s.Intersect(v.window); !in.Empty() {
			d := by.of(fault{s.Kind, s.Group})
			d.spells++
			d.lasted += in.Duration().Milliseconds()
		}
	}
	for i := range v.rules {
		r := &v.rules[i]
		for _, s := range r.dirty {
			for _, f := range v.faultsOf(r, s, by) {
				by.of(f).touch(r, s)
			}
		}
	}
	out := make([]noise.Finding, 0, len(by))
	for f, d := range by {
		out = append(out, v.faulty(f, d))
	}
	return out
}

// faultsOf are the faults that touched an episode: those of its own group where
// such are known, else those of all groups.
func (v view) faultsOf(r *ruleFacts, s start, known damages) []fault {
	kinds := v.episodes[s.episode].Certainty.Pipeline
	if len(kinds) == 0 {
		return []fault{{hole, ""}}
	}
	var out []fault
	for _, kind := range kinds {
		f := fault{kind, ""}
		for k := range known {
			if k.kind == kind && k.group != "" && isGroup(k.group, r.ref.RuleKey) && (f.group == "" || k.group < f.group) {
				f = k
			}
		}
		out = append(out, f)
	}
	return out
}

// isGroup tells whether a spell's group is the rule's; folders do not count.
func isGroup(of string, key noise.RuleKey) bool {
	file, group, _ := strings.Cut(of, ";")
	return group == key.Group && path.Base(file) == path.Base(filepath.ToSlash(key.File))
}

func (v view) faulty(f fault, d *damage) noise.Finding {
	whose := "of all groups"
	file, group, _ := strings.Cut(f.group, ";")
	if f.group != "" {
		whose = "of group " + clip(group, mostName)
	}
	out := noise.Finding{
		ID:      noise.FindingID(noise.KindPipeline, noise.RuleKey{}, string(f.kind), path.Base(file), group),
		Gravity: noise.GravityInfo, Confidence: noise.Strong,
		Title: fmt.Sprintf("%s (%s) touched %s; %d of them only went on after it.",
			faultName(f.kind), whose, plural(len(d.starts), "firing episode", "firing episodes"), d.resumed),
		Advice: faultAdvice(f.kind),
		Evidence: []noise.Fact{
			share("touched_episodes", slo.Proportion{Count: len(d.starts), Of: v.fired()}), count("resumed_episodes", d.resumed),
			count("spells", d.spells), seconds("spells_seconds", d.lasted), count("rules_touched", len(d.rules)),
		},
		Examples: v.examples(d.starts, markAny, func(s start) int64 { return int64(s.marks & markResumed) }),
		Why:      "No rule is charged with these episodes. Saved are the starts that only went on with an episode before, in firing starts a week.",
	}
	if len(d.starts) > 0 {
		out.Gravity = noise.GravityWarning
	}
	if v.weeks > 0 {
		perWeek := float64(d.resumed) / v.weeks
		out.Saves = &perWeek
	}
	if !v.in.History.HealthKnown {
		out.Confidence = noise.Weak
		out.Why += " The pipeline's own metrics were not there, so only its traces in the alerts are known."
	}
	rules := make([]noise.RuleRef, 0, len(d.rules))
	for _, r := range d.rules {
		rules = append(rules, r)
	}
	out.SeenWith(refs(rules)...)
	return out
}

// fired is how many episodes fired, whoever is charged with them.
func (v view) fired() int {
	n := 0
	for i := range v.rules {
		n += len(v.rules[i].starts) + len(v.rules[i].dirty)
	}
	return n
}

func faultName(kind noise.SpellKind) string {
	names := map[noise.SpellKind]string{
		noise.SpellRestart: "Restarts of Prometheus", noise.SpellFailedEvaluation: "Failed evaluations",
		noise.SpellMissedEvaluation: "Missed evaluations", noise.SpellOutage: "Outages of Prometheus",
		hole: "Holes in the alerts' samples",
	}
	return cmp.Or(names[kind], "Spells of kind "+clip(string(kind), mostName))
}

func faultAdvice(kind noise.SpellKind) string {
	switch kind {
	case noise.SpellRestart:
		return "Restart Prometheus less often, run it as a pair behind one Alertmanager, and find out what makes it restart."
	case noise.SpellFailedEvaluation:
		return "Look up the error of the rule group under /rules and repair the expression or the limit that it runs into."
	case noise.SpellMissedEvaluation:
		return "Make the rule group cheaper, split it, or evaluate it less often, so that it ends within its interval."
	case noise.SpellOutage:
		return "Find out why Prometheus recorded nothing, and have something else watch that it does."
	}
	return "Read the pipeline's own metrics (prometheus_rule_evaluation_failures_total, up) to see what made the holes."
}
