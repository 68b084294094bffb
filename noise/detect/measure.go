package detect

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// measured is what one pass over the episodes gives, shared by all detectors.
// Times are in unix milliseconds.
type measured struct {
	window   slo.Interval
	from, to int64
	weeks    float64
	strong   strength

	episodes []noise.Episode // as the history holds them
	ranks    []int32         // their places in the order of noise.Compare; nil where that is their order
	rules    []ruleFacts     // every rule known or seen, by key
	byKey    map[noise.RuleKey]int
	alerts   []alert

	scores map[noise.RuleKey]*truth.Score
	tied   map[string][]noise.RuleKey         // by SLO: the rules that are judged by it
	counts map[noise.RuleKey]*route.RuleCount // nil where nothing was replayed
	// routeWeeks is the length of what was replayed.
	routeWeeks float64
	acksKnown  bool
	// charged is by episode the rule that is charged with it, -1 where none is;
	// nil where nothing was replayed.
	charged []int32
}

// ruleFacts is one rule: an alertname of one severity in one group.
type ruleFacts struct {
	ref      noise.RuleRef
	rule     *noise.Rule // nil where its text is not known
	level    noise.Level
	standing bool // fires by design
	// starts are the firing episodes that the rule is charged with, by time;
	// dirty are those in which the pipeline had a hand.
	starts, dirty []start
	pending       int // activations that did not fire
	alerts        int // label sets that fired
}

// alert is one label set of one rule.
type alert struct {
	rule   int
	labels labels.Labels
	hash   uint64
	// lost is when the pipeline lost sight of its last episode; 0 where it did
	// not.
	lost int64
}

// start is one firing episode. It may have begun before the window; it ends with
// the window at the latest.
type start struct {
	from, to int64
	episode  int32 // in measured.episodes
	alert    int32
	marks    mark
}

func (s start) length() int64 { return s.to - s.from }

// mark is what was found out about an episode.
type mark uint16

const (
	markAny       mark = 1 << iota // every episode has it
	markCarried                    // it fired before the window began
	markOpen                       // it fires at the window's end
	markLoose                      // its end is not known to the evaluation
	markResumed                    // it began soon after the same alert's last end
	markFleeting                   // ended soon, before anybody could act
	markRestart                    // goes on with a burst of flapping
	markStale                      // fired too long
	markMinted                     // its label set was never seen before
	markAcked                      // somebody made a silence while it fired
	markIncident                   // it fired about an incident
	markRepeating                  // it ended as nearly all of the rule's did
)

func measure(in *Input, o *Options) *measured {
	m := &measured{
		window: in.Summary.Window, episodes: in.History.Episodes,
		byKey: map[noise.RuleKey]int{}, acksKnown: in.Silences != nil,
	}
	if m.window == (slo.Interval{}) {
		m.window = in.History.Window
	}
	m.from, m.to = m.window.From.UnixMilli(), m.window.To.UnixMilli()
	m.weeks = m.window.Duration().Hours() / (7 * 24)
	m.strong = strength{o.StrongEpisodes, time.Duration(o.StrongWindow), m.window.Duration(), m.window.Duration(), false}
	if share, known := in.Summary.Coverage(); known {
		m.strong.known, m.strong.recorded = true, time.Duration(share*float64(m.strong.window))
	}
	p := newPass(m, in.History, o)
	for _, i := range m.inOrder() {
		p.add(i)
	}
	p.finish()
	m.takeJudgement(in.Judgement)
	m.takeRoute(in.Route)
	m.markAcks(in.Silences)
	m.markIncidents(in.Judgement)
	for i := range m.rules {
		r := &m.rules[i]
		noteFleeting(r, o)
		markFlapping(r, o)
		noteStale(m, r, o)
		noteMinted(r)
		noteRepeating(r)
	}
	return m
}

// inOrder is the places of the episodes in the order of noise.Compare.
func (m *measured) inOrder() []int32 {
	order := make([]int32, len(m.episodes))
	for i := range order {
		order[i] = int32(i)
	}
	if slices.IsSortedFunc(m.episodes, noise.Compare) {
		return order
	}
	slices.SortStableFunc(order, func(a, b int32) int { return noise.Compare(m.episodes[a], m.episodes[b]) })
	m.ranks = make([]int32, len(order))
	for rank, i := range order {
		m.ranks[i] = int32(rank)
	}
	return order
}

// rank is the place of an episode in the order of noise.Compare.
func (m *measured) rank(episode int32) int32 {
	if m.ranks == nil {
		return episode
	}
	return m.ranks[episode]
}

func (m *measured) takeJudgement(j *truth.Judgement) {
	if j == nil || !j.Known {
		return
	}
	m.scores = make(map[noise.RuleKey]*truth.Score, len(j.Rules))
	m.tied = map[string][]noise.RuleKey{}
	for i := range j.Rules {
		s := &j.Rules[i]
		m.scores[s.RuleKey] = s
		for _, id := range s.SLOs {
			m.tied[id] = append(m.tied[id], s.RuleKey)
		}
	}
}

func (m *measured) takeRoute(r *route.Result) {
	if r == nil || r.Window.Empty() {
		return
	}
	m.routeWeeks = r.Window.Duration().Hours() / (7 * 24)
	m.counts = make(map[noise.RuleKey]*route.RuleCount, len(r.Rules))
	for i := range r.Rules {
		m.counts[r.Rules[i].RuleKey] = &r.Rules[i]
	}
	m.charged = slices.Repeat([]int32{-1}, len(m.episodes))
	for i := range m.rules {
		if m.rules[i].standing {
			continue
		}
		for _, s := range m.rules[i].starts {
			m.charged[s.episode] = int32(i)
		}
	}
}

// score is how the rule did against the truth; nil where that is not known or
// nothing ties the rule to it.
func (m *measured) score(key noise.RuleKey) *truth.Score {
	s := m.scores[key]
	if s == nil || s.Basis == truth.BasisNone || s.Basis == "" {
		return nil
	}
	return s
}

// rule is the facts of the rule of that key; nil where neither the rules nor the
// episodes hold it.
func (m *measured) rule(key noise.RuleKey) *ruleFacts {
	if i, ok := m.byKey[key]; ok {
		return &m.rules[i]
	}
	return nil
}

// ref is the reference by key, with the line where that is known.
func (m *measured) ref(r noise.RuleRef) noise.RuleRef {
	if f := m.rule(r.RuleKey); f != nil && r.Line == 0 {
		return f.ref
	}
	return r
}

// begun counts the starts within the window.
func (r *ruleFacts) begun() int { return r.count(markAny, markCarried) }

// count is how many of the starts have one of the marks and none of the others.
func (r *ruleFacts) count(with, without mark) int {
	n := 0
	for _, s := range r.starts {
		if s.marks&with != 0 && s.marks&without == 0 {
			n++
		}
	}
	return n
}

// interval is how often the rule is evaluated; a minute where that is not known.
func (r *ruleFacts) interval() time.Duration {
	if r.rule == nil || r.rule.Interval <= 0 {
		return time.Minute
	}
	return r.rule.Interval
}

func compareKeys(a, b noise.RuleKey) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.File, b.File),
	)
}
