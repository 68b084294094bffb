package slo

import "time"

// The fineness of a forecast: pieces of the time ahead that are looked at, and
// halvings of the piece in which the budget runs out.
const (
	forecastPieces   = 32
	forecastHalvings = 20
)

// forecast carries traffic on at an even rate from the status of an SLO.
type forecast struct {
	slo       SLO
	ledger    Tallies
	status    Status
	options   StatusOptions
	perSecond float64 // events
}

// after is the seconds until the budget is gone at an error ratio; not known
// where it lasts as long as the forecast reaches.
func (f forecast) after(ratio float64) Figure {
	if ratio <= 0 {
		return Figure{}
	}
	reach := f.slo.Window.Whole(f.status.At).To.Sub(f.status.At)
	if f.slo.Window.Calendar == "" {
		reach = f.slo.Window.Rolling
	}
	before := time.Duration(0)
	for i := range forecastPieces {
		t := reach * time.Duration(i+1) / forecastPieces
		if !f.lasts(t, ratio) {
			return known(f.narrow(before, t, ratio).Round(time.Second).Seconds())
		}
		before = t
	}
	return Figure{}
}

// narrow halves a stretch at whose start the budget lasts and at whose end it
// does not.
func (f forecast) narrow(lasts, gone time.Duration, ratio float64) time.Duration {
	for range forecastHalvings {
		if middle := (lasts + gone) / 2; f.lasts(middle, ratio) {
			lasts = middle
		} else {
			gone = middle
		}
	}
	return gone
}

// lasts tells whether some budget is left after a time: in the window then are
// what it keeps of the events known now, and the events to come.
func (f forecast) lasts(after time.Duration, ratio float64) bool {
	window := f.status.Window
	if f.slo.Window.Calendar == "" {
		window.From = window.From.Add(after)
	}
	kept := f.ledger.Without(window, f.options.Exclusions)
	coming := f.perSecond * after.Seconds()
	return kept.Bad+coming*ratio < f.slo.Budget()*(kept.Total+coming)
}
