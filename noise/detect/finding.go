package detect

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// view is what a detector looks at.
type view struct {
	*measured
	in *Input
	o  *Options
}

// detector joins what is said of a kind with the search for it. The search may
// leave the kind and the action out.
func detector(d Detector, find func(v view) []noise.Finding) Detector {
	d.Find = func(in *Input, o Options) []noise.Finding {
		o = in.fill(o)
		out := find(view{in.facts(&o), in, &o})
		for i := range out {
			f := &out[i]
			f.Kind, f.Action = d.Kind, cmp.Or(f.Action, d.Action)
			if f.ID == "" {
				f.ID = noise.FindingID(d.Kind, f.Rule.RuleKey)
			}
		}
		slices.SortFunc(out, Compare)
		return out
	}
	return d
}

// noisy is the rules that a detector of noise may charge: those that fired and
// do not stand by design.
func (v view) noisy(f func(r *ruleFacts)) {
	for i := range v.rules {
		if r := &v.rules[i]; len(r.starts) > 0 && !r.standing {
			f(r)
		}
	}
}

// examples are the episodes of the three starts with the highest scores among
// those with the mark.
func (v view) examples(starts []start, with mark, score func(s start) int64) []noise.Episode {
	var best []start
	for _, s := range starts {
		if s.marks&with == 0 {
			continue
		}
		if len(best) == 3 && score(s) < score(best[2]) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, s, func(a, b start) int {
			return cmp.Or(cmp.Compare(score(b), score(a)), cmp.Compare(a.from, b.from), cmp.Compare(v.rank(a.episode), v.rank(b.episode)))
		})
		if at < 3 {
			best = slices.Insert(best, at, s)
			best = best[:min(3, len(best))]
		}
	}
	var out []noise.Episode
	for _, s := range best {
		out = append(out, v.episodes[s.episode])
	}
	return out
}

func longest(s start) int64  { return s.length() }
func shortest(s start) int64 { return -s.length() }

// about is what tells findings of one kind on one rule apart by another rule.
// It changes neither with the line nor with the folder of the file.
func about(k noise.RuleKey) string {
	return strings.Join([]string{k.Name, k.Group, path.Base(filepath.ToSlash(k.File)), k.Severity}, "\x00")
}

// refs are the rules, once each and by key.
func refs(rules []noise.RuleRef) []noise.RuleRef {
	out := slices.Clone(rules)
	slices.SortFunc(out, func(a, b noise.RuleRef) int {
		return cmp.Or(compareKeys(a.RuleKey, b.RuleKey), cmp.Compare(a.Line, b.Line))
	})
	return slices.CompactFunc(out, func(a, b noise.RuleRef) bool { return a.RuleKey == b.RuleKey })
}

// compareWhole orders findings that share an id: what saves most, weighs most
// and is surest first, then by what they say.
func compareWhole(a, b noise.Finding) int {
	sure := func(c noise.Confidence) int {
		return slices.Index([]noise.Confidence{noise.Proven, noise.Strong, noise.Weak}, c)
	}
	return cmp.Or(
		Compare(a, b), cmp.Compare(sure(a.Confidence), sure(b.Confidence)),
		cmp.Compare(a.Title, b.Title), cmp.Compare(a.Advice, b.Advice), cmp.Compare(a.Why, b.Why),
	)
}
