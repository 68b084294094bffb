package promapi

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/prometheus/model/labels"
)

// sink takes the series of an answer as they are read: it is called with the
// labels of each and gives back what takes its samples.
type sink func(labels.Labels) func(ts int64, v float64)

// remarks are what a server says besides the data.
type remarks struct {
	warnings []string // the data may be incomplete
	infos    []string // about the expression
}

// The most remarks that are kept of an answer, and the most of each.
const (
	mostRemarks = 100
	remarkText  = 1000
)

func (r *remarks) add(o remarks) {
	for _, w := range o.warnings {
		r.warnings = addOnce(r.warnings, w)
	}
	for _, i := range o.infos {
		r.infos = addOnce(r.infos, i)
	}
}

func addOnce(list []string, s string) []string {
	s = printable(s, remarkText)
	if s == "" || len(list) >= mostRemarks {
		return list
	}
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// reader of one answer of /api/v1/query or /api/v1/query_range, which is never
// held as a whole.
type reader struct {
	it   *jsoniter.Iterator
	into sink
	lb   labels.Builder

	status, errorType, message, resultType string

	data    bool
	remarks remarks
}

// decodeQuery streams the answer of a query into a sink. A "status":"error" is
// an *APIError without what was asked.
func decodeQuery(from io.Reader, into sink) (remarks, error) {
	in, err := sniff(from)
	if err != nil {
		return remarks{}, err
	}
	r := &reader{it: jsoniter.Parse(jsoniter.ConfigDefault, in, 64<<10), into: into}
	r.it.ReadObjectCB(r.field)
	switch {
	case errors.Is(r.it.Error, errTooLarge):
		return r.remarks, errTooLarge
	case r.it.Error != nil && r.it.Error != io.EOF: //nolint:errorlint // jsoniter's own mark of the end
		return r.remarks, malformed(r.it.Error)
	case r.status == "error":
		return r.remarks, &APIError{
			Status: http.StatusOK, Type: printable(r.errorType, shownText), Message: printable(r.message, errorBytes),
		}
	case r.status != "success":
		return r.remarks, fmt.Errorf("%w: it has no status", errShape)
	case !r.data:
		return r.remarks, fmt.Errorf("%w: it has no data", errShape)
	}
	return r.remarks, nil
}

// sniff looks at the beginning of an answer and refuses a web page.
func sniff(from io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	head, err := in.Peek(64)
	if len(head) == 0 && err != nil && err != io.EOF {
		return nil, err
	}
	if looksLikeHTML(head) {
		return nil, errWebPage
	}
	return in, nil
}

// malformed is the error of a body that is not the JSON it should be; the
// parser's excerpt of it is left out.
func malformed(err error) error {
	text, _, _ := strings.Cut(err.Error(), ", error found in")
	return fmt.Errorf("%w: %s", errShape, printable(text, 120))
}

func (r *reader) field(it *jsoniter.Iterator, name string) bool {
	switch name {
	case "status":
		r.status = it.ReadString()
	case "errorType":
		r.errorType = it.ReadString()
	case "error":
		r.message = it.ReadString()
	case "warnings":
		r.remarks.warnings = r.texts(r.remarks.warnings)
	case "infos":
		r.remarks.infos = r.texts(r.remarks.infos)
	case "isPartial":
		if it.ReadBool() {
			r.remarks.warnings = addOnce(r.remarks.warnings, "the answer is partial")
		}
	case "data":
		r.readData()
	default:
		it.Skip()
	}
	return it.Error == nil
}

func (r *reader) texts(list []string) []string {
	for r.it.ReadArray() {
		list = addOnce(list, r.it.ReadString())
	}
	return list
}

func (r *reader) readData() {
	if r.it.WhatIsNext() != jsoniter.ObjectValue {
		r.it.Skip()
		return
	}
	r.it.ReadObjectCB(func(it *jsoniter.Iterator, name string) bool {
		switch name {
		case "resultType":
			r.resultType = it.ReadString()
		case "result":
			r.data = true
			r.readResult()
		default:
			it.Skip()
		}
		return it.Error == nil
	})
}

// readResult reads a vector or a matrix, which are lists of series, or a scalar,
// which is a lone sample. The value of a string expression is nothing.
func (r *reader) readResult() {
	if r.resultType == "string" || r.it.WhatIsNext() != jsoniter.ArrayValue {
		r.it.Skip()
		return
	}
	for r.it.ReadArray() {
		if r.it.WhatIsNext() == jsoniter.NumberValue {
			r.sampleRest(r.into(labels.EmptyLabels()))
			return
		}
		r.readSeries()
	}
}

func (r *reader) readSeries() {
	var take func(int64, float64)
	type sample struct {
		ts int64
		v  float64
	}
	var early []sample // samples that come before the labels
	put := func(ts int64, v float64) {
		if take == nil {
			early = append(early, sample{ts, v})
			return
		}
		take(ts, v)
	}
	r.it.ReadObjectCB(func(it *jsoniter.Iterator, name string) bool {
		switch name {
		case "metric":
			take = r.into(r.readLabels())
			for _, s := range early {
				take(s.ts, s.v)
			}
			early = nil
		case "value":
			r.sample(put)
		case "values":
			for it.ReadArray() {
				r.sample(put)
			}
		default:
			it.Skip()
		}
		return it.Error == nil
	})
	if take == nil && r.it.Error == nil {
		r.it.ReportError("series", "it has no labels")
	}
}

func (r *reader) readLabels() labels.Labels {
	r.lb.Reset(labels.EmptyLabels())
	r.it.ReadMapCB(func(it *jsoniter.Iterator, name string) bool {
		r.lb.Set(name, it.ReadString())
		return it.Error == nil
	})
	return r.lb.Labels()
}

// sample reads [seconds, "value"].
func (r *reader) sample(put func(int64, float64)) {
	if !r.it.ReadArray() {
		r.it.ReportError("sample", "it is empty")
		return
	}
	r.sampleRest(put)
}

// sampleRest reads a sample whose opening bracket is read already.
func (r *reader) sampleRest(put func(int64, float64)) {
	seconds := r.it.ReadFloat64()
	if !r.it.ReadArray() {
		r.it.ReportError("sample", "it has no value")
		return
	}
	v, ok := parseValue(r.it.ReadStringAsSlice())
	if r.it.ReadArray() {
		r.it.ReportError("sample", "it has more than a time and a value")
	}
	if math.IsNaN(seconds) || math.Abs(seconds) > 1e12 {
		r.it.ReportError("sample", "its time is out of range")
	}
	if r.it.Error == nil && !ok {
		r.it.ReportError("sample", "its value is no number")
	}
	if r.it.Error == nil {
		put(int64(math.Round(seconds*1000)), v)
	}
}

// parseValue reads a sample's value; those of ALERTS are 1.
func parseValue(b []byte) (float64, bool) {
	if len(b) == 1 && b[0] >= '0' && b[0] <= '9' {
		return float64(b[0] - '0'), true
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}
