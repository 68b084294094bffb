package gather

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// sloOverlap is how far before its watermark the events of an SLO are read again:
// samples that came late, and a step that was cut.
const sloOverlap = 10 * time.Minute

// queryStep is the grid of events that PromQL counts; see [collector.ReadSLI].
const queryStep = 5 * time.Minute

// setsAtOnce is how many sets, or SLOs for themselves, are read at once.
const setsAtOnce = 4

// events stores the events of the SLOs up to the newest data. An SLO that can't
// be read does not hold up the others.
func (g *Gatherer) events(ctx context.Context, src collector.Source, newest time.Time) error {
	slos, err := g.o.SLOs()
	if err != nil {
		return err
	}
	if err := g.arrange(slos); err != nil {
		return err
	}
	raw, isRaw := collector.Raw(src)
	wrong := make([][]error, len(g.sets)+len(g.alone))
	var work errgroup.Group
	work.SetLimit(setsAtOnce)
	for i, one := range g.sets {
		work.Go(func() error {
			if isRaw {
				wrong[i] = g.eventsOfSet(ctx, raw, src, one, newest)
			} else {
				wrong[i], _ = g.oneByOne(ctx, src, one, newest)
			}
			return nil
		})
	}
	for i, s := range g.alone {
		work.Go(func() error {
			if err := g.eventsOf(ctx, src, s, slo.Interval{To: newest.Truncate(queryStep)}); err != nil {
				wrong[len(g.sets)+i] = []error{about(s, err)}
			}
			return nil
		})
	}
	_ = work.Wait() // every error is kept
	return first(wrong)
}

func about(s slo.SLO, err error) error {
	return fmt.Errorf("gather the events of %s: %w", s.ID(), err)
}

// first is the first error, with the number of the others: a source that is down
// would say the same ten thousand times.
func first(errs [][]error) error {
	var one error
	n := 0
	for _, some := range errs {
		for _, err := range some {
			if n++; n == 1 {
				one = err
			}
		}
	}
	if n > 1 {
		return fmt.Errorf("%w (and %d more SLOs)", one, n-1)
	}
	return one
}

// streamOf is the stream of an SLO's watermark. It changes with what is counted,
// so that a changed SLO is counted anew from the beginning.
func streamOf(s slo.SLO) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%T %+v %v", s.SLI, s.SLI, s.GroupBy))
	return "slo/" + s.ID() + "/" + hex.EncodeToString(sum[:8])
}

// overlapOf is how far before the watermark an SLO is read again: a slice of time
// is judged only where it is seen as a whole.
func overlapOf(s slo.SLO) time.Duration {
	if sliced, ok := s.SLI.(slo.Slices); ok {
		return sloOverlap + sliced.Length
	}
	return sloOverlap
}

// eventsOf stores the events of one SLO from its own watermark, or from where they are
// known to be missing, to the newest data.
func (g *Gatherer) eventsOf(ctx context.Context, src collector.Source, s slo.SLO, missing slo.Interval) error {
	stream := streamOf(s)
	mark, err := g.store.Watermark(ctx, g.o.Source, stream)
	if err != nil {
		return err
	}
	if missing.From.After(mark) {
		mark = missing.From
	}
	return g.inChunks(mark, missing.To, overlapOf(s), func(window slo.Interval) error {
		read, _, err := collector.ReadSLI(ctx, src, s, window)
		if err != nil {
			return err
		}
		return g.store.Commit(ctx, history.Batch{
			Source: g.o.Source, Stream: stream, Watermark: window.To, Increments: history.IncrementsOf(s, window, read),
		})
	})
}

// inChunks goes from a watermark, or from as far back as is asked for, to the
// newest data, window by window, each overlapping the one before.
func (g *Gatherer) inChunks(mark, newest time.Time, overlap time.Duration, do func(slo.Interval) error) error {
	from := mark.Add(-overlap)
	if mark.IsZero() {
		from = newest.Add(-g.o.Backfill)
	}
	for at := mark; at.Before(newest); {
		to := from.Add(overlap + g.o.Chunk)
		if to.After(newest) {
			to = newest
		}
		if err := do(slo.Interval{From: from, To: to}); err != nil {
			return err
		}
		at, from = to, to.Add(-overlap)
	}
	return nil
}

// eventsOfSet stores the events of a set of SLOs, read together. Where that fails
// they are read one by one, and for a while if some of them are to blame.
func (g *Gatherer) eventsOfSet(ctx context.Context, raw collector.RawReader, src collector.Source, one *set, newest time.Time) []error {
	if g.o.Now().Before(one.apart) {
		errs, _ := g.oneByOne(ctx, src, one, newest)
		return errs
	}
	err := g.together(ctx, raw, one, newest)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	one.reader.Forget()
	g.log.DebugContext(ctx, "SLOs could not be read together", "slos", len(one.slos), "err", err)
	errs, some := g.oneByOne(ctx, src, one, newest)
	if some && len(errs) > 0 || errors.Is(err, collector.ErrRawUnknown) {
		one.apart = g.o.Now().Add(apartFor)
	}
	return errs
}

// together reads a set of SLOs with few requests.
func (g *Gatherer) together(ctx context.Context, raw collector.RawReader, one *set, newest time.Time) (err error) {
	if one.mark.IsZero() {
		if one.mark, err = g.resume(ctx, raw, one, newest); err != nil {
			one.mark = time.Time{}
			return err
		}
	}
	before := one.mark
	err = g.inChunks(one.mark, newest, one.overlap, func(window slo.Interval) error {
		read, err := one.reader.Read(ctx, raw, window, window.To.Add(-one.overlap))
		if err != nil {
			return err
		}
		b := history.Batch{Source: g.o.Source, Stream: one.stream, Watermark: window.To}
		for i, s := range one.slos {
			b.Increments = append(b.Increments, history.IncrementsOf(s, window, read[i])...)
		}
		if err := g.store.Commit(ctx, b); err != nil {
			return err
		}
		one.mark = window.To
		return nil
	})
	if err != nil || !one.mark.After(before) {
		return err
	}
	return g.note(ctx, one)
}

// mostFailures is after how many SLOs of a set, none of which could be read, the
// others are not tried: the source or the store is to blame.
const mostFailures = 3

// oneByOne stores the events of the SLOs of a set, each for itself; some is whether
// any could be.
func (g *Gatherer) oneByOne(ctx context.Context, src collector.Source, one *set, newest time.Time) (errs []error, some bool) {
	for _, s := range one.slos {
		if ctx.Err() != nil || len(errs) == mostFailures && !some {
			break
		}
		if err := g.eventsOf(ctx, src, s, slo.Interval{From: one.mark, To: newest}); err != nil {
			errs = append(errs, about(s, err))
		} else {
			some = true
		}
	}
	return errs, some
}
