package noise

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"path/filepath"
	"strings"

	"github.com/burnish-sre/burnish/slo"
)

// Kind names what a finding is about. Kinds are stable: settings, suppressions
// and other tools refer to them, and docs/detectors has a page of each name.
type Kind string

// ControlAction is one of the four ways in which a control action on a human is
// unsafe (STPA, Leveson and Thomas 2018, chapter 2).
type ControlAction string

// The unsafe control actions.
const (
	// NotGiven: there was a loss, and nobody was told.
	NotGiven ControlAction = "not_given"
	// GivenNeedlessly: somebody was told, and there was no loss.
	GivenNeedlessly ControlAction = "given_needlessly"
	// WrongTime: somebody was told too early, too late or in the wrong order.
	WrongTime ControlAction = "too_early_or_late"
	// WrongDuration: it was stopped too soon or held too long.
	WrongDuration ControlAction = "stopped_too_soon_or_held_too_long"
)

// Gravity is how much a finding matters to someone who decides whether a change
// may be merged.
type Gravity string

// The gravities.
const (
	GravityError   Gravity = "error"   // the rule can't do what it is there for
	GravityWarning Gravity = "warning" // it does harm, or will
	GravityInfo    Gravity = "info"    // worth knowing
)

// Confidence is how sure a finding is.
type Confidence string

// The confidences.
const (
	// Proven: it follows from the rule's text or from counting, whatever comes.
	Proven Confidence = "proven"
	// Strong: measured on enough that chance is ruled out.
	Strong Confidence = "strong"
	// Weak: measured on little; it may be otherwise next month.
	Weak Confidence = "weak"
)

// RuleRef points at a rule: by key, and at its line where that is known.
type RuleRef struct {
	RuleKey
	Line int // 1-based; 0 where unknown
}

// Ref is the reference of a rule as it is written.
func (r Rule) Ref() RuleRef {
	return RuleRef{RuleKey: RuleKey{Name: r.Name, Group: r.Group, File: r.File, Severity: r.Severity()}, Line: r.Line}
}

// Finding is one thing that is wrong with a rule, or with what a set of rules
// leaves out, and what to do about it.
type Finding struct {
	ID      string // stable from week to week; see FindingID
	Kind    Kind
	Gravity Gravity
	Rule    RuleRef // the zero value where it is about no rule (a blind spot)
	// Others are the rules that it is to be seen with, at most MostOthers of
	// them; MoreOthers is how many further ones there are. See SeenWith.
	Others     []RuleRef
	MoreOthers int
	SLO        string // slo.SLO.ID; empty where it is about none
	// Incidents are the ids of the incidents that it is about.
	Incidents []string

	Action ControlAction
	// Title is one short sentence with the figure that matters most; Advice is
	// what to do, as an imperative sentence.
	Title, Advice string
	Evidence      []Fact
	Examples      []Episode // at most three, the most telling first

	// Saves is the notifications a week that the advice would save; nil where
	// nobody can say. Negative where the advice adds some.
	Saves      *float64
	Confidence Confidence
	// Why says what the confidence rests on, and what would change it.
	Why string
}

// MostOthers is how many other rules a finding names. Thousands of rules may say
// the same, each with a finding of its own: were all of them named in each, the
// findings would grow with the square of the rules.
const MostOthers = 10

// SeenWith takes the rules that the finding is to be seen with: it names the
// first MostOthers and counts the rest. Several calls add up. The given rules are
// copied.
func (f *Finding) SeenWith(others ...RuleRef) {
	named := others[:min(len(others), MostOthers-len(f.Others))]
	f.Others = append(f.Others, named...)
	f.MoreOthers += len(others) - len(named)
}

// Fact is one figure of evidence. Exactly one of Share, Value and Text is set.
type Fact struct {
	Name  string // snake_case, with the unit: "episodes", "longest_firing_seconds"
	Share *slo.Proportion
	Value *float64
	Text  string
}

// FindingID is the id of a finding: the kind and a hash of what it is about. It
// does not change with the figures, the line, or the folder that a rule file
// lies in.
func FindingID(kind Kind, about RuleKey, others ...string) string {
	h := sha256.New()
	parts := append([]string{string(kind), about.Name, about.Group, path.Base(filepath.ToSlash(about.File)), about.Severity}, others...)
	h.Write([]byte(strings.Join(parts, "\x00")))
	return string(kind) + "-" + hex.EncodeToString(h.Sum(nil)[:5])
}
