package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// Options are the settings of the section "ingest". The zero value of each field
// means its default.
type Options struct {
	Username        string         `yaml:"username" doc:"User name that senders have to give by basic authentication; with password_file."`
	PasswordFile    string         `yaml:"password_file" doc:"File that holds the password of senders."`
	BearerTokenFile string         `yaml:"bearer_token_file" doc:"File that holds the bearer token that senders have to give, instead of a user name."`
	MaxBody         int            `yaml:"max_body_bytes" doc:"Largest delivery that is taken, in bytes; a larger one is answered with 413."`
	MaxMemory       int            `yaml:"max_memory_bytes" doc:"How many bytes deliveries may hold until they are stored; beyond, senders are told to come again."`
	MaxAlerts       int            `yaml:"max_alerts" doc:"Most alerts in one delivery."`
	MaxLabels       int            `yaml:"max_labels" doc:"Most labels of one alert."`
	BodyTimeout     model.Duration `yaml:"body_timeout" doc:"How long a sender may take to send one delivery."`
	StoreTimeout    model.Duration `yaml:"store_timeout" doc:"How long storing a group of deliveries may take before they are given back to their senders."`
	RecorderFiles   []string       `yaml:"recorder_files" doc:"Files that event recorders write on this machine, followed as they grow."`
}

// DefaultOptions is what holds where nothing is said.
func DefaultOptions() Options {
	return Options{
		MaxBody: 16 << 20, MaxMemory: 64 << 20, MaxAlerts: 20_000, MaxLabels: 128,
		BodyTimeout: model.Duration(15 * time.Second), StoreTimeout: model.Duration(10 * time.Second),
	}
}

func (o Options) withDefaults() Options {
	d := DefaultOptions()
	orDefault(&o.MaxBody, d.MaxBody)
	orDefault(&o.MaxMemory, d.MaxMemory)
	orDefault(&o.MaxAlerts, d.MaxAlerts)
	orDefault(&o.MaxLabels, d.MaxLabels)
	orDefault(&o.BodyTimeout, d.BodyTimeout)
	orDefault(&o.StoreTimeout, d.StoreTimeout)
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate tells everything that makes no sense.
func (o Options) Validate() error {
	var errs []error
	if o.BearerTokenFile != "" && (o.Username != "" || o.PasswordFile != "") {
		errs = append(errs, errors.New("ingest: give either a bearer token or a user name, not both"))
	}
	if (o.Username == "") != (o.PasswordFile == "") {
		errs = append(errs, errors.New("ingest: username and password_file go together"))
	}
	if full := o.withDefaults(); full.MaxMemory < full.MaxBody {
		errs = append(errs, errors.New("ingest: max_memory_bytes is less than max_body_bytes"))
	}
	for name, n := range map[string]int{
		"max_body_bytes": o.MaxBody, "max_memory_bytes": o.MaxMemory, "max_alerts": o.MaxAlerts, "max_labels": o.MaxLabels,
		"body_timeout": int(o.BodyTimeout), "store_timeout": int(o.StoreTimeout),
	} {
		if n < 0 {
			errs = append(errs, errors.New("ingest: "+name+" is negative"))
		}
	}
	return errors.Join(errs...)
}

func (o Options) limits() alertmanager.Limits {
	return alertmanager.Limits{Alerts: o.MaxAlerts, Labels: o.MaxLabels}
}

// Sink stores events. When Store returns nil they are on disk. It is called
// from one goroutine. An event whose Key, or one of whose Same, is stored
// already is no error and is not stored again. An error that wraps ErrRejected
// says that the events themselves can't be stored, ever; after any other error
// the sender comes again.
type Sink interface {
	Store(ctx context.Context, events []alertmanager.Event) error
}

// ErrRejected is wrapped by a Sink's error where trying again won't help.
var ErrRejected = errors.New("rejected by the store")

// Wiring is what an Intake works with.
type Wiring struct {
	Sink     Sink                  // required
	Registry prometheus.Registerer // takes the metrics; a new one where nil
	Logger   *slog.Logger          // nil discards
	Now      func() time.Time      // the clock; time.Now where nil
	// Known are the keys of what was stored last, from before a restart.
	Known []string
}

func (w Wiring) withDefaults() Wiring {
	if w.Registry == nil {
		w.Registry = prometheus.NewRegistry()
	}
	if w.Logger == nil {
		w.Logger = slog.New(slog.DiscardHandler)
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	return w
}
