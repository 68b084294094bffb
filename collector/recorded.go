package collector

import (
	"context"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Recorded is alert history that was read before.
type Recorded struct {
	noise.History
	Reach slo.Interval // from the first to the last alert sample that was read
	Info  AlertsInfo
}

// HistoryReader is a source that holds episodes instead of samples: it is asked
// for them, and neither for alerts nor for the pipeline's health.
type HistoryReader interface {
	// History is what is known of a window: episodes as a reading of that window
	// alone would show them, cut and open at its edges.
	History(ctx context.Context, window slo.Interval) (Recorded, error)
}

// StepsReader is a source that holds the events of SLOs counted.
type StepsReader interface {
	// SLISteps are the events of an SLO over a window, as ReadSLI counts them.
	SLISteps(ctx context.Context, s slo.SLO, window slo.Interval) ([]SLISteps, []string, error)
}
