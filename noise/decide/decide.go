// Package decide turns findings into one decision for each rule: delete it, merge
// it into another, repair it, change its limits, or have another hold it back.
//
// Findings say what is wrong, each for itself, and several may be true of one rule.
// A person wants to know what to do first. [Decide] takes the gravest remedy only
// where it is safe: a rule is deleted where it can't fire, where it has stood for
// the whole window, or where every incident that it told of was told of by another
// rule that stays. A rule that never met an incident is not deleted for that: what
// it guards against may not have happened yet. The package is pure.
package decide

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// Verb is what to do with a rule.
type Verb string

// The verbs, in the order in which they are listed.
const (
	Delete  Verb = "delete"
	Merge   Verb = "merge"   // into another rule, which says the same
	Repair  Verb = "repair"  // it can't do what it is there for
	Retune  Verb = "retune"  // its limit, for or keep_firing_for; rules tune says to what
	Inhibit Verb = "inhibit" // it, or the other, while the other fires
	Review  Verb = "review"  // a person has to look
)

// Decision is what to do with a rule, and why.
type Decision struct {
	Rule noise.RuleRef
	Verb Verb
	Into *noise.RuleRef // the rule that stays, of Merge and Inhibit
	// Because are the findings that it rests on, the strongest first.
	Because []string
	// Saves is the notifications a week that it saves; nil where nobody can say.
	Saves *float64
	Why   string // one plain sentence
}

// Options are the limits of what is safe to delete. The zero value of each field
// means its default.
type Options struct {
	// Precision is the share of right alerts under which a rule that adds nothing
	// may go, 0.1, and Fleeting the share of fleeting episodes that it must have,
	// 0.9.
	Precision, Fleeting float64
	// Stands is the share of the window that a stale alert must have fired; 0.9.
	Stands float64
	// Severities maps severities to levels; rules of a low level wake nobody and
	// are not deleted for noise.
	Severities map[string]noise.Level
}

func (o Options) withDefaults() Options {
	o.Precision, o.Fleeting, o.Stands = cmp.Or(o.Precision, 0.1), cmp.Or(o.Fleeting, 0.9), cmp.Or(o.Stands, 0.9)
	if o.Severities == nil {
		o.Severities = noise.DefaultSeverities()
	}
	return o
}

// Decide makes the decisions from findings and what the judgement knows: the
// order is that of the verbs, then of what they save.
func Decide(findings []noise.Finding, s *noise.Summary, j *truth.Judgement, o Options) []Decision {
	d := &deciding{o: o.withDefaults(), summary: s, by: map[noise.RuleKey][]noise.Finding{}, decided: map[noise.RuleKey]Verb{}, cover: newCover(j)}
	for _, f := range findings {
		if f.Rule.Name != "" {
			d.by[f.Rule.RuleKey] = append(d.by[f.Rule.RuleKey], f)
		}
	}
	d.stats = make(map[noise.RuleKey]*noise.RuleStats, len(s.Rules))
	for i := range s.Rules {
		d.stats[s.Rules[i].RuleKey] = &s.Rules[i]
	}
	d.merges()
	for _, key := range d.byNoise() {
		d.rule(key)
	}
	slices.SortStableFunc(d.out, compare)
	return d.out
}

func compare(a, b Decision) int {
	order := []Verb{Delete, Merge, Repair, Retune, Inhibit, Review}
	return cmp.Or(
		cmp.Compare(slices.Index(order, a.Verb), slices.Index(order, b.Verb)),
		cmp.Compare(saved(b), saved(a)),
		cmp.Compare(a.Rule.Name, b.Rule.Name),
		cmp.Compare(a.Rule.Group, b.Rule.Group), cmp.Compare(a.Rule.File, b.Rule.File), cmp.Compare(a.Rule.Severity, b.Rule.Severity),
	)
}

func saved(d Decision) float64 {
	if d.Saves == nil {
		return 0
	}
	return *d.Saves
}

// deciding gathers decisions.
type deciding struct {
	o       Options
	summary *noise.Summary
	stats   map[noise.RuleKey]*noise.RuleStats
	by      map[noise.RuleKey][]noise.Finding
	cover   cover
	decided map[noise.RuleKey]Verb
	out     []Decision
}

// enter takes a decision on a rule, which is the only one.
func (d *deciding) enter(key noise.RuleKey, what Decision) {
	d.decided[key] = what.Verb
	d.out = append(d.out, what)
}

// isDecided tells whether there is a decision on a rule already.
func (d *deciding) isDecided(key noise.RuleKey) bool {
	_, ok := d.decided[key]
	return ok
}

// byNoise is the rules with findings, the noisiest first, so that what is deleted
// first saves most.
func (d *deciding) byNoise() []noise.RuleKey {
	var keys []noise.RuleKey
	for key := range d.by {
		keys = append(keys, key)
	}
	episodes := func(k noise.RuleKey) int {
		if s := d.stats[k]; s != nil {
			return s.Episodes
		}
		return 0
	}
	slices.SortFunc(keys, func(a, b noise.RuleKey) int {
		return cmp.Or(cmp.Compare(episodes(b), episodes(a)), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Group, b.Group), cmp.Compare(a.File, b.File), cmp.Compare(a.Severity, b.Severity))
	})
	return keys
}

// merges decides on duplicates first: of two rules that say the same one stays.
func (d *deciding) merges() {
	for _, key := range d.byNoise() {
		f, ok := d.finding(key, noise.KindDuplicate)
		if !ok || len(f.Others) == 0 || d.isDecided(f.Others[0].RuleKey) || d.isDecided(key) {
			continue
		}
		d.cover.drop(key)
		d.enter(key, Decision{
			Rule: f.Rule, Verb: Merge, Into: &f.Others[0], Because: []string{f.ID}, Saves: f.Saves, Why: f.Title,
		})
	}
}

