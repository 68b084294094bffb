package deliver

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Wiring is what a Deliverer works with.
type Wiring struct {
	Registry prometheus.Registerer // takes the metrics; a new one where nil
	Logger   *slog.Logger          // nil discards
	Now      func() time.Time      // the clock; time.Now where nil
	// FirstWait is how long the first repetition waits, about; 2 seconds where
	// zero. Each further one waits twice as long, up to two minutes.
	FirstWait time.Duration
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
	if w.FirstWait == 0 {
		w.FirstWait = 2 * time.Second
	}
	return w
}
