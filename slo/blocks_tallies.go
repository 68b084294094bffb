package slo

import "time"

// Tallies tell of the events of any stretch of time; a [Ledger] does, and a
// [BlockReader] over [Blocks].
type Tallies interface {
	// Without is the tally of an interval with exclusions taken out of it.
	Without(over Interval, exclusions []Interval) Tally
}

// BlockReader answers for one SLI's [Blocks] after another and needs memory for one
// of them only. The zero value is ready for Read.
type BlockReader struct {
	of    *Blocks
	sums  []entry   // of all blocks before each
	steps [][]entry // of an open block, the steps before each; as Blocks.open
}

// Read prepares the answers for some blocks, as long as these do not change.
func (r *BlockReader) Read(b *Blocks) {
	r.of = b
	r.sums = runningSums(r.sums[:0], b.sums, int(b.n), int64(b.size))
	for len(r.steps) < len(b.open) {
		r.steps = append(r.steps, nil)
	}
	for i, o := range b.open {
		r.steps[i] = runningSums(r.steps[i][:0], o.steps, b.size, 1)
	}
}

// runningSums are the sums before each of n entries, and after the last.
func runningSums(out []entry, packed []byte, n int, whole int64) []entry {
	var sum, e entry
	out = append(out, sum)
	for range n {
		e, packed = cutEntry(packed, whole)
		sum = entry{sum.bad + e.bad, sum.total + e.total, sum.known + e.known}
		out = append(out, sum)
	}
	return out
}

// upTo is the events before an instant, and the seconds that were looked at. Within
// a step, and within a closed block, they are taken as even.
func (r *BlockReader) upTo(t time.Time) (bad, total, seconds float64) {
	b := r.of
	at := b.number(t)
	switch {
	case b.n == 0 || at < b.first:
		return 0, 0, 0
	case at >= b.first+b.n:
		return r.between(r.sums, len(r.sums)-1, 0)
	}
	into := t.Sub(b.begin(at))
	i := int(at - b.first)
	for k, o := range b.open {
		if o.number == at {
			bad, total, seconds = r.between(r.steps[k], int(into/b.step), float64(into%b.step)/float64(b.step))
			before := r.sums[i]
			return before.bad + bad, before.total + total, float64(before.known)*b.step.Seconds() + seconds
		}
	}
	return r.between(r.sums, i, float64(into)/float64(b.Length()))
}

// between is the sums before entry i and a share of it.
func (r *BlockReader) between(sums []entry, i int, share float64) (bad, total, seconds float64) {
	low := sums[i]
	bad, total, known := low.bad, low.total, float64(low.known)
	if share > 0 {
		high := sums[i+1]
		bad, total = bad+(high.bad-bad)*share, total+(high.total-total)*share
		known += (float64(high.known) - known) * share
	}
	return bad, total, known * r.of.step.Seconds()
}

// Window is the tally of an interval. Time without blocks is not covered.
func (r *BlockReader) Window(over Interval) Tally {
	out := Tally{Length: over.Duration()}
	if over.Empty() {
		return out
	}
	bad, total, seconds := r.upTo(over.From)
	toBad, toTotal, toSeconds := r.upTo(over.To)
	out.Bad, out.Total = max(0, toBad-bad), max(0, toTotal-total)
	covered := time.Duration(toSeconds-seconds+0.5) * time.Second
	out.Covered = min(out.Length, covered)
	return out
}

// Without implements [Tallies].
func (r *BlockReader) Without(over Interval, exclusions []Interval) Tally {
	if len(exclusions) == 0 {
		return r.Window(over)
	}
	var out Tally
	for _, piece := range over.Minus(exclusions) {
		out = out.plus(r.Window(piece))
	}
	return out
}
