package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/config"
)

// mostWait is the longest wait between two tries, unless a target asks for a
// longer one, up to mostAsked.
const (
	mostWait  = 2 * time.Minute
	mostAsked = 15 * time.Minute
)

// Outcome is what became of a report at one target.
type Outcome struct {
	Target string // its name
	Kind   string // folder, slack, mail or webhook
	Tries  int
	// Err is nil where the report was delivered. It holds no secret.
	Err error
}

// Deliverer sends reports to its targets. It is safe for concurrent use.
type Deliverer struct {
	o       config.Delivery
	w       Wiring
	targets []target
	sent    *prometheus.CounterVec
	tries   *prometheus.CounterVec
	last    *prometheus.GaugeVec
}

// New makes a deliverer. It reads no secret yet; those are read for every try,
// so that they may be rotated. Times that are zero are the defaults. It fails where
// the settings make no sense.
func New(o config.Delivery, w Wiring) (*Deliverer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	d := config.DefaultDelivery()
	orDefault(&o.Timeout, d.Timeout)
	orDefault(&o.Within, d.Within)
	out := &Deliverer{o: o, w: w.withDefaults()}
	out.targets = out.all()
	seen := map[string]bool{}
	for _, t := range out.targets {
		if seen[t.name()] {
			return nil, fmt.Errorf("delivery: two targets are called %q; give each a name", t.name())
		}
		seen[t.name()] = true
	}
	out.measure()
	return out, nil
}

func orDefault(field *model.Duration, value model.Duration) {
	if *field == 0 {
		*field = value
	}
}

// all are the targets in the order of the settings.
func (d *Deliverer) all() []target {
	var out []target
	for _, f := range d.o.Folders {
		out = append(out, folder{f})
	}
	for i, s := range d.o.Slack {
		s.Name = named(s.Name, "slack", i)
		out = append(out, slackChannel{s})
	}
	for i, m := range d.o.Mail {
		m.Name = named(m.Name, "mail", i)
		out = append(out, &mailbox{o: m, now: d.w.Now, timeout: time.Duration(d.o.Timeout)})
	}
	for i, h := range d.o.Webhooks {
		h.Name = named(h.Name, "webhook", i)
		out = append(out, webhook{h, d.w.Now})
	}
	return out
}

func named(name, kind string, i int) string {
	if name != "" {
		return name
	}
	if i == 0 {
		return kind
	}
	return fmt.Sprintf("%s-%d", kind, i+1)
}

func (d *Deliverer) measure() {
	counter := func(name, help string, by ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "burnish_delivery_" + name, Help: help}, by)
	}
	d.sent = counter("reports_total", "Reports that were delivered to a target, or given up.", "target", "outcome")
	d.tries = counter("tries_total", "Tries to deliver a report to a target.", "target")
	d.last = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "burnish_delivery_last_success_timestamp_seconds", Help: "When a report was last delivered to a target, in unix seconds.",
	}, []string{"target"})
	for _, t := range d.targets {
		d.sent.WithLabelValues(t.name(), "delivered")
		d.sent.WithLabelValues(t.name(), "failed")
		d.tries.WithLabelValues(t.name())
	}
	d.w.Registry.MustRegister(d.sent, d.tries, d.last)
}

// Targets are the names of the targets, in the order of the settings.
func (d *Deliverer) Targets() []string {
	var out []string
	for _, t := range d.targets {
		out = append(out, t.name())
	}
	return out
}

// Deliver sends a report to the target of a name and tells what became of it. A
// target that fails is tried again for as long as the settings say, unless trying
// again can't help. Targets know nothing of one another: whoever sends to several
// does so at the same time, so that one that is down keeps the report from no
// other, and can note target by target what was sent.
func (d *Deliverer) Deliver(ctx context.Context, r Report, name string) Outcome {
	for _, t := range d.targets {
		if t.name() == name {
			return d.send(ctx, r, t)
		}
	}
	return Outcome{Target: name, Err: fmt.Errorf("deliver a report: no target is called %q", name)}
}

func (d *Deliverer) send(ctx context.Context, r Report, t target) Outcome {
	out := Outcome{Target: t.name(), Kind: t.kind()}
	log := d.w.Logger.With("component", "delivery", "target", t.name(), "report", r.Name())
	attempt := func() (struct{}, error) {
		out.Tries++
		d.tries.WithLabelValues(t.name()).Inc()
		try, cancel := context.WithTimeout(ctx, time.Duration(d.o.Timeout))
		defer cancel()
		if !plainName.MatchString(r.Name()) {
			return struct{}{}, backoff.Permanent(errName)
		}
		return struct{}{}, t.send(try, r)
	}
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier, waits.MaxInterval = d.w.FirstWait, 2, mostWait
	_, err := backoff.Retry(ctx, attempt, backoff.WithBackOff(waits), backoff.WithMaxElapsedTime(time.Duration(d.o.Within)),
		backoff.WithNotify(func(err error, next time.Duration) {
			log.WarnContext(ctx, "delivering a report failed; trying again", slog.Any("error", err), slog.Duration("in", next))
		}))
	if err != nil {
		out.Err = fmt.Errorf("deliver report %s to %s: %w", r.Name(), t.name(), err)
		d.sent.WithLabelValues(t.name(), "failed").Inc()
		return out
	}
	d.sent.WithLabelValues(t.name(), "delivered").Inc()
	d.last.WithLabelValues(t.name()).Set(float64(d.w.Now().UnixMilli()) / 1000)
	log.InfoContext(ctx, "delivered a report", slog.Int("tries", out.Tries))
	return out
}

// laterError is repeated after the wait that the target asked for.
func laterError(err error, seconds int) error {
	asked := min(max(seconds, 0), int(mostAsked.Seconds()))
	return &later{err, &backoff.RetryAfterError{Duration: time.Duration(asked) * time.Second}}
}

// later is an error with the wait until it may be tried again.
type later struct {
	err  error
	wait *backoff.RetryAfterError
}

// Error is that of the try.
func (l *later) Error() string { return l.err.Error() }

// Unwrap shows the wait to backoff, and the try's error to everybody else.
func (l *later) Unwrap() []error { return []error{l.err, l.wait} }
