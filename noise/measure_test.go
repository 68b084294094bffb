package noise

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

// minuteMillis is a minute in unix milliseconds.
const minuteMillis = int64(60_000)

func startsAt(ms ...int64) []start {
	out := make([]start, len(ms))
	for i, m := range ms {
		out[i] = start{at: m, high: true}
	}
	return out
}

func TestNearestRank(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []int64
		q      float64
		want   int64
	}{
		{"one value", []int64{7}, 0.5, 7},
		{"even count takes the lower middle", []int64{1, 2, 3, 4}, 0.5, 2},
		{"odd count takes the middle", []int64{1, 2, 3}, 0.5, 2},
		{"p95 of twenty is the nineteenth", []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 0.95, 19},
		{"p95 of few is the largest", []int64{1, 2, 3}, 0.95, 3},
		{"the first quantile", []int64{5, 6}, 0.001, 5},
	} {
		assert.Equal(t, c.want, nearestRank(c.values, c.q), c.name)
	}
	assert.False(t, spreadOf(nil).Known())
}

func TestNearestRankAgainstItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		values := make([]int64, 1+rng.IntN(60))
		for i := range values {
			values[i] = int64(rng.IntN(40))
		}
		slices.Sort(values)
		for _, percent := range []int{5, 50, 75, 95, 100} {
			got := nearestRank(values, float64(percent)/100)
			assert.Equal(t, smallestCovering(values, percent), got)
		}
	}
}

// smallestCovering is the smallest value that percent of the values do not exceed.
func smallestCovering(values []int64, percent int) int64 {
	for _, v := range values {
		covered := 0
		for _, w := range values {
			if w <= v {
				covered++
			}
		}
		if covered*100 >= percent*len(values) {
			return v
		}
	}
	return 0
}

func TestMostInTenAgainstEveryWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		starts := randomStarts(rng)
		most := 0
		for from := -12 * minuteMillis; from < 210*minuteMillis; from += minuteMillis {
			n := 0
			for _, s := range starts {
				if s.at >= from && s.at < from+tenMinutes {
					n++
				}
			}
			most = max(most, n)
		}
		assert.Equal(t, most, mostInTen(starts))
	}
	assert.Zero(t, mostInTen(nil))
}

// randomStarts are bursts on the minutes of some three hours.
func randomStarts(rng *rand.Rand) []start {
	var ms []int64
	for range rng.IntN(12) {
		centre := rng.IntN(180)
		for range rng.IntN(14) {
			ms = append(ms, int64(centre+rng.IntN(1+rng.IntN(20)))*minuteMillis)
		}
	}
	slices.Sort(ms)
	return startsAt(ms...)
}

func TestFloodsByHand(t *testing.T) {
	o := Options{}.withDefaults(week())
	tenAt := func(m int64) []int64 { return slices.Repeat([]int64{m * minuteMillis}, 10) }
	for _, c := range []struct {
		name   string
		starts []int64
		want   []span
		counts []int
	}{
		{"nine are no flood", tenAt(0)[:9], nil, nil},
		{"ten at once flood for ten minutes", tenAt(0), []span{{0, 10 * minuteMillis}}, []int{10}},
		{"five that join as the ten leave keep it up", append(tenAt(0), slices.Repeat([]int64{10 * minuteMillis}, 5)...), []span{{0, 20 * minuteMillis}}, []int{15}},
		{"four that join as the ten leave do not", append(tenAt(0), slices.Repeat([]int64{10 * minuteMillis}, 4)...), []span{{0, 10 * minuteMillis}}, []int{10}},
		{"two floods share no start", append(tenAt(0), tenAt(30)...), []span{{0, 10 * minuteMillis}, {30 * minuteMillis, 40 * minuteMillis}}, []int{10, 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := floodSpans(startsAt(c.starts...), o, 1000*minuteMillis)
			require.Len(t, got, len(c.want))
			for i, f := range got {
				assert.Equal(t, c.want[i], f.span)
				assert.Equal(t, c.counts[i], f.last-f.first)
			}
		})
	}
}

