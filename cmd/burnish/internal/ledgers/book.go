package ledgers

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// Store is what a book reads.
type Store interface {
	SLIs(ctx context.Context) ([]history.SLI, error)
	SLIIDs(ctx context.Context) ([]int64, error)
	StepBlocks(ctx context.Context, slis []history.SLI, over slo.Interval, take func(history.SLI, *slo.Steps) error) error
}

// Options say what a book is about.
type Options struct {
	// SLOs are the promises; the same slice as long as none changes.
	SLOs func() ([]slo.SLO, error)
	// Windows are the windows of burn rates.
	Windows []time.Duration
}

// Book is the running ledgers of all SLOs. It is safe for concurrent use.
type Book struct {
	o     Options
	store Store
	asOf  atomic.Pointer[time.Time] // nil before the first refresh

	// What was written since the last refresh: by SLO, from when on.
	changes sync.Mutex
	changed map[string]time.Time

	mtx     sync.Mutex     // guards what follows
	slos    []slo.SLO      // as they were planned
	listed  map[int64]bool // what of the store was looked at for them
	plans   map[string]*plan
	ledgers map[int64]*ledger
	order   []*ledger // all of them, in which they are read anew
	next    int       // in order, the one to be read anew next
	reader  slo.BlockReader
}

// ledger is the events of one group of an SLO from one source.
type ledger struct {
	sli    history.SLI
	plan   *plan
	blocks *slo.Blocks
	since  time.Time // from when on it holds all; zero while it holds nothing
	// building takes the blocks while all are read anew; else nil.
	building *slo.Blocks
}

// New makes a book that knows nothing until Refresh.
func New(store Store, o Options) *Book {
	return &Book{o: o, store: store, changed: map[string]time.Time{}, plans: map[string]*plan{}, ledgers: map[int64]*ledger{}}
}

// AsOf is the instant of the last refresh; false before the first.
func (b *Book) AsOf() (time.Time, bool) {
	if at := b.asOf.Load(); at != nil {
		return *at, true
	}
	return time.Time{}, false
}

// Changed notes that events were written, so that the next refresh reads them
// however old they are.
func (b *Book) Changed(in []history.Increments) {
	b.changes.Lock()
	defer b.changes.Unlock()
	for _, i := range in {
		b.noteChange(i.SLO, i.Steps.Interval().From)
	}
}

// noteChange is for those who hold changes.
func (b *Book) noteChange(id string, from time.Time) {
	if at, ok := b.changed[id]; !ok || from.Before(at) {
		b.changed[id] = from
	}
}

// lookBack is how far before the last refresh all SLOs are read again, whoever wrote:
// another replica tells nobody.
const lookBack = 30 * time.Minute

// Refresh takes from the store what is new, as of an instant. After an error the next
// one makes up for it.
func (b *Book) Refresh(ctx context.Context, at time.Time) error {
	slos, err := b.o.SLOs()
	if err != nil {
		return err
	}
	b.changes.Lock()
	changed := b.changed
	b.changed = map[string]time.Time{}
	b.changes.Unlock()
	b.mtx.Lock()
	defer b.mtx.Unlock()
	if err = b.refresh(ctx, slos, changed, at.UTC()); err == nil {
		b.asOf.Store(new(at.UTC()))
		return nil
	}
	b.changes.Lock()
	defer b.changes.Unlock()
	for id, from := range changed {
		b.noteChange(id, from)
	}
	return fmt.Errorf("bring the ledgers of SLOs up to date: %w", err)
}

func (b *Book) refresh(ctx context.Context, slos []slo.SLO, changed map[string]time.Time, at time.Time) error {
	if err := b.plan(slos, at); err != nil {
		return err
	}
	if err := b.list(ctx); err != nil {
		return err
	}
	reads := reads{}
	last, refreshed := b.AsOf()
	if at.Before(last) {
		last = at
	}
	for _, l := range b.order {
		from := l.plan.reach.From
		if since := l.since; refreshed && !since.IsZero() && !from.Before(since) {
			from = last.Add(-lookBack)
			if c, ok := changed[l.sli.SLO]; ok && c.Before(from) {
				from = c
			}
		}
		reads.add(l, from)
	}
	for range b.anew() {
		l := b.order[b.next%len(b.order)]
		b.next++
		reads.add(l, l.plan.reach.From)
	}
	if err := b.read(ctx, reads, at); err != nil {
		return err
	}
	return b.settle(ctx, at)
}

// allWithin is in how many refreshes every ledger is read anew as a whole: what an
// import or another replica wrote into the past is seen within that time.
const allWithin = 360

// anew is how many ledgers are read anew by a refresh.
func (b *Book) anew() int {
	if len(b.order) == 0 {
		return 0
	}
	return len(b.order)/allWithin + 1
}

// settle opens the blocks in which windows begin now, and forgets what no window
// needs any more.
func (b *Book) settle(ctx context.Context, at time.Time) error {
	if err := b.open(ctx, b.order, nil, at); err != nil {
		return err
	}
	for _, l := range b.order {
		l.tidy(at)
		l.since = l.plan.reach.From
	}
	return nil
}

// tidy forgets and closes what no window of the plan needs.
func (l *ledger) tidy(at time.Time) {
	blocks := l.blocks
	if l.building != nil {
		blocks = l.building
	}
	blocks.Forget(l.plan.reach.From)
	blocks.Close(at.Add(-lookBack).Add(-blocks.Length()), l.plan.edges)
}

// open puts the closed blocks again in which windows of the plans, or others that end
// now, begin.
func (b *Book) open(ctx context.Context, of []*ledger, windows []time.Duration, at time.Time) error {
	needed := map[blockOf][]history.SLI{}
	for _, l := range of {
		edges := l.plan.edges
		for _, w := range windows {
			edges = append(edges[:len(edges):len(edges)], at.Add(-w))
		}
		for _, from := range l.blocks.Closed(edges) {
			key := blockOf{l.sli.Step, from}
			needed[key] = append(needed[key], l.sli)
		}
	}
	for block, slis := range needed {
		over := slo.Interval{From: block.from, To: block.from.Add(block.step)}
		if err := b.store.StepBlocks(ctx, slis, over, b.put); err != nil {
			return err
		}
	}
	return nil
}

// blockOf is where a block of steps begins.
type blockOf struct {
	step time.Duration
	from time.Time
}

func (b *Book) put(of history.SLI, steps *slo.Steps) error {
	return b.ledgers[of.ID].blocks.Put(steps)
}
