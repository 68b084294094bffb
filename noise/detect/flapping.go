package detect

import (
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func flapping() Detector {
	return detector(Detector{
		Kind: noise.KindFlapping, Title: "starts and ends again and again", Action: noise.WrongDuration,
		Source: "ISA-18.2-2016 (chattering: three in a minute on a console; here ten evaluations or 30 minutes); " +
			"Nagios base/flapping.c for the flap percentage; Kondaveeti et al., ChERD 2013, for the chattering index",
	}, findFlapping)
}

// nagiosStates is how many of the last evaluations the flap percentage is of.
const nagiosStates = 20

// markFlapping marks the starts that go on with a burst of an alert.
func markFlapping(r *ruleFacts, o *Options) {
	if len(r.starts) < o.FlapStarts || o.FlapStarts < 2 {
		return
	}
	within := flapWithin(r, o)
	for _, of := range byAlert(r.starts) {
		if len(of) < 2 {
			continue
		}
		burst := make([]bool, len(of))
		markBursts(r.starts, of, burst, flapLimits{o.FlapStarts, within})
		if r.rule != nil && r.rule.Interval > 0 {
			markUnsteady(r, of, burst, o)
		}
		for i := 1; i < len(of); i++ {
			pause := r.starts[of[i]].from - r.starts[of[i-1]].from
			if burst[i] && burst[i-1] && pause <= max(within, nagiosStates*r.interval().Milliseconds()) {
				r.starts[of[i]].marks |= markRestart
			}
		}
	}
}

// flapWithin is the span in milliseconds that starts are counted in.
func flapWithin(r *ruleFacts, o *Options) int64 {
	return max(millis(o.FlapWithin), int64(o.FlapEvaluations)*r.interval().Milliseconds())
}

// byAlert is the places of the starts of each alert, in order of time.
func byAlert(starts []start) [][]int32 {
	var out [][]int32
	place := make(map[int32]int, 8)
	for i, s := range starts {
		at, ok := place[s.alert]
		if !ok {
			at = len(out)
			place[s.alert] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], int32(i))
	}
	return out
}

type flapLimits struct {
	starts int
	within int64
}

// markBursts marks the starts that lie in a span with enough others.
func markBursts(starts []start, of []int32, burst []bool, l flapLimits) {
	marked := 0
	for i := l.starts - 1; i < len(of); i++ {
		first := i - l.starts + 1
		if starts[of[i]].from-starts[of[first]].from > l.within {
			continue
		}
		for marked = max(marked, first); marked <= i; marked++ {
			burst[marked] = true
		}
	}
}

// markUnsteady marks the starts at which the weighted share of the last twenty
// evaluations in which the alert changed its state is high. The newest weighs
// 1.2, the oldest 0.8. It is off again once it fell under the low limit.
func markUnsteady(r *ruleFacts, of []int32, burst []bool, o *Options) {
	step := r.interval().Milliseconds()
	var changes []int64
	on := false
	change := func(at int64) {
		if on && flapShare(changes, at-step, step) < o.FlapLow {
			on = false
		}
		changes = append(changes, at)
		changes = changes[max(0, len(changes)-nagiosStates):]
		on = on || flapShare(changes, at, step) >= o.FlapHigh
	}
	for i, at := range of {
		s := r.starts[at]
		change(s.from)
		for k := i; on && k >= 0 && s.from-r.starts[of[k]].from < nagiosStates*step && !burst[k]; k-- {
			burst[k] = true
		}
		if s.marks&markOpen == 0 {
			change(s.to)
		}
	}
}

// flapShare is the weighted share of the last twenty evaluations, up to now, at
// which the state changed; at most twenty changes are given.
func flapShare(changes []int64, now, step int64) float64 {
	sum := 0.0
	for _, at := range changes {
		age := (now - at) / step
		if at <= now && age < nagiosStates {
			sum += 1.2 - 0.4*float64(age)/(nagiosStates-1)
		}
	}
	return sum / nagiosStates
}

// flaps is how a rule flapped.
type flaps struct {
	alerts, bursts, restarts, worst int
	pauses                          []int64
	index                           float64
}

func (r *ruleFacts) flaps() flaps {
	f := flaps{restarts: r.count(markRestart, 0)}
	step := float64(r.interval().Milliseconds())
	runs := 0
	for _, of := range byAlert(r.starts) {
		row, flapped := 1, false
		for i := 1; i < len(of); i++ {
			last, s := r.starts[of[i-1]], r.starts[of[i]]
			runs++
			f.index += 1 / max(1, float64(s.from-last.from)/step)
			if s.marks&markRestart == 0 {
				row = 1
				continue
			}
			if row++; row == 2 {
				f.bursts++
			}
			f.worst, flapped = max(f.worst, row), true
			f.pauses = append(f.pauses, max(0, s.from-last.to))
		}
		if flapped {
			f.alerts++
		}
	}
	f.index /= float64(max(1, runs))
	return f
}

func findFlapping(v view) []noise.Finding {
	var out []noise.Finding
	v.noisy(func(r *ruleFacts) {
		f := r.flaps()
		if f.restarts == 0 {
			return
		}
		slices.Sort(f.pauses)
		hold := f.pauses[(len(f.pauses)*95+99)/100-1]
		sure, why := v.strong.of(f.restarts + f.bursts)
		gravity := noise.GravityWarning
		if f.bursts == 1 {
			gravity = noise.GravityInfo
		}
		out = append(out, noise.Finding{
			Rule: r.ref, Gravity: gravity, Confidence: sure, Why: why + v.unit(), Saves: v.saving(r, markRestart),
			Title: fmt.Sprintf("%s flaps: %d of its %d starts only go on with a burst.", name(r.ref.RuleKey), f.restarts, len(r.starts)),
			Advice: fmt.Sprintf("Add keep_firing_for: %s (as long as 95%% of the pauses in its bursts), or let it end at a lower limit than it starts at.",
				holdFor(hold, r.interval())),
			Evidence: []noise.Fact{
				share("starts_in_bursts", slo.Proportion{Count: f.restarts, Of: len(r.starts)}),
				share("alerts_that_flapped", slo.Proportion{Count: f.alerts, Of: max(f.alerts, r.alerts)}),
				count("bursts", f.bursts), count("most_starts_in_a_burst", f.worst),
				seconds("pause_p95_seconds", hold), value("chattering_index", f.index),
			},
			Examples: v.examples(r.starts, markRestart, shortest),
		})
	})
	return out
}

// holdFor is a pause rounded up to whole evaluations, as rules have it.
func holdFor(pause int64, interval time.Duration) string {
	step := max(1, interval.Milliseconds())
	return promDuration((pause/step + 1) * step)
}