func TestFloodsAgainstEveryMinute(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	o := Options{}.withDefaults(week())
	floods := 0
	for range 500 {
		starts := randomStarts(rng)
		end := int64(100+rng.IntN(150)) * minuteMillis
		starts = slices.DeleteFunc(starts, func(s start) bool { return s.at >= end })
		got := floodSpans(starts, o, end)
		assert.Equal(t, floodMinutes(starts, o, end), minutesOf(got))
		floods += len(got)
		for i, f := range got {
			assert.GreaterOrEqual(t, f.last-f.first, o.FloodStart-o.FloodEnd+1)
			if i > 0 {
				assert.LessOrEqual(t, got[i-1].last, f.first, "no start is counted in two floods")
			}
			for _, s := range starts[f.first:f.last] {
				assert.True(t, s.at > f.from-tenMinutes && s.at < f.to || f.ongoing)
			}
		}
	}
	assert.Greater(t, floods, 100)
}

// floodMinutes is the hysteresis, read off minute by minute.
func floodMinutes(starts []start, o Options, end int64) []int64 {
	var in []int64
	flood := false
	for now := int64(0); now < end; now += minuteMillis {
		n := 0
		for _, s := range starts {
			if s.at > now-tenMinutes && s.at <= now {
				n++
			}
		}
		flood = n >= o.FloodStart || flood && n >= o.FloodEnd
		if flood {
			in = append(in, now)
		}
	}
	return in
}

func minutesOf(floods []floodSpan) []int64 {
	var in []int64
	for _, f := range floods {
		for now := f.from; now < f.to; now += minuteMillis {
			in = append(in, now)
		}
	}
	return in
}

func TestAssign(t *testing.T) {
	rule := func(name, group, file string, ls ...string) Rule {
		return Rule{Name: name, Group: group, File: file, Labels: labels.FromStrings(ls...)}
	}
	rules := []Rule{
		rule("Disk", "z", "b.yml", "severity", "warning"),
		rule("Disk", "z", "b.yml", "severity", "critical"),
		rule("Disk", "a", "b.yml", "severity", "critical", "team", "db"),
		rule("Mem", "one", "a.yml", "severity", "{{ $labels.sev }}"),
		rule("Mem", "two", "a.yml"),
		rule("Twin", "g2", "b.yml"),
		rule("Twin", "g1", "b.yml"),
		rule("Twin", "g3", "a.yml"),
	}
	episode := func(name string, ls ...string) Episode { return Episode{Rule: name, Labels: labels.FromStrings(ls...)} }
	grouped := episode("Twin")
	grouped.Group = "g1"
	for _, c := range []struct {
		name        string
		episode     Episode
		group, file string
	}{
		{"a static label decides", episode("Disk", "severity", "warning"), "z", "b.yml"},
		{"most static labels win", episode("Disk", "severity", "critical", "team", "db"), "a", "b.yml"},
		{"fewer where the rest differ", episode("Disk", "severity", "critical", "team", "web"), "z", "b.yml"},
		{"none fits", episode("Disk", "severity", "info"), "", ""},
		{"a template fits anything", episode("Mem", "severity", "x"), "one", "a.yml"},
		{"unknown name", episode("Net"), "", ""},
		{"file decides between equals", episode("Twin"), "g3", "a.yml"},
		{"a group that is known decides first", grouped, "g1", "b.yml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			episodes := []Episode{c.episode, c.episode}
			Assign(rules, episodes)
			assert.Equal(t, c.group, episodes[1].Group)
			assert.Equal(t, c.file, episodes[1].File)
			assert.Equal(t, episodes[0], episodes[1])
		})
	}
}

