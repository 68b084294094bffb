package gather

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// slosAtOnce is how many SLOs are read at once.
const slosAtOnce = 4

// events stores the events of the SLOs up to the newest data. An SLO that can't
// be read does not hold up the others.
func (g *Gatherer) events(ctx context.Context, src collector.Source, newest time.Time) error {
	slos, err := g.o.SLOs()
	if err != nil {
		return err
	}
	wrong := make([]error, len(slos))
	var work errgroup.Group
	work.SetLimit(slosAtOnce)
	for i, s := range slos {
		work.Go(func() error {
			if err := g.eventsOf(ctx, src, s, newest); err != nil {
				wrong[i] = fmt.Errorf("gather the events of %s: %w", s.ID(), err)
			}
			return nil
		})
	}
	_ = work.Wait() // every error is kept
	return first(wrong)
}

// first is the first error, with the number of the others: a source that is down
// would say the same ten thousand times.
func first(errs []error) error {
	var one error
	n := 0
	for _, err := range errs {
		if err != nil {
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

func (g *Gatherer) eventsOf(ctx context.Context, src collector.Source, s slo.SLO, newest time.Time) error {
	stream := streamOf(s)
	mark, err := g.store.Watermark(ctx, g.o.Source, stream)
	if err != nil {
		return err
	}
	from := mark.Add(-sloOverlap)
	if mark.IsZero() {
		from = newest.Add(-g.o.Backfill)
	}
	for at := mark; at.Before(newest); {
		to := from.Add(sloOverlap + g.o.Chunk)
		if to.After(newest) {
			to = newest
		}
		window := slo.Interval{From: from, To: to}
		read, _, err := collector.ReadSLI(ctx, src, s, window)
		if err != nil {
			return err
		}
		err = g.store.Commit(ctx, history.Batch{
			Source: g.o.Source, Stream: stream, Watermark: to, Increments: history.IncrementsOf(s, window, read),
		})
		if err != nil {
			return err
		}
		at, from = to, to.Add(-sloOverlap)
	}
	return nil
}
