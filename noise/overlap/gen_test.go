package overlap

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

var epoch = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)

// world makes random histories, minute by minute.
type world struct {
	*rand.Rand
	days     int
	episodes []noise.Episode
}

func newWorld(seed uint64, days int) *world {
	return &world{Rand: rand.New(rand.NewPCG(seed, 77)), days: days}
}

func (w *world) minutes() int { return w.days * 24 * 60 }

// fires adds an episode of the rule; labels are name and value in turn.
func (w *world) fires(rule string, from, minutes int, pairs ...string) {
	fired := epoch.Add(time.Duration(from) * time.Minute)
	w.episodes = append(w.episodes, noise.Episode{
		Rule: rule, Labels: labels.FromStrings(pairs...), ActiveAt: fired, FiredAt: fired,
		ResolvedAt: fired.Add(time.Duration(max(1, minutes)) * time.Minute),
		Certainty:  noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact},
	})
}

func (w *world) history() noise.History {
	slices.SortFunc(w.episodes, noise.Compare)
	return noise.History{
		Window:   slo.Interval{From: epoch, To: epoch.Add(time.Duration(w.days) * 24 * time.Hour)},
		Episodes: w.episodes,
	}
}

// habit is how a random rule behaves: the chance to start in a minute of quiet,
// as it depends on the time, and how long it fires on average.
type habit struct {
	start func(minute int) float64
	mean  float64
}

// live lets a rule fire by its habit.
func (w *world) live(rule string, h habit, pairs ...string) {
	for at := 0; at < w.minutes(); at++ {
		if w.Float64() < h.start(at) {
			length := 1 + int(w.ExpFloat64()*h.mean)
			w.fires(rule, at, length, pairs...)
			at += length
		}
	}
}

func steady(perDay, mean float64) habit {
	return habit{func(int) float64 { return perDay / 1440 }, mean}
}

// diurnal fires by day, five times as often as the mean at its height, and
// hardly by night.
func diurnal(perDay, mean float64) habit {
	return habit{func(minute int) float64 {
		return perDay / 1440 * 16 / 5 * math.Pow(max(0, math.Sin(2*math.Pi*float64(minute%1440)/1440-1)), 3) * 2
	}, mean}
}

// weekly fires in working hours from Monday to Friday.
func weekly(perDay, mean float64) habit {
	return habit{func(minute int) float64 {
		if hour := minute / 60 % 24; minute/1440%7 >= 5 || hour < 9 || hour >= 17 {
			return 0
		}
		return perDay / 480 * 7 / 5
	}, mean}
}

// bursty is quiet most of the time and flaps for hours when it is not.
func (w *world) bursty(bursts int, perHour, mean float64) habit {
	bad := make([]bool, w.minutes())
	for range bursts {
		from, length := w.IntN(len(bad)), 60+w.IntN(300)
		for i := from; i < min(len(bad), from+length); i++ {
			bad[i] = true
		}
	}
	return habit{func(minute int) float64 {
		if bad[minute] {
			return perHour / 60
		}
		return 0
	}, mean}
}

// hourly fires a few minutes at its own minute of every hour.
func (w *world) hourly() habit {
	mine := w.IntN(60)
	return habit{func(minute int) float64 {
		if minute%60 == mine {
			return 0.9
		}
		return 0
	}, 3}
}

// rules are names of rules.
func ruleName(kind string, i int) string { return fmt.Sprintf("%s%03d", kind, i) }