func TestCompareIsATotalOrder(t *testing.T) {
	a := fires("A", "a", 0, minutes(1))
	variants := []Episode{a, fires("A", "a", minutes(1), minutes(2)), fires("B", "a", 0, minutes(1)), fires("A", "b", 0, minutes(1)), fires("A", "a", 0, -1), pends("A", 0, minutes(1))}
	group, file := a, a
	group.Group, file.File = "g", "f"
	variants = append(variants, group, file)
	for i, x := range variants {
		for j, y := range variants {
			assert.Equal(t, i == j, Compare(x, y) == 0)
			assert.Equal(t, Compare(x, y), -Compare(y, x))
		}
	}
	assert.Negative(t, Compare(a, fires("A", "a", 0, -1)), "an edge that has not happened sorts last")
}

func TestAlertsWithOneHashAreToldApart(t *testing.T) {
	var table AlertTable
	a, b := fires("R", "a", 0, 1), fires("R", "b", 0, 1)
	first, isNew := table.Number(&a)
	assert.True(t, isNew)
	// Make b's hash lead to a's place, as a collision would.
	table.ids[alertKey{0, b.Labels.Hash()}] = first
	second, isNew := table.Number(&b)
	assert.True(t, isNew)
	assert.NotEqual(t, first, second)
	again, isNew := table.Number(&b)
	assert.False(t, isNew)
	assert.Equal(t, second, again)
}

func TestKPIVerdicts(t *testing.T) {
	month := slo.Interval{From: epoch, To: at(30 * 24 * time.Hour)}
	burst := func(n int) []Episode {
		var out []Episode
		for i := range n {
			out = append(out, fires("R", time.Duration(i).String(), time.Duration(i)*time.Minute, time.Duration(i+10)*time.Minute))
		}
		return out
	}
	for _, c := range []struct {
		name    string
		window  slo.Interval
		n       int
		id      KPIID
		value   float64
		verdict Verdict
	}{
		{"a rate within the target", month, 3000, KPIPerDay, 100, VerdictGood},
		{"a rate between target and limit", month, 144*30 + 30, KPIPerDay, 145, VerdictAcceptable},
		{"a rate over the limit", month, 289 * 30, KPIPerDay, 289, VerdictOver},
		{"a week is too short", week(), 700, KPIPerDay, 100, VerdictTooShort},
		{"a peak at the target", month, 20, KPIMostInTen, 10, VerdictGood},
		{"ten rules or fewer are always all of the top ten", month, 20, KPITopTen, 1, VerdictUnknown},
		{"no episodes, no top ten", month, 0, KPITopTen, 0, VerdictUnknown},
		{"shifts need no month", week(), 10, KPIShifts, 0, VerdictGood},
		{"all is high severity", month, 10, KPIHighSeverity, 1, VerdictOver},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Summarize(History{Window: c.window, Episodes: burst(c.n), HealthKnown: true}, Options{})
			k, ok := s.KPI(c.id)
			require.True(t, ok)
			assert.InDelta(t, c.value, k.Value, 1e-9)
			assert.Equal(t, c.verdict, k.Verdict)
		})
	}
}

func TestTimelinesHaveRoundSteps(t *testing.T) {
	const day = 24 * time.Hour
	for window, want := range map[time.Duration]int{
		7 * day: 168, 14 * day: 168, 30 * day: 180, day: 144, time.Hour: 60, 90 * day: 180, 400 * day: 192, 0: 1, 90 * time.Second: 2,
	} {
		assert.Equal(t, want, roundBuckets(window), window)
	}
}

func TestTopTenOfManyRules(t *testing.T) {
	var episodes []Episode
	for i := range 20 {
		for j := range 1 + 9*(1-i/10) { // ten rules with ten episodes, ten with one
			episodes = append(episodes, fires("R"+string(rune('a'+i)), "a", minutes(60*j), minutes(60*j+1)))
		}
	}
	s := Summarize(History{Window: slo.Interval{From: epoch, To: at(30 * 24 * time.Hour)}, Episodes: episodes}, Options{})
	k, _ := s.KPI(KPITopTen)
	assert.InDelta(t, 100.0/110, k.Value, 1e-9)
	assert.Equal(t, VerdictOver, k.Verdict)
}

