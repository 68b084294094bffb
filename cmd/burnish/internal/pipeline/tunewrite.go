package pipeline

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// TuneSchema names the form of the result in JSON.
const TuneSchema = "burnish/tune/v1"

type tuneJSON struct {
	Schema string          `json:"schema"`
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	Split  time.Time       `json:"split"`
	Source string          `json:"source"`
	Policy tune.Policy     `json:"policy"`
	Judged bool            `json:"judged"`
	Folds  []foldJSON      `json:"cross_validation"`
	Totals proofJSON       `json:"totals"`
	Rules  []tunedRuleJSON `json:"rules"`
}

type foldJSON struct {
	Price         float64        `json:"price"`
	Chosen        bool           `json:"chosen"`
	OutsideBefore int            `json:"outside_incidents_before"`
	OutsideAfter  int            `json:"outside_incidents_after"`
	Kept          slo.Proportion `json:"incidents_kept"`
}

type proofJSON struct {
	Train   sidesJSON `json:"train"`
	HeldOut sidesJSON `json:"held_out"`
	Whole   sidesJSON `json:"whole"`
}

type sidesJSON struct {
	Before sideJSON `json:"before"`
	After  sideJSON `json:"after"`
	Lost   int      `json:"incidents_lost"`
	Later  float64  `json:"later_seconds"`
}

type sideJSON struct {
	Episodes  int        `json:"episodes"`
	Outside   int        `json:"outside_incidents"`
	Incidents int        `json:"incidents"`
	Caught    int        `json:"incidents_caught"`
	Detection spreadJSON `json:"detection_seconds"`
}

type spreadJSON struct {
	Median *float64 `json:"median"`
	P95    *float64 `json:"p95"`
}

type tunedRuleJSON struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Group  string        `json:"group"`
	File   string        `json:"file"`
	Line   int           `json:"line"`
	Change *changeJSON   `json:"change"`
	Remedy []tune.Remedy `json:"remedy"`
	proofJSON
	Why string `json:"why"`
}

type changeJSON struct {
	Delete bool    `json:"delete"`
	Expr   string  `json:"expr"`
	For    float64 `json:"for_seconds"`
	Keep   float64 `json:"keep_firing_for_seconds"`
}

func tuneSides(s tune.Sides) sidesJSON {
	return sidesJSON{Before: tuneSide(s.Before), After: tuneSide(s.After), Lost: len(s.Lost), Later: s.Later.Seconds()}
}

func tuneSide(s tune.Side) sideJSON {
	out := sideJSON{Episodes: s.Episodes, Outside: s.Outside, Incidents: s.Incidents, Caught: s.Caught}
	if n := len(s.Delays); n > 0 {
		out.Detection.Median = new(s.Delays[n/2].Seconds())
		out.Detection.P95 = new(s.Delays[n*95/100].Seconds())
	}
	return out
}

// WriteJSON writes the result as docs/tuning.md describes it.
func (t *Tuning) WriteJSON(w io.Writer) error {
	p := t.Plan
	doc := tuneJSON{
		Schema: TuneSchema, From: p.Train.From, To: p.HeldOut.To, Split: p.HeldOut.From, Source: t.Source,
		Policy: p.Policy, Judged: p.Judged, Folds: []foldJSON{}, Rules: []tunedRuleJSON{},
		Totals: proofJSON{tuneSides(p.Proof.Train), tuneSides(p.Proof.HeldOut), tuneSides(p.Whole)},
	}
	for _, f := range p.Refit.Folds {
		doc.Folds = append(doc.Folds, foldJSON{
			Price: f.Price, Chosen: f.Price == p.Refit.Price, OutsideBefore: f.From, OutsideAfter: f.Outside,
			Kept: slo.Proportion{Count: f.Caught - f.Lost, Of: f.Caught},
		})
	}
	for i := range t.Rules {
		r, err := t.Rules[i].json()
		if err != nil {
			return err
		}
		doc.Rules = append(doc.Rules, r)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func (t *TunedRule) json() (tunedRuleJSON, error) {
	a := t.Advice
	out := tunedRuleJSON{
		ID: t.ID(), Name: t.Rule.Name, Group: t.Rule.Group, File: t.Rule.File, Line: t.Rule.Line, Remedy: []tune.Remedy{},
		proofJSON: proofJSON{tuneSides(a.Train), tuneSides(a.HeldOut), tuneSides(a.Whole)}, Why: t.Why(),
	}
	if a.Change == nil {
		return out, nil
	}
	expr, err := t.Expr()
	out.Remedy = a.Change.Remedies
	out.Change = &changeJSON{a.Change.Delete, expr, a.Change.Shape.For.Seconds(), a.Change.Shape.KeepFiringFor.Seconds()}
	return out, err
}

// WriteText writes a table for people.
func (t *Tuning) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	p := t.Plan
	_, _ = fmt.Fprintf(tw, "RULE\tOUTSIDE INCIDENTS\tCAUGHT\tCHANGE\n")
	for i := range t.Rules {
		r := &t.Rules[i]
		if r.Advice.Change == nil {
			continue
		}
		s := r.Advice.Whole
		_, _ = fmt.Fprintf(tw, "%s\t%d -> %d\t%d -> %d of %d\t%s\n", r.Rule.Name, s.Before.Outside, s.After.Outside, s.Before.Caught, s.After.Caught, s.Before.Incidents, r.What())
	}
	for _, row := range []struct {
		name string
		s    tune.Sides
	}{{"all, chosen on", p.Proof.Train}, {"all, held out", p.Proof.HeldOut}, {"all, as recommended", p.Whole}} {
		_, _ = fmt.Fprintf(tw, "%s\t%d -> %d\t%d -> %d of %d\t%d lost, %s later\n", row.name, row.s.Before.Outside, row.s.After.Outside,
			row.s.Before.Caught, row.s.After.Caught, row.s.Before.Incidents, len(row.s.Lost), row.s.Later)
	}
	return tw.Flush()
}
