package rulefile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// patch replaces the bytes [start, end) of the old text.
type patch struct {
	start, end int
	text       string
	rank       int // orders what is inserted at one place
}

// plan is what edits come to: patches of the text, and what must differ between
// the old nodes and those of the new text.
type plan struct {
	*File
	patches []patch
	becomes map[*yaml.Node]*yaml.Node   // what stands in an old node's place
	gone    map[*yaml.Node]bool         // values whose pair is gone, entries of lists
	added   map[*yaml.Node][]addedPair  // after the pair of an old value
	filled  map[*yaml.Node][]*yaml.Node // keys and values, in turn, of an old mapping that was empty
	values  map[fieldOf]*string         // new values of rules; nil where removed
	off     map[int]bool                // rules commented out
	styles  map[Field]yaml.Style
}

// addedPair is a key and a value that are new; the rank orders them as it does
// their patches.
type addedPair struct {
	key, value *yaml.Node
	rank       int
}

// fieldOf is a value of a rule.
type fieldOf struct {
	rule  int
	field Field
	key   string
}

// job is the edits that make up one change of a rule.
type job struct {
	fieldOf
	edits []int // their places in the list
}

func (f *File) newPlan() *plan {
	return &plan{
		File: f, becomes: map[*yaml.Node]*yaml.Node{}, gone: map[*yaml.Node]bool{},
		added: map[*yaml.Node][]addedPair{}, filled: map[*yaml.Node][]*yaml.Node{},
		values: map[fieldOf]*string{}, off: map[int]bool{}, styles: map[Field]yaml.Style{},
	}
}

// make turns edits into patches. The error joins a [RefusedError] for each edit
// that can't be made.
func (p *plan) make(edits []Edit) error {
	jobs, errs := p.jobs(edits)
	lists := map[*yaml.Node]int{} // how many rules of a group are commented out
	for _, j := range jobs {
		if err := p.do(j, edits, lists); err != nil {
			errs = append(errs, p.refuse(j.edits[0], edits[j.edits[0]], err))
		}
	}
	slices.SortStableFunc(p.patches, func(a, b patch) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.rank, b.rank))
	})
	return errors.Join(errs...)
}

// refuse is the error for an edit, at its rule.
func (p *plan) refuse(i int, e Edit, err error) error {
	refused := &RefusedError{Where: Error{File: p.name, Message: err.Error()}, Edit: i, Reason: err.Error()}
	if e.Rule >= 0 && e.Rule < len(p.rules) {
		n := p.where[e.Rule].item
		refused.Where = errorAt(p.name, n, "alert %q: %s: %v", p.rules[e.Rule].Name, e.what(), err)
	}
	return refused
}

// what names the change for messages.
func (e Edit) what() string {
	switch {
	case e.Action == Disable:
		return "comment out"
	case e.Action == Comment:
		return "comment"
	case e.Key != "":
		return string(e.Field) + " " + e.Key
	}
	return string(e.Field)
}

// jobs puts edits together that change one value, and refuses those that don't
// go together. The order is that of the edits.
func (p *plan) jobs(edits []Edit) ([]job, []error) {
	var jobs []job
	var errs []error
	at := map[fieldOf]int{}
	for i, e := range edits {
		if err := p.fits(e); err != nil {
			errs = append(errs, p.refuse(i, e, err))
			continue
		}
		key := e.target()
		if n, ok := at[key]; ok {
			if e.Action != Splice || edits[jobs[n].edits[0]].Action != Splice {
				errs = append(errs, p.refuse(i, e, errors.New("another edit changes it already")))
				continue
			}
			jobs[n].edits = append(jobs[n].edits, i)
			continue
		}
		at[key] = len(jobs)
		jobs = append(jobs, job{key, []int{i}})
	}
	return p.alone(jobs, edits, errs)
}

// alone refuses other edits of a rule that is commented out.
func (p *plan) alone(jobs []job, edits []Edit, errs []error) ([]job, []error) {
	for _, e := range edits {
		p.off[e.Rule] = p.off[e.Rule] || e.Action == Disable
	}
	return slices.DeleteFunc(jobs, func(j job) bool {
		e := edits[j.edits[0]]
		if e.Action == Disable || !p.off[e.Rule] {
			return false
		}
		errs = append(errs, p.refuse(j.edits[0], e, errors.New("the rule is commented out by another edit")))
		return true
	}), errs
}

// target is what an edit changes: one value, or the rule's lines.
func (e Edit) target() fieldOf {
	switch e.Action {
	case Disable:
		return fieldOf{e.Rule, "-", ""}
	case Comment:
		return fieldOf{e.Rule, "#", ""}
	}
	return fieldOf{e.Rule, e.Field, e.Key}
}

// maxValue bounds a value that is written, in bytes.
const maxValue = 64 << 10

// fits tells whether an edit makes sense for this file.
func (p *plan) fits(e Edit) error {
	keyed := e.Field == Label || e.Field == Annotation
	switch {
	case e.Rule < 0 || e.Rule >= len(p.rules):
		return fmt.Errorf("there is no rule %d among %d", e.Rule, len(p.rules))
	case e.Action == Disable || e.Action == Comment:
		return nil
	case e.Field != Expr && e.Field != For && e.Field != KeepFiringFor && !keyed:
		return fmt.Errorf("there is no field %q", e.Field)
	case keyed != (e.Key != ""):
		return errors.New("labels and annotations need a key, other fields have none")
	case !utf8.ValidString(e.Value) || len(e.Value) > maxValue || strings.ContainsRune(e.Value, 0):
		return errors.New("the value is not UTF-8 text of a bearable length")
	case e.Action == Remove && e.Field != For && e.Field != KeepFiringFor:
		return errors.New("only for and keep_firing_for can be taken away")
	case e.Action == Splice && e.Field != Expr:
		return errors.New("only an expression can be changed in part")
	case e.Action < Set || e.Action > Comment:
		return errors.New("there is no such action")
	}
	return nil
}

// do makes the patches of one job.
func (p *plan) do(j job, edits []Edit, lists map[*yaml.Node]int) error {
	e, at := edits[j.edits[0]], p.where[j.rule]
	switch e.Action {
	case Disable:
		return p.disable(at, e.Lines, lists)
	case Comment:
		return p.comment(at, e.Lines)
	case Remove:
		p.values[j.fieldOf] = nil
		return p.remove(at.rule, string(e.Field))
	}
	if p.lay.shared(at.rule) && at.rule != at.item {
		return errAlias
	}
	if e.Action == Splice {
		return p.splice(j, edits)
	}
	return p.set(j.fieldOf, e.Value)
}
