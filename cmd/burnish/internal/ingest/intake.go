package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// eventBytes is about what an event takes in memory besides its texts.
const eventBytes = 640

// mostCommitted is how many events are handed to the store at once, unless one
// delivery alone holds more.
const mostCommitted = 20_000

// The ways in which a delivery ends that is not stored.
var (
	errBusy   = errors.New("no room; come again")
	errClosed = errors.New("shutting down; come again")
	errStore  = errors.New("the store can't take it now; come again")
)

// Intake takes deliveries and commits them in groups: while one group is being
// stored the next gathers, so that many small deliveries cost few commits.
type Intake struct {
	o       Options
	w       Wiring
	metrics *metrics
	auth    *guard
	parsing chan struct{} // one slot for each delivery that is being read as JSON
	wake    chan struct{}

	// Touched by Run's goroutine only.
	recent  recent
	failing time.Time // since when the store takes nothing; zero while it does

	mtx     sync.Mutex
	waiting []*delivery
	events  int // in waiting
	held    int // bytes
	closed  bool
}

// delivery is what one sender waits for.
type delivery struct {
	door   door
	events []alertmanager.Event
	bytes  int
	done   chan error // has room for the answer, so nobody waits for the sender
}

// New makes an intake. It fails where the options make no sense or a secret's
// file can't be read.
func New(o Options, w Wiring) (*Intake, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if w.Sink == nil {
		return nil, errors.New("ingest: no sink")
	}
	o, w = o.withDefaults(), w.withDefaults()
	auth, err := newGuard(o, w.Now)
	if err != nil {
		return nil, err
	}
	known := newRecent(recentKeys)
	for _, key := range w.Known {
		known.add(alertmanager.Event{Key: key})
	}
	in := &Intake{
		o: o, w: w, auth: auth, recent: known,
		parsing: make(chan struct{}, runtime.GOMAXPROCS(0)), wake: make(chan struct{}, 1),
	}
	in.metrics = newMetrics(w.Registry, in)
	return in, nil
}

// Run commits what comes in until ctx ends, then what has come in by then, and
// returns. Deliveries that come later are told to come again. A group that is
// being stored is not cut off by the end of ctx, only by the store timeout.
func (in *Intake) Run(ctx context.Context) {
	storing := context.WithoutCancel(ctx)
	for {
		select {
		case <-in.wake:
			in.commitAll(storing)
		case <-ctx.Done():
			in.close()
			in.commitAll(storing)
			return
		}
	}
}

func (in *Intake) close() {
	in.mtx.Lock()
	defer in.mtx.Unlock()
	in.closed = true
}

// reserve asks for room for so many more bytes. A delivery that is alone always
// has room, so that none is turned away for ever.
func (in *Intake) reserve(bytes int) bool {
	in.mtx.Lock()
	defer in.mtx.Unlock()
	if in.held > 0 && in.held+bytes > in.o.MaxMemory {
		return false
	}
	in.held += bytes
	return true
}

func (in *Intake) release(bytes int) {
	in.mtx.Lock()
	defer in.mtx.Unlock()
	in.held -= bytes
}

// submit queues events that hold so many bytes, which are reserved already, and
// waits until they are stored. It releases the bytes.
func (in *Intake) submit(ctx context.Context, d *delivery) error {
	d.done = make(chan error, 1)
	in.mtx.Lock()
	if in.closed {
		in.held -= d.bytes
		in.mtx.Unlock()
		return errClosed
	}
	in.waiting = append(in.waiting, d)
	in.events += len(d.events)
	in.mtx.Unlock()
	select {
	case in.wake <- struct{}{}:
	default: // it is awake already
	}
	select {
	case err := <-d.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the store: %w", ctx.Err())
	}
}

func (in *Intake) commitAll(ctx context.Context) {
	for group := in.take(); len(group) > 0; group = in.take() {
		in.commit(ctx, group)
	}
}

// take removes the next group from the queue.
func (in *Intake) take() []*delivery {
	in.mtx.Lock()
	defer in.mtx.Unlock()
	n, events := 0, 0
	for n < len(in.waiting) && (n == 0 || events+len(in.waiting[n].events) <= mostCommitted) {
		events += len(in.waiting[n].events)
		n++
	}
	group := in.waiting[:n:n]
	in.waiting = in.waiting[n:]
	if len(in.waiting) == 0 {
		in.waiting = nil // let go of what was answered
	}
	in.events -= events
	return group
}

// commit stores a group. Where the store won't have it, its halves are tried, so
// that one delivery that can't be stored keeps out no other; but not where
// neither half goes either, since then the store is at fault.
func (in *Intake) commit(ctx context.Context, group []*delivery) {
	err := in.store(ctx, group)
	if err == nil || len(group) == 1 || errors.Is(err, context.DeadlineExceeded) {
		in.finish(group, err)
		return
	}
	left, right := group[:len(group)/2], group[len(group)/2:]
	leftErr, rightErr := in.store(ctx, left), in.store(ctx, right)
	if leftErr != nil && rightErr != nil && !errors.Is(err, ErrRejected) {
		in.finish(group, err)
		return
	}
	in.settle(ctx, left, leftErr)
	in.settle(ctx, right, rightErr)
}

// settle answers a half, or looks for what is wrong in it.
func (in *Intake) settle(ctx context.Context, half []*delivery, err error) {
	if err == nil || len(half) == 1 {
		in.finish(half, err)
		return
	}
	in.commit(ctx, half)
}

// finish answers deliveries.
func (in *Intake) finish(group []*delivery, err error) {
	for _, d := range group {
		in.release(d.bytes)
		d.events = nil
		d.done <- err
	}
}

// store hands what is new to the sink.
func (in *Intake) store(ctx context.Context, group []*delivery) error {
	in.recent.begin()
	var fresh []alertmanager.Event
	twice := map[door]int{}
	for _, d := range group {
		before := len(fresh)
		for _, e := range d.events {
			if in.recent.add(e) {
				fresh = append(fresh, e)
			}
		}
		twice[d.door] += len(d.events) - (len(fresh) - before)
	}
	if err := in.put(ctx, fresh); err != nil {
		in.recent.undo()
		return err
	}
	in.metrics.stored.Add(float64(len(fresh)))
	for d, n := range twice {
		in.metrics.doubles.WithLabelValues(string(d)).Add(float64(n))
	}
	return nil
}

func (in *Intake) put(ctx context.Context, events []alertmanager.Event) error {
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(in.o.StoreTimeout))
	defer cancel()
	start := in.w.Now()
	err := in.w.Sink.Store(ctx, events)
	in.metrics.commits.Observe(in.w.Now().Sub(start).Seconds())
	if err == nil || errors.Is(err, ErrRejected) {
		in.works(ctx, start)
		return err
	}
	in.metrics.failures.Inc()
	in.fails(ctx, start, err)
	return fmt.Errorf("%w: %w", errStore, err)
}

// fails tells of the first failure of the store; the ones after it are counted.
func (in *Intake) fails(ctx context.Context, at time.Time, err error) {
	if in.failing.IsZero() {
		in.failing = at
		in.w.Logger.ErrorContext(ctx, "storing events failed; their senders are told to come again until it works", slog.Any("error", err))
		return
	}
	in.w.Logger.DebugContext(ctx, "storing events fails still", slog.Time("since", in.failing), slog.Any("error", err))
}

// works tells of the first success after a failure.
func (in *Intake) works(ctx context.Context, at time.Time) {
	if !in.failing.IsZero() {
		in.w.Logger.InfoContext(ctx, "storing events works again", slog.Duration("after", at.Sub(in.failing)))
		in.failing = time.Time{}
	}
}