func TestBusyPeriods(t *testing.T) {
	var episodes []Episode
	for i := range 31 { // all within ten minutes of hour 5
		episodes = append(episodes, fires("R", time.Duration(i).String(), 5*time.Hour+time.Duration(i)*time.Second, 6*time.Hour))
	}
	for i := range 30 {
		episodes = append(episodes, fires("R", time.Duration(i).String(), 8*time.Hour+time.Duration(i)*time.Minute*2, 12*time.Hour))
	}
	s := summarize(episodes...)
	hours, _ := s.KPI(KPIBusyHours)
	tens, _ := s.KPI(KPIBusyTenMinutes)
	assert.InDelta(t, 1, hours.Count, 0)
	assert.InDelta(t, 168, hours.Of, 0)
	assert.InDelta(t, 1, tens.Count, 0)
	assert.InDelta(t, 1008, tens.Of, 0)
}

func TestShiftsCountIncidentsNotAlerts(t *testing.T) {
	hour := func(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
	s := summarize(
		// First shift: three incidents, one of them three starts half an hour apart.
		fires("R", "a", hour(1), hour(1.1)), fires("R", "a", hour(1.5), hour(1.6)), fires("R", "a", hour(2), hour(2.1)),
		fires("R", "a", hour(5), hour(5.1)), fires("R", "a", hour(8), hour(8.1)),
		// Second shift: two.
		fires("R", "a", hour(13), hour(13.1)), fires("R", "a", hour(15), hour(15.1)),
	)
	k, _ := s.KPI(KPIShifts)
	assert.InDelta(t, 1, k.Value, 0)
	assert.InDelta(t, 14, k.Of, 0)
	assert.Equal(t, VerdictOver, k.Verdict)
}

func TestPagesWithoutAPauseAreNotOneIncident(t *testing.T) {
	var episodes []Episode
	for m := 0; m < 12*60; m += 10 {
		episodes = append(episodes, fires("R", "a", minutes(m), minutes(m+1)))
	}
	s := summarize(episodes...)
	k, _ := s.KPI(KPIShifts)
	assert.InDelta(t, 1, k.Value, 0)
}

func TestNoDataIsUnknownNotGood(t *testing.T) {
	month := slo.Interval{From: epoch, To: at(30 * 24 * time.Hour)}
	s := Summarize(History{Window: month}, Options{})
	assert.False(t, s.Observed)
	for _, k := range s.KPIs {
		assert.Equal(t, VerdictUnknown, k.Verdict, k.ID)
	}
	s = Summarize(History{}, Options{})
	assert.Len(t, s.KPIs, 14)
	for _, k := range s.KPIs {
		assert.Equal(t, VerdictUnknown, k.Verdict, k.ID)
	}
}

func TestSeverityMix(t *testing.T) {
	with := func(severity string) Episode {
		e := fires("R", severity, 0, minutes(1))
		e.Labels = labels.FromStrings("severity", severity)
		return e
	}
	s := summarize(with("CRITICAL"), with("page"), with("warning"), with("info"), with("p1"), with(""))
	assert.Equal(t, SeverityMix{High: 2, Medium: 1, Low: 1, Unclassified: 2}, s.Severity)
	assert.Equal(t, slo.Proportion{Count: 2, Of: 4}, s.Severity.Share(LevelHigh))
	assert.Equal(t, slo.Proportion{Count: 2, Of: 6}, s.Severity.Share(LevelUnclassified))

	s = Summarize(History{Window: week(), Episodes: []Episode{with("P1")}}, Options{Severities: map[string]Level{"P1": LevelHigh}})
	assert.Equal(t, 1, s.Severity.High)
}
