package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// episodeRows is how many episodes a page lists, and how many a file has at most;
// what is beyond is a cursor away.
const (
	episodeRows = 100
	fileRows    = 100_000
)

// episodesView is the page of a rule's episodes.
type episodesView struct {
	Name  text
	Back  string
	Table table
}

// reader is where episodes come from.
func (s *server) reader(snap *Snapshot) EpisodeReader {
	if s.o.Episodes != nil {
		return s.o.Episodes
	}
	return snap.episodes
}

func (s *server) episodesOf(req *request, r ruleRow, q EpisodeQuery) (EpisodePage, error) {
	q.Rule = &r.key
	return s.reader(req.snap).Episodes(req.Context(), q)
}

func (s *server) ruleEpisodes(req *request) (answer, error) {
	at, ok := req.snap.ruleByID[req.PathValue("id")]
	if !ok {
		return answer{}, ErrNotFound
	}
	r := req.snap.rules[at]
	limit := episodeRows
	if req.format != formatHTML {
		limit = fileRows
	}
	page, err := s.episodesOf(req, r, EpisodeQuery{Limit: limit, Cursor: req.URL.Query().Get("cursor")})
	if err != nil {
		return answer{}, err
	}
	switch req.format {
	case formatJSON:
		return episodesJSON(req.snap, page)
	case formatCSV:
		return csvAnswer("episodes-of-"+r.ID, episodeColumns(), page.Episodes), nil
	}
	v := episodesView{Name: newText(r.Name), Back: r.URL, Table: episodeTable(r, page)}
	if page.Next != "" {
		v.Table.Next = r.URL + "/episodes?" + url.Values{"cursor": {page.Next}}.Encode()
	}
	if req.URL.Query().Get("cursor") != "" {
		v.Table.Prev = r.URL + "/episodes"
	}
	return s.page(req, "episodes", "Episodes of "+r.Name, v), nil
}

// episodesJSON writes episodes as `burnish history export` does, in a list.
func episodesJSON(snap *Snapshot, page EpisodePage) (answer, error) {
	h := snap.head("episodes", page.Total)
	h.Next = known(page.Next)
	head, err := json.Marshal(h)
	if err != nil {
		return answer{}, fmt.Errorf("write episodes: %w", err)
	}
	b := bytes.NewBuffer(append(head[:len(head)-1], `,"episodes":[`...))
	for i := range page.Episodes {
		if i > 0 {
			b.WriteByte(',')
		}
		line, err := page.Episodes[i].AppendJSON([]byte("\n"))
		if err != nil {
			return answer{}, err
		}
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	return answer{contentType: "application/json", body: b.Bytes()}, nil
}

func episodeTable(r ruleRow, page EpisodePage) table {
	l := list[noise.Episode]{name: "episodes", noun: "episode", caption: "Episodes, the latest first", empty: "It was silent.", columns: episodeColumns()}
	t := l.bare(page.Episodes)
	t.JSON, t.CSV = r.URL+"/episodes.json", r.URL+"/episodes.csv"
	if page.Total >= 0 {
		t.Count = report.PluralText(page.Total, "episode") + " in all"
	}
	return t
}

func episodeColumns() []column[noise.Episode] {
	when := func(of func(noise.Episode) time.Time) func(noise.Episode) any {
		return func(e noise.Episode) any {
			if of(e).IsZero() {
				return nil
			}
			return of(e)
		}
	}
	return []column[noise.Episode]{
		{key: "active_at", head: "Became true (UTC)", left: true, class: "name when", value: when(func(e noise.Episode) time.Time { return e.ActiveAt }), cell: func(e noise.Episode) cell {
			return cell{Text: plain(e.ActiveAt.UTC().Format("Mon 2 Jan 15:04:05")), Datetime: timeText(e.ActiveAt)}
		}},
		{key: "labels", head: "Alert", left: true, class: "full", value: func(e noise.Episode) any { return labelsJSON(e) }, cell: func(e noise.Episode) cell {
			return cell{Text: lineText(labelsText(e.Labels.Map(), "severity", "team"))}
		}},
		{key: "fired_at", head: "Fired", left: true, value: when(func(e noise.Episode) time.Time { return e.FiredAt }), cell: func(e noise.Episode) cell {
			if !e.Fired() {
				return cell{Text: newText("never, pending only")}
			}
			return cell{Text: plain("after " + report.SpanText(e.FiredAt.Sub(e.ActiveAt)))}
		}},
		{key: "resolved_at", head: "Fired for", value: when(func(e noise.Episode) time.Time { return e.ResolvedAt }), cell: firedForCell},
		{key: "certainty", head: "Its end", left: true, value: func(e noise.Episode) any { return e.Certainty.Resolved.String() }, cell: func(e noise.Episode) cell {
			return cell{Text: newText(kindText(e.Certainty.Resolved.String()))}
		}},
		{key: "rule", value: func(e noise.Episode) any { return e.Rule }},
		{key: "group", value: func(e noise.Episode) any {
			if e.Group == "" {
				return nil
			}
			return e.Group
		}},
	}
}

func firedForCell(e noise.Episode) cell {
	switch {
	case !e.Fired():
		return cell{Text: plain(dash)}
	case e.Open():
		return cell{Text: plain("still firing")}
	}
	return cell{Text: plain(report.SpanText(e.ResolvedAt.Sub(e.FiredAt)))}
}

func labelsJSON(e noise.Episode) string {
	b, err := json.Marshal(e.Labels)
	if err != nil {
		return ""
	}
	return string(b)
}
