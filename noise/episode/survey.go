package episode

import (
	"math"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// survey is what all alerts together tell about the evaluations: how far apart
// they lie, by how much samples are set back, and where the data begin.
type survey struct {
	o          Options
	start, end int64            // where data can be, unix milliseconds
	interval   map[string]int64 // by rule name
	grid       map[string]grid  // by rule name, for those whose interval is not seen
	usual      int64            // over all rules
	offset     map[string]int64 // query_offset by rule name, in milliseconds
	aheads     map[string]map[int64]int
	hold       map[string]int64 // `for` by rule name, where all rules of the name agree
	stated     map[string]int64 // evaluation interval by rule name, where the rules are known and agree
	alive      map[string]spans // where a rule's alerts have samples, by rule name
	everyone   spans            // where any alert has samples
}

func (b *Builder) survey(o Options) *survey {
	w := &survey{
		o: o, start: math.MaxInt64, end: o.DataEnd.UnixMilli(),
		interval: map[string]int64{}, grid: map[string]grid{}, offset: map[string]int64{}, aheads: map[string]map[int64]int{},
		hold:   agreed(o.Rules, func(r noise.Rule) time.Duration { return r.For }),
		stated: agreed(o.Rules, func(r noise.Rule) time.Duration { return r.Interval }), alive: map[string]spans{},
	}
	for _, a := range b.order {
		w.look(a)
	}
	w.start = max(w.start, o.Window.From.UnixMilli())
	steps := map[int64]int{}
	for name := range w.alive {
		if step := w.interval[name]; step > 0 {
			steps[step]++
		}
		w.everyone = append(w.everyone, w.alive[name]...)
		w.alive[name] = w.alive[name].merge()
	}
	w.everyone = w.everyone.merge()
	for name, seen := range w.aheads {
		w.offset[name] = mostCommon(seen, 0)
	}
	w.setGrids()
	w.usual = mostCommon(steps, defaultInterval.Milliseconds())
	return w
}

func (w *survey) look(a *alert) {
	if step, _ := a.spacing(); step > 0 {
		w.interval[a.name] = closest(w.interval[a.name], step)
	}
	for _, t := range []*Track{a.pending, a.firing} {
		if t == nil || len(t.runs) == 0 {
			continue
		}
		w.start = min(w.start, t.runs[0].from)
		for _, r := range t.runs {
			w.alive[a.name] = append(w.alive[a.name], r.spans()...)
		}
	}
	if a.state == nil {
		return
	}
	for i, r := range a.state.runs {
		if i > 0 && (a.state.runs[i-1].value == r.value || w.o.Markers && a.state.runs[i-1].marker == 0) {
			continue // no start, or one after a hole
		}
		if ahead := int64(r.value) - r.from/1000; ahead > 0 && ahead <= mostOffset {
			w.ahead(a.name)[ahead*1000]++
		}
	}
}

// ahead counts by how much a rule's activity was seen to lie after the sample
// that records it. That is the query_offset, but for a restore now and then.
func (w *survey) ahead(name string) map[int64]int {
	if w.aheads[name] == nil {
		w.aheads[name] = map[int64]int{}
	}
	return w.aheads[name]
}

// agreed is what all rules of a name agree on, in milliseconds by name; -1 where
// they do not.
func agreed(rules []noise.Rule, of func(noise.Rule) time.Duration) map[string]int64 {
	out := map[string]int64{}
	for _, r := range rules {
		v := of(r).Milliseconds()
		if old, ok := out[r.Name]; ok && old != v {
			v = -1
		}
		out[r.Name] = v
	}
	return out
}

// intervalOf is the evaluation interval of an alert in milliseconds, from its
// own samples where they tell, else from its namesakes', else the usual one.
func (w *survey) intervalOf(a *alert) int64 {
	own, strong := a.spacing()
	if strong {
		return own
	}
	if own = closest(own, w.interval[a.name]); own > 0 {
		return own
	}
	if grid := w.grid[a.name]; grid.known() {
		return grid.step
	}
	return w.usual
}

// spacing is how far apart the alert's evaluations are seen to lie. The series
// of ALERTS_FOR_STATE is the better witness, since an end and a new start change
// its value.
func (a *alert) spacing() (step int64, strong bool) {
	if a.state != nil {
		return a.state.spacing()
	}
	step, strong = a.pending.spacing()
	other, sure := a.firing.spacing()
	if step == 0 || other != 0 && other < step {
		return other, sure
	}
	return step, strong
}

// mostCommon is the value that was counted most often, the largest of several,
// and otherwise where nothing was counted.
func mostCommon(counts map[int64]int, otherwise int64) int64 {
	best, count := otherwise, 0
	for v, n := range counts {
		if n > count || n == count && v > best {
			best, count = v, n
		}
	}
	return best
}