func (d *deciding) finding(key noise.RuleKey, kind noise.Kind) (noise.Finding, bool) {
	i := slices.IndexFunc(d.by[key], func(f noise.Finding) bool { return f.Kind == kind })
	if i < 0 {
		return noise.Finding{}, false
	}
	return d.by[key][i], true
}

// rule decides on one rule.
func (d *deciding) rule(key noise.RuleKey) {
	if d.isDecided(key) {
		return
	}
	for _, try := range []func(noise.RuleKey) (Decision, bool){d.dead, d.stands, d.broken, d.addsNothing, d.tight, d.held, d.look} {
		if got, ok := try(key); ok {
			d.enter(key, got)
			return
		}
	}
}

// dead is a rule that can't fire: repaired where one word is wrong, else deleted.
// That its series were not there for a short while tells nothing.
func (d *deciding) dead(key noise.RuleKey) (Decision, bool) {
	f, ok := d.finding(key, noise.KindDead)
	if !ok || f.Gravity == noise.GravityInfo || f.Confidence == noise.Weak {
		return Decision{}, false
	}
	out := Decision{Rule: f.Rule, Verb: Delete, Because: []string{f.ID}, Saves: f.Saves, Why: f.Title}
	if slices.ContainsFunc(f.Evidence, func(e noise.Fact) bool { return e.Name == "matcher" }) {
		out.Verb = Repair
	}
	return out, true
}

// stands is a rule whose alerts have fired all along and told of nothing.
func (d *deciding) stands(key noise.RuleKey) (Decision, bool) {
	f, ok := d.finding(key, noise.KindStale)
	s := d.stats[key]
	if !ok || s == nil || s.LabelSets == 0 || d.cover.told(key) > 0 {
		return Decision{}, false
	}
	if s.Firing.Seconds() < d.o.Stands*d.summary.Window.Duration().Seconds()*float64(s.LabelSets) {
		return Decision{}, false
	}
	return Decision{
		Rule: f.Rule, Verb: Delete, Because: []string{f.ID}, Saves: f.Saves,
		Why: f.Title + " An alert that always fires tells nobody anything.",
	}, true
}

// addsNothing is a rule that is nearly always wrong, over before anybody could
// act, and of whose incidents others tell as well.
func (d *deciding) addsNothing(key noise.RuleKey) (Decision, bool) {
	f, ok := d.finding(key, noise.KindFleeting)
	s, p := d.stats[key], d.cover.precision(key)
	if !ok || s == nil || d.o.Severities[key.Severity] == noise.LevelLow {
		return Decision{}, false
	}
	isFleeting := s.Fleeting.Known() && s.Fleeting.Ratio() >= d.o.Fleeting
	isWrong := p.Of >= 10 && p.Ratio() < d.o.Precision
	if !isFleeting || !isWrong || !d.cover.canSpare(key) {
		return Decision{}, false
	}
	d.cover.drop(key)
	return Decision{
		Rule: f.Rule, Verb: Delete, Because: []string{f.ID}, Saves: f.Saves,
		Why: f.Title + " It was right in " + shareText(p) + ", and every incident that it told of was told of by another rule, too.",
	}, true
}

// broken is a rule whose text does not do what it is there for.
func (d *deciding) broken(key noise.RuleKey) (Decision, bool) {
	return d.first(key, Repair, noise.KindValueInLabel, noise.KindTemplate)
}

// tight is a rule whose limit or waiting is wrong.
func (d *deciding) tight(key noise.RuleKey) (Decision, bool) {
	return d.first(key, Retune, noise.KindTightThreshold, noise.KindFlapping, noise.KindFleeting, noise.KindNonActionable, noise.KindRepeating)
}

// held is a rule that comes with another that stays.
func (d *deciding) held(key noise.RuleKey) (Decision, bool) {
	for _, kind := range []noise.Kind{noise.KindRedundant, noise.KindSubsumed, noise.KindCascading} {
		f, ok := d.finding(key, kind)
		if !ok {
			continue
		}
		i := slices.IndexFunc(f.Others, func(o noise.RuleRef) bool { return !d.leaves(o.RuleKey) })
		if i < 0 {
			continue
		}
		return Decision{
			Rule: f.Rule, Verb: Inhibit, Into: &f.Others[i], Because: []string{f.ID}, Saves: f.Saves, Why: f.Title,
		}, true
	}
	return Decision{}, false
}

// leaves tells whether a rule is to go.
func (d *deciding) leaves(key noise.RuleKey) bool {
	return d.decided[key] == Delete || d.decided[key] == Merge
}

// look is a rule that a person has to look at.
func (d *deciding) look(key noise.RuleKey) (Decision, bool) {
	return d.first(key, Review, noise.KindStale, noise.KindMisleadingSeverity)
}

// first decides by the first of the kinds that was found, and names the others.
func (d *deciding) first(key noise.RuleKey, verb Verb, kinds ...noise.Kind) (Decision, bool) {
	var out Decision
	sum := 0.0
	for _, kind := range kinds {
		f, ok := d.finding(key, kind)
		if !ok {
			continue
		}
		if out.Verb == "" {
			out = Decision{Rule: f.Rule, Verb: verb, Why: f.Title}
		}
		out.Because = append(out.Because, f.ID)
		if f.Saves != nil {
			sum += *f.Saves
			out.Saves = &sum
		}
	}
	return out, out.Verb != ""
}

func shareText(p slo.Proportion) string { return count(p.Count) + " of " + count(p.Of) + " alerts" }
