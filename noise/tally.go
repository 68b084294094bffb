package noise

import (
	"cmp"
	"slices"
	"time"
)

// tally is the single pass over the episodes of a window. Times are in unix
// milliseconds.
type tally struct {
	o        Options
	from, to int64
	buckets  buckets
	levels   classifier

	index   *RuleIndex // nil where the rules are not known
	rules   []Rule
	touched []bool // by rule: it has a row

	rowOf  map[RuleKey]int32
	rows   []row
	table  AlertTable
	series []series

	starts   []start
	stale    staleDays
	standing []Standing
	mix      SeverityMix
	fired    EdgeCounts
}

// series is what must be remembered of an alert from episode to episode.
type series struct {
	row        int32
	level      Level
	flapping   bool
	ended      int64    // known end of the last firing episode; 0 for none
	lastStarts [2]int64 // the last start and the one before; 0 for none
}

func newTally(h History, o Options) *tally {
	from, to := o.Window.From.UnixMilli(), o.Window.To.UnixMilli()
	t := &tally{
		o: o, from: from, to: to,
		buckets: buckets{from, to, o.Buckets},
		levels:  newClassifier(o.Severities),
		rowOf:   map[RuleKey]int32{},
		stale:   newStaleDays(o),
	}
	if rulesKnown(h) {
		t.rules, t.index, t.touched = h.Rules, NewRuleIndex(h.Rules), make([]bool, len(h.Rules))
	}
	return t
}

// rulesKnown: a server that lists no rules at all can't tell which were silent.
func rulesKnown(h History) bool { return h.RulesKnown && len(h.Rules) > 0 }

// add takes the next episode in order of start.
func (t *tally) add(e *Episode) {
	active := e.ActiveAt.UnixMilli()
	if active >= t.to || (!e.Open() && e.ResolvedAt.UnixMilli() <= t.from) {
		return
	}
	id := t.alert(e)
	s := &t.series[id]
	r := &t.rows[s.row]
	if !e.Fired() || e.FiredAt.UnixMilli() >= t.to {
		t.addPending(e, r, active)
		return
	}
	t.addFiring(e, s, id)
}

// addPending counts an episode that had not fired by the window's end.
func (t *tally) addPending(e *Episode, r *row, active int64) {
	if active < t.from {
		return
	}
	r.PendingOnly++
	if e.Open() || e.Fired() || e.ResolvedAt.UnixMilli() >= t.to {
		r.PendingNow++
	}
}

func (t *tally) addFiring(e *Episode, s *series, id int32) {
	r := &t.rows[s.row]
	f := t.clip(e)
	r.Firing += time.Duration(f.to-f.from) * time.Millisecond
	r.Longest = max(r.Longest, time.Duration(f.to-f.from)*time.Millisecond)
	r.spans = append(r.spans, f.span)
	r.Ends.add(f.end)
	t.fired.add(f.begin)
	if len(e.Certainty.Pipeline) > 0 || e.Certainty.Gaps > 0 {
		r.Touched++
	}
	if f.begin == EdgeCut {
		r.CarriedOver++
	} else {
		t.addStart(s, r, f)
	}
	if f.end == EdgeOpen {
		r.OpenNow++
		t.standing = append(t.standing, t.stand(e, s, f))
	}
	if f.to-t.staleFrom(e, f) > 0 {
		t.stale.add(id, max(t.from, t.staleFrom(e, f)), f.to)
	}
	s.ended = 0
	if f.end.isKnown() {
		s.ended = f.to
	}
}

// staleFrom is when the episode becomes stale.
func (t *tally) staleFrom(e *Episode, f firing) int64 {
	since := f.from
	if e.Certainty.Fired != EdgeCut {
		since = e.FiredAt.UnixMilli()
	}
	return since + t.o.Stale.Milliseconds()
}

// firing is what the window shows of an episode that fired.
type firing struct {
	span
	begin, end Edge
}

func (t *tally) clip(e *Episode) firing {
	f := firing{span{e.FiredAt.UnixMilli(), t.to}, e.Certainty.Fired, EdgeOpen}
	if f.begin == EdgeCut || f.from < t.from {
		f.begin, f.from = EdgeCut, max(f.from, t.from)
	}
	if f.begin == EdgeUnsaid {
		f.begin = EdgeExact
	}
	if e.Open() || e.ResolvedAt.UnixMilli() >= t.to {
		return f
	}
	f.to, f.end = e.ResolvedAt.UnixMilli(), e.Certainty.Resolved
	if f.end == EdgeUnsaid {
		f.end = EdgeExact
	}
	return f
}

func (t *tally) addStart(s *series, r *row, f firing) {
	r.Episodes++
	t.starts = append(t.starts, start{f.from, s.row, s.level == LevelHigh})
	t.mix.add(s.level)
	if r.starts == nil {
		r.starts = make([]int, t.buckets.n)
	}
	r.starts[t.buckets.of(f.from)]++
	if f.begin.isKnown() && f.end.isKnown() {
		r.durations = append(r.durations, f.to-f.from)
	}
	if s.ended > 0 && f.from-s.ended <= t.o.Refire.Milliseconds() {
		r.Refires.Count++
	}
	if last := s.lastStarts[0]; last > 0 {
		r.between = append(r.between, f.from-last)
	}
	if third := s.lastStarts[1]; third > 0 && f.from-third <= t.o.FlapWithin.Milliseconds() && !s.flapping {
		s.flapping = true
		r.Flapping++
	}
	s.lastStarts = [2]int64{f.from, s.lastStarts[0]}
}

// alert is the number of the episode's alert, entered at first sight.
func (t *tally) alert(e *Episode) int32 {
	id, isNew := t.table.Number(e)
	if !isNew {
		return id
	}
	severity := e.Severity()
	key, line := RuleKey{e.Rule, e.Group, e.File, severity}, 0
	if t.index != nil {
		if i, ok := t.index.Find(e); ok {
			t.touched[i] = true
			key.Group, key.File, line = t.rules[i].Group, t.rules[i].File, t.rules[i].Line
		}
	}
	row := t.row(key, line)
	t.rows[row].LabelSets++
	t.series = append(t.series, series{row: row, level: t.levels.level(severity)})
	return id
}

func (t *tally) row(key RuleKey, line int) int32 {
	i, ok := t.rowOf[key]
	if !ok {
		i = int32(len(t.rows))
		t.rowOf[key] = i
		t.rows = append(t.rows, row{RuleStats: RuleStats{RuleKey: key, Line: line}})
	}
	return i
}

// addSilent enters the rules that no alert came from.
func (t *tally) addSilent() {
	for i, r := range t.rules {
		if t.touched[i] {
			continue
		}
		t.row(RuleKey{r.Name, r.Group, r.File, r.Severity()}, r.Line)
	}
}

// finish turns rows into statistics, the noisiest first.
func (t *tally) finish() []RuleStats {
	slices.SortStableFunc(t.starts, func(a, b start) int { return cmp.Compare(a.at, b.at) })
	out := make([]RuleStats, len(t.rows))
	for i := range t.rows {
		out[i] = t.rows[i].finish(t.buckets, len(t.starts), t.o)
	}
	slices.SortFunc(out, noisiest)
	return out
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
