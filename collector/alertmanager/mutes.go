package alertmanager

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// The most matchers that a silence or an inhibit rule may have, the most sources
// of an inhibition that are kept, and how many bytes of matchers one message may
// ask to compile. Counted repetitions, as in x{1000}, cost far more than their
// length, so they count repeatCost times.
const (
	mostMatchers = 256
	mostSources  = 64
	mostCompiled = 64 << 10
	repeatCost   = 16
)

// muteField reads what held an alert back, and the alert.
func (b *bounded) muteField(name string, r *record) {
	switch name {
	case "silence":
		r.silence, r.by.SilenceID = b.recordedSilence()
		if b.ok() && r.by.SilenceID == "" {
			b.stop(FaultMalformed, "a silence lacks its id")
		}
	case "mutedAlert":
		r.held = &Told{}
		b.object(func(name string) { b.only(name, "labels", func() { r.held.Labels = b.labelList() }) })
		if b.ok() {
			r.held.Fingerprint = fingerprint(r.held.Labels)
		}
	case "inhibitRules":
		first := true
		b.list(func() {
			if first {
				r.by.Rule = b.inhibitRule()
			} else {
				b.skip()
			}
			first = false
		})
	case "inhibitingFingerprints":
		b.list(func() {
			if n := b.count(); len(r.by.Sources) < mostSources {
				r.by.Sources = append(r.by.Sources, hex64(n))
			}
		})
	default:
		b.skip()
	}
}

// inhibitRule is the name of a rule, else its text.
func (b *bounded) inhibitRule() string {
	var name string
	var source, target, equal []string
	b.object(func(field string) {
		switch field {
		case "name":
			name = b.text(b.lim.Text)
		case "sourceMatchers":
			source = b.matcherTexts()
		case "targetMatchers":
			target = b.matcherTexts()
		case "equalLabels":
			b.list(func() {
				if s := b.text(b.lim.LabelName); len(equal) < mostMatchers {
					equal = append(equal, s)
				}
			})
		default:
			b.skip()
		}
	})
	if name != "" {
		return name
	}
	return cut(fmt.Sprintf("{%s} inhibits {%s} equal [%s]",
		strings.Join(source, ", "), strings.Join(target, ", "), strings.Join(equal, ", ")))
}

func (b *bounded) matcherTexts() []string {
	var out []string
	b.list(func() {
		b.object(func(name string) {
			b.only(name, "rendered", func() {
				if s := b.text(b.lim.Text); len(out) < mostMatchers {
					out = append(out, s)
				}
			})
		})
	})
	return out
}

// recordedSilence reads a silence and its id. The silence is nil where its
// matchers can't be compiled or there are too many.
func (b *bounded) recordedSilence() (*noise.Silence, string) {
	var s noise.Silence
	var single []*labels.Matcher
	good := true
	b.object(func(name string) {
		switch name {
		case "id":
			s.ID = b.text(1024)
		case "matchers":
			single = b.matchers(&good)
		case "matcherSets":
			b.list(func() {
				b.object(func(name string) {
					b.only(name, "matchers", func() { s.Matchers = append(s.Matchers, b.matchers(&good)) })
				})
				good = good && len(s.Matchers) <= mostMatchers
				if !good {
					s.Matchers = nil
				}
			})
		case "startsAt":
			s.From = b.time()
		case "endsAt":
			s.To = b.time()
		case "updatedAt":
			s.UpdatedAt = b.time()
		case "createdBy":
			s.Author = b.remark()
		case "comment":
			s.Comment = b.remark()
		default:
			b.skip()
		}
	})
	if len(s.Matchers) == 0 && len(single) > 0 {
		s.Matchers = [][]*labels.Matcher{single}
	}
	if !b.ok() || !good || len(s.Matchers) == 0 || s.Interval == (slo.Interval{}) {
		return nil, s.ID
	}
	return &s, s.ID
}

func (b *bounded) matchers(good *bool) []*labels.Matcher {
	var out []*labels.Matcher
	b.list(func() {
		m := b.recordedMatcher()
		if m == nil || len(out) >= mostMatchers {
			*good = false
			return
		}
		out = append(out, m)
	})
	return out
}

// recordedMatcher is nil where it can't be compiled.
func (b *bounded) recordedMatcher() *labels.Matcher {
	kind, known := labels.MatchEqual, false
	var label, pattern string
	b.object(func(name string) {
		switch name {
		case "type":
			kind, known = matchType(b.text(64))
		case "name":
			label = b.text(b.lim.LabelName)
		case "pattern":
			pattern = b.text(b.lim.Text)
		default:
			b.skip()
		}
	})
	if !b.ok() || !known || label == "" {
		return nil
	}
	return b.compiled(kind, label, pattern)
}

// compiled makes each matcher of a message once: a silence is told in full with
// every alert that it holds back.
func (b *bounded) compiled(kind labels.MatchType, label, pattern string) *labels.Matcher {
	key := matcherKey{kind, label, pattern}
	if m, known := b.matched[key]; known {
		return m
	}
	cost := len(label) + len(pattern)
	if strings.Contains(pattern, "{") {
		cost *= repeatCost
	}
	b.compiledBytes += cost
	if b.compiledBytes > mostCompiled {
		return nil
	}
	m, err := labels.NewMatcher(kind, label, pattern)
	if err != nil {
		m = nil
	}
	if b.matched == nil {
		b.matched = map[matcherKey]*labels.Matcher{}
	}
	b.matched[key] = m
	return m
}

type matcherKey struct {
	kind           labels.MatchType
	label, pattern string
}

func matchType(s string) (labels.MatchType, bool) {
	switch s {
	case "TYPE_EQUAL":
		return labels.MatchEqual, true
	case "TYPE_NOT_EQUAL":
		return labels.MatchNotEqual, true
	case "TYPE_REGEXP":
		return labels.MatchRegexp, true
	case "TYPE_NOT_REGEXP":
		return labels.MatchNotRegexp, true
	}
	return 0, false
}
