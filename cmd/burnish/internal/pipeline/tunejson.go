package pipeline

import (
	"encoding/json"
	"io"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// TuneSchema names the form of the result in JSON.
const TuneSchema = "burnish/tune/v1"

type tuneJSON struct {
	Schema string      `json:"schema"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Split  time.Time   `json:"split"`
	Source string      `json:"source"`
	Policy tune.Policy `json:"policy"`
	Judged bool        `json:"judged"`
	// Applied is the policy as applied: a more careful one where evidence is thin.
	Applied tune.Policy     `json:"policy_applied"`
	Notes   []string        `json:"notes"`
	Folds   []foldJSON      `json:"cross_validation"`
	Front   []pointJSON     `json:"front"`
	Totals  proofJSON       `json:"totals"`
	Rules   []tunedRuleJSON `json:"rules"`
}

type foldJSON struct {
	Price         float64        `json:"price"`
	Chosen        bool           `json:"chosen"`
	OutsideBefore int            `json:"outside_incidents_before"`
	OutsideAfter  int            `json:"outside_incidents_after"`
	Kept          slo.Proportion `json:"incidents_kept"`
}

// pointJSON is a trade of needless episodes for incidents.
type pointJSON struct {
	Price   float64   `json:"price"`
	Chosen  bool      `json:"chosen"`
	Train   sidesJSON `json:"train"`
	HeldOut sidesJSON `json:"held_out"`
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
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Group    string        `json:"group"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Severity string        `json:"severity"`
	Change   *changeJSON   `json:"change"`
	Remedies []tune.Remedy `json:"remedies"`
	Reason   tune.Reason   `json:"reason"`
	proofJSON
	Others []otherJSON `json:"other_remedies"`
	// Contest is null where the rule is not noisy.
	Contest *contestJSON `json:"contest"`
	Tests   int          `json:"unit_tests"`
	Why     string       `json:"why"`
}

type changeJSON struct {
	Delete      bool     `json:"delete"`
	Expr        string   `json:"expr"`
	For         string   `json:"for"`
	ForSeconds  float64  `json:"for_seconds"`
	Keep        string   `json:"keep_firing_for"`
	KeepSeconds float64  `json:"keep_firing_for_seconds"`
	DropLabels  []string `json:"drop_labels"`
}

// otherJSON is what one remedy alone would do.
type otherJSON struct {
	Remedy  tune.Remedy `json:"remedy"`
	Change  *changeJSON `json:"change"`
	Outside int         `json:"outside_incidents"`
	Lost    int         `json:"incidents_lost"`
	Alone   int         `json:"incidents_lost_by_rule"`
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
		Policy: p.Policy, Applied: p.Refit.Policy, Judged: p.Judged, Notes: append([]string{}, p.Notes...),
		Folds: []foldJSON{}, Front: []pointJSON{}, Rules: []tunedRuleJSON{},
		Totals: proofJSON{tuneSides(p.Proof.Train), tuneSides(p.Proof.HeldOut), tuneSides(p.Whole)},
	}
	for _, f := range p.Refit.Folds {
		doc.Folds = append(doc.Folds, foldJSON{
			Price: f.Price, Chosen: f.Price == p.Refit.Price, OutsideBefore: f.From, OutsideAfter: f.Outside,
			Kept: slo.Proportion{Count: f.Caught - f.Lost, Of: f.Caught},
		})
	}
	for _, f := range p.Front {
		doc.Front = append(doc.Front, pointJSON{f.Price, f.Chosen, tuneSides(f.Train), tuneSides(f.HeldOut)})
	}
	contests, err := t.contestsJSON()
	if err != nil {
		return err
	}
	for i := range t.Rules {
		r, err := t.Rules[i].json()
		if err != nil {
			return err
		}
		r.Contest = contests[i]
		doc.Rules = append(doc.Rules, r)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func (t *TunedRule) json() (tunedRuleJSON, error) {
	a := t.Advice
	out := tunedRuleJSON{
		ID: t.ID(), Name: t.Rule.Name, Group: t.Rule.Group, File: t.Rule.File, Line: t.Rule.Line, Severity: t.Rule.Severity(),
		Remedies: []tune.Remedy{}, Reason: a.Reason, Others: []otherJSON{}, Tests: len(t.Excerpts),
		proofJSON: proofJSON{tuneSides(a.Train), tuneSides(a.HeldOut), tuneSides(a.Whole)}, Why: t.Why(),
	}
	if t.Unread != nil {
		out.Reason = reasonUnread
	}
	for _, o := range a.Others {
		c, err := t.changeJSON(&o.Change)
		if err != nil {
			return out, err
		}
		out.Others = append(out.Others, otherJSON{o.Remedy, c, o.Outside, o.Lost, o.Alone})
	}
	if a.Change == nil {
		return out, nil
	}
	var err error
	out.Remedies = a.Change.Remedies
	out.Change, err = t.changeJSON(a.Change)
	return out, err
}

// reasonUnread is that of rules that could not be replayed.
const reasonUnread tune.Reason = "unread"

func (t *TunedRule) changeJSON(c *tune.Change) (*changeJSON, error) {
	expr, err := t.exprOf(c)
	return &changeJSON{
		Delete: c.Delete, Expr: expr, DropLabels: append([]string{}, c.DropLabels...),
		For: model.Duration(c.Shape.For).String(), ForSeconds: c.Shape.For.Seconds(),
		Keep: model.Duration(c.Shape.KeepFiringFor).String(), KeepSeconds: c.Shape.KeepFiringFor.Seconds(),
	}, err
}
