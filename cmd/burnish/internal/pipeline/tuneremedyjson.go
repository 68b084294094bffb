package pipeline

import (
	"github.com/burnish-sre/burnish/noise/remedy"
	"github.com/burnish-sre/burnish/slo"
)

// contestJSON is what could be done about one noisy rule.
type contestJSON struct {
	Needless float64   `json:"needless_notifications_per_week"`
	Rows     []rowJSON `json:"rows"`
}

// rowJSON is one remedy.
type rowJSON struct {
	Remedy      remedy.Kind     `json:"remedy"`
	Text        string          `json:"text"`
	Best        bool            `json:"best"`
	Recommended bool            `json:"recommended"`
	Barred      *string         `json:"barred"`
	Change      *changeJSON     `json:"change"`
	ChosenOnAll bool            `json:"chosen_on_all"`
	Source      *string         `json:"source"`
	Held        *slo.Proportion `json:"held_back"`
	Severity    *string         `json:"severity"`
	SLOs        []string        `json:"slos"`
	Note        *string         `json:"note"`
	Paste       *string         `json:"paste"`
	Train       *figuresJSON    `json:"train"`
	HeldOut     *figuresJSON    `json:"held_out"`
}

// figuresJSON is what a remedy comes to in a part of the history.
type figuresJSON struct {
	Episodes      int      `json:"episodes"`
	Outside       *int     `json:"outside_incidents"`
	Notifications float64  `json:"notifications_per_week"`
	Pages         *float64 `json:"pages_per_week"`
	Incidents     *int     `json:"incidents"`
	InTime        *int     `json:"incidents_in_time"`
	Lost          *int     `json:"incidents_lost"`
	Fewer         *int     `json:"incidents_told_to_fewer"`
	Later         *float64 `json:"later_seconds"`
}

// contestsJSON are the contests by the place of their rule.
func (t *Tuning) contestsJSON() (map[int]*contestJSON, error) {
	out := map[int]*contestJSON{}
	for i := range t.Contests {
		c := &t.Contests[i]
		doc := &contestJSON{Needless: c.Needless, Rows: []rowJSON{}}
		for n := range c.Rows {
			row, err := t.rowJSON(c, n)
			if err != nil {
				return nil, err
			}
			doc.Rows = append(doc.Rows, row)
		}
		out[c.Subject] = doc
	}
	return out, nil
}

func (t *Tuning) rowJSON(c *remedy.Contest, n int) (rowJSON, error) {
	row := &c.Rows[n]
	out := rowJSON{
		Remedy: row.Kind, Text: t.remedyWords(c, row), Best: n == c.Best, Recommended: n == c.Planned || row.Kind == remedy.AsIs && c.Planned < 0,
		Barred: some(row.Barred), ChosenOnAll: row.Whole, SLOs: []string{}, Paste: some(t.paste(c, row)),
		Train: t.figuresJSON(row.Train), HeldOut: t.figuresJSON(row.HeldOut),
	}
	switch row.Kind {
	case remedy.Inhibit:
		out.Source, out.Held = some(t.Rules[row.Source].Rule.Name), &row.Held
	case remedy.Severity:
		out.Severity = some(row.Lower.To)
	case remedy.BurnRate:
		out.SLOs, out.Note = row.Instead.SLOs, some(row.Instead.Note)
	case remedy.AsIs, remedy.Change, remedy.Delete:
	}
	var err error
	if row.Change != nil {
		out.Change, err = t.Rules[c.Subject].changeJSON(row.Change)
	}
	return out, err
}

// some is a text, nil where there is none.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// figuresJSON leaves out what nobody knows.
func (t *Tuning) figuresJSON(f remedy.Figures) *figuresJSON {
	if !f.Known {
		return nil
	}
	out := &figuresJSON{Episodes: f.Episodes, Notifications: f.Notifications}
	if f.PagesKnown {
		out.Pages = &f.Pages
	}
	if !t.Plan.Judged {
		return out
	}
	out.Outside, out.Incidents, out.InTime = &f.Outside, &f.Incidents, &f.InTime
	out.Lost, out.Fewer = new(len(f.Lost)), new(len(f.Fewer))
	if f.Later != nil {
		out.Later = new(f.Later.Seconds())
	}
	return out
}
