package collector

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Bounds of what is read as a list of incidents.
const (
	maxIncidentFile = 64 << 20
	maxIncidents    = 100_000
	maxText         = 4096 // bytes of an id or a note
)

// ReadIncidents reads the incidents that people declared from files in the forms
// that docs/incidents.md describes: JSON, or CSV where the name ends in .csv.
// They come ordered by start. All that is wrong with any file is reported at
// once, each fault with file and line; an id that is used twice is a fault.
func ReadIncidents(globs []string) ([]noise.Incident, error) {
	paths, errs := expandFor(globs, "incidents", "--incidents")
	r := &incidentReader{seen: map[string]string{}}
	for _, path := range paths {
		r.read(path)
	}
	slices.SortStableFunc(r.out, func(a, b noise.Incident) int { return a.From.Compare(b.From) })
	return r.out, errors.Join(append(errs, r.errs...)...)
}

// incidentReader gathers incidents and what is wrong with them.
type incidentReader struct {
	file string
	out  []noise.Incident
	errs []error
	seen map[string]string // place by id
}

// declaredIncident is an incident as it is written.
type declaredIncident struct {
	ID       string            `json:"id"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Labels   map[string]string `json:"labels"`
	SLO      string            `json:"slo"`
	Severity string            `json:"severity"`
	Note     string            `json:"note"`
}

func (r *incidentReader) fail(line int, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.file, line, fmt.Sprintf(format, args...)))
}

func (r *incidentReader) read(path string) {
	r.file = path
	text, err := readBounded(path, maxIncidentFile)
	switch {
	case err != nil:
		r.errs = append(r.errs, fmt.Errorf("read incidents: %w", err))
	case strings.EqualFold(filepath.Ext(path), ".csv"):
		r.csv(text)
	default:
		r.json(text)
	}
}

// json reads an array of incidents, each on its own, so that one fault does not
// hide the next.
func (r *incidentReader) json(text []byte) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		r.fail(1, "expected a JSON array of incidents, as docs/incidents.md shows")
		return
	}
	for n := 0; dec.More(); n++ {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		line := 1 + bytes.Count(text[:dec.InputOffset()-int64(len(raw))], []byte("\n"))
		if err != nil {
			r.fail(1+bytes.Count(text[:dec.InputOffset()], []byte("\n")), "read incident %d: %v", n+1, err)
			return
		}
		if n == maxIncidents {
			r.fail(line, "more than %d incidents in one file", maxIncidents)
			return
		}
		var in declaredIncident
		strict := json.NewDecoder(bytes.NewReader(raw))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&in); err != nil {
			r.fail(line, "read incident %d: %v", n+1, err)
			continue
		}
		r.add(in, line)
	}
	if _, err := dec.Token(); err != nil {
		r.fail(1+bytes.Count(text, []byte("\n")), "the array of incidents does not end: %v", err)
	}
}

// columns are what a CSV file of incidents may have, in any order.
var columns = []string{"id", "from", "to", "labels", "slo", "severity", "note"}

func (r *incidentReader) csv(text []byte) {
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		r.fail(1, "read the header of the CSV: %v", err)
		return
	}
	header = slices.Clone(header)
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns, header[i]) {
			r.fail(1, "unknown column %q: want some of %s", name, strings.Join(columns, ", "))
			return
		}
	}
	for n := 0; ; n++ {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		line, _ := c.FieldPos(0)
		if err != nil || n == maxIncidents {
			r.fail(max(1, line), "read incident %d: %v", n+1, errors.Join(err, tooMany(n)))
			return
		}
		in, err := fromRecord(header, record)
		if err != nil {
			r.fail(line, "read incident %d: %v", n+1, err)
			continue
		}
		r.add(in, line)
	}
}

func tooMany(n int) error {
	if n < maxIncidents {
		return nil
	}
	return fmt.Errorf("more than %d incidents in one file", maxIncidents)
}

func fromRecord(header, record []string) (declaredIncident, error) {
	var in declaredIncident
	fields := map[string]*string{
		"id": &in.ID, "from": &in.From, "to": &in.To, "slo": &in.SLO, "severity": &in.Severity, "note": &in.Note,
	}
	for i, name := range header {
		if name != "labels" {
			*fields[name] = strings.TrimSpace(record[i])
			continue
		}
		var err error
		if in.Labels, err = pairs(record[i]); err != nil {
			return in, err
		}
	}
	return in, nil
}

// pairs reads labels as a CSV cell holds them: a JSON object, or name=value
// separated by semicolons or commas.
func pairs(cell string) (map[string]string, error) {
	out := map[string]string{}
	cell = strings.TrimSpace(cell)
	if strings.HasPrefix(cell, "{") {
		err := json.Unmarshal([]byte(cell), &out)
		return out, err
	}
	for part := range strings.FieldsFuncSeq(cell, func(c rune) bool { return c == ';' || c == ',' }) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("labels %q: want name=value, separated by semicolons", cell)
		}
		out[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return out, nil
}

// add checks an incident and takes it if it is sound.
func (r *incidentReader) add(in declaredIncident, line int) {
	before := len(r.errs)
	from, to := r.instant("from", in.From, line), r.instant("to", in.To, line)
	if len(r.errs) == before && !from.Before(to) {
		r.fail(line, "incident %q: from %s is not before to %s", in.ID, in.From, in.To)
	}
	if in.ID == "" {
		in.ID = "declared@" + in.From
	}
	if was, twice := r.seen[in.ID]; twice {
		r.fail(line, "incident %q is declared twice; the first is at %s", in.ID, was)
	}
	if len(in.ID) > maxText || len(in.Note) > maxText {
		r.fail(line, "incident %.40q: an id or a note has at most %d bytes", in.ID, maxText)
	}
	for name, value := range in.Labels {
		if !model.UTF8Validation.IsValidLabelName(name) || !model.LabelValue(value).IsValid() {
			r.fail(line, "incident %q: label %q=%q is not valid", in.ID, name, value)
		}
	}
	if len(r.errs) > before {
		return
	}
	r.seen[in.ID] = fmt.Sprintf("%s:%d", r.file, line)
	r.out = append(r.out, noise.Incident{
		Interval: slo.Interval{From: from, To: to}, ID: in.ID, SLO: in.SLO, Labels: labels.FromMap(in.Labels),
		Severity: in.Severity, Note: in.Note, Declared: true,
	})
}

func (r *incidentReader) instant(field, text string, line int) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.fail(line, "%s %q: want a time as in 2026-11-01T00:00:00Z", field, text)
	}
	return t.UTC()
}

// readBounded reads a file that may not be larger than a bound.
func readBounded(path string, bound int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, bound+1))
	if err == nil && int64(len(text)) > bound {
		err = fmt.Errorf("%s is over %d bytes, the most that is read", path, bound)
	}
	return text, err
}
