package gather

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// setsOfAll is into how many sets SLOs are divided. An SLO stays in its set
// whatever others come and go, so that one that is new concerns the few of its own
// set and not all: a set has one watermark.
const setsOfAll = 64

// notedEvery is how many rounds it takes until each SLO of a set has a watermark of
// its own again, from which it goes on when the set changes.
const notedEvery = 60

// apartFor is how long the SLOs of a set are read one by one after some of them
// could not be read.
const apartFor = time.Hour

// set is SLOs that are read and stored together.
type set struct {
	place
	slos   []slo.SLO
	stream string
	reader *collector.SLIReader
	mark   time.Time // zero where the store was not asked
	noted  int       // the SLO whose own watermark is noted next
	apart  time.Time // until when they are read one by one
}

// place is which set an SLO is in.
type place struct {
	overlap time.Duration
	number  uint32
}

// arrange divides the SLOs into sets, and those that PromQL counts. It does nothing
// for the SLOs that it was given last.
func (g *Gatherer) arrange(slos []slo.SLO) error {
	if len(slos) == len(g.slos) && (len(slos) == 0 || &slos[0] == &g.slos[0]) {
		return nil
	}
	sets, alone := map[place]*set{}, []slo.SLO(nil)
	var order []place
	for _, s := range slos {
		if !collector.Countable(s) {
			alone = append(alone, s)
			continue
		}
		at := placeOf(s)
		if sets[at] == nil {
			sets[at] = &set{place: at}
			order = append(order, at)
		}
		sets[at].slos = append(sets[at].slos, s)
	}
	slices.SortFunc(order, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.overlap, b.overlap), cmp.Compare(a.number, b.number))
	})
	g.sets, g.alone, g.slos = nil, alone, nil
	for _, at := range order {
		if err := sets[at].prepare(); err != nil {
			return err
		}
		g.sets = append(g.sets, sets[at])
	}
	g.slos = slos
	return nil
}

// prepare plans how the SLOs of a set are read.
func (s *set) prepare() (err error) {
	s.stream = streamOfSet(s.place, s.slos)
	s.reader, err = collector.NewSLIReader(s.slos)
	return err
}

func placeOf(s slo.SLO) place {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.ID())) // a hash takes everything
	return place{overlap: overlapOf(s), number: h.Sum32() % setsOfAll}
}

// streamOfSet is the stream of a set's watermark. It changes with its SLOs and with
// what they count.
func streamOfSet(at place, slos []slo.SLO) string {
	streams := make([]string, len(slos))
	for i, s := range slos {
		streams[i] = streamOf(s)
	}
	slices.Sort(streams)
	sum := sha256.Sum256([]byte(strings.Join(streams, "\xff")))
	return fmt.Sprintf("slos/%s/%d/%s", at.overlap, at.number, hex.EncodeToString(sum[:16]))
}

// resume is how far a set was stored, zero where it begins. A set that has changed
// goes on from the watermarks of its SLOs, after those that are new were read back
// for themselves.
func (g *Gatherer) resume(ctx context.Context, raw collector.RawReader, one *set, newest time.Time) (time.Time, error) {
	mark, err := g.store.Watermark(ctx, g.o.Source, one.stream)
	if err != nil || !mark.IsZero() {
		return mark, err
	}
	fresh := &set{place: one.place}
	for _, s := range one.slos {
		own, err := g.store.Watermark(ctx, g.o.Source, streamOf(s))
		switch {
		case err != nil:
			return mark, err
		case own.IsZero():
			fresh.slos = append(fresh.slos, s)
		case mark.IsZero() || own.Before(mark):
			mark = own
		}
	}
	if mark.IsZero() || len(fresh.slos) == 0 {
		return mark, nil
	}
	if err := fresh.prepare(); err != nil {
		return mark, err
	}
	return mark, g.together(ctx, raw, fresh, newest)
}

// note gives some of the SLOs of a set, which was stored up to its mark, that
// watermark for their own.
func (g *Gatherer) note(ctx context.Context, one *set) error {
	for range len(one.slos)/notedEvery + 1 {
		s := one.slos[one.noted%len(one.slos)]
		one.noted++
		if err := g.store.Commit(ctx, history.Batch{Source: g.o.Source, Stream: streamOf(s), Watermark: one.mark}); err != nil {
			return err
		}
	}
	return nil
}
