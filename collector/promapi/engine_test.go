package promapi

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"
)

// prometheus is a server made of Prometheus' own storage and engine behind a small copy of
// its API; the real binaries are held against this package elsewhere.
type prometheus struct {
	storage  *teststorage.TestStorage
	engine   *promql.Engine
	external labels.Labels
	refuse   map[string]int      // paths that answer with a status
	before   func(*http.Request) // called for every request; may be nil
	samples  bool                // remote read knows SAMPLES only
	read     http.Handler        // overrides remote read; may be nil
}

func newPrometheus(t *testing.T) *prometheus {
	t.Helper()
	return &prometheus{
		storage: teststorage.New(t),
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, EnableAtModifier: true,
		}),
		refuse: map[string]int{},
	}
}

// add writes a sample; NaN is a staleness marker.
func (p *prometheus) add(t *testing.T, at time.Time, v float64, ls ...string) {
	t.Helper()
	if math.IsNaN(v) {
		v = math.Float64frombits(value.StaleNaN)
	}
	app := p.storage.Appender(t.Context())
	_, err := app.Append(0, labels.FromStrings(ls...), at.UnixMilli(), v)
	require.NoError(t, err)
	require.NoError(t, app.Commit())
}

func (p *prometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.before != nil {
		p.before(r)
	}
	if status := p.refuse[r.URL.Path]; status != 0 {
		w.WriteHeader(status)
		return
	}
	switch r.URL.Path {
	case "/api/v1/query":
		p.query(w, r)
	case "/api/v1/query_range":
		p.queryRange(w, r)
	case "/api/v1/read":
		p.remoteRead(w, r)
	case "/api/v1/status/config":
		yaml := "global:\n  scrape_interval: 1m\n  external_labels:\n"
		p.external.Range(func(l labels.Label) { yaml += fmt.Sprintf("    %s: %q\n", l.Name, l.Value) })
		p.reply(w, map[string]string{"yaml": yaml}, nil, nil)
	case "/api/v1/series":
		p.series(w, r)
	case "/api/v1/label/alertname/values":
		p.alertNames(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *prometheus) reply(w http.ResponseWriter, data any, warnings []string, err error) {
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "error", "errorType": "execution", "error": err.Error()})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data, "warnings": warnings})
}

func formTime(r *http.Request, name string) time.Time {
	s, _ := strconv.ParseFloat(r.FormValue(name), 64)
	return time.UnixMilli(int64(math.Round(s * 1000)))
}

func (p *prometheus) query(w http.ResponseWriter, r *http.Request) {
	q, err := p.engine.NewInstantQuery(r.Context(), p.storage, nil, r.FormValue("query"), formTime(r, "time"))
	p.run(w, r, q, err)
}

func (p *prometheus) queryRange(w http.ResponseWriter, r *http.Request) {
	step := time.Duration(formTime(r, "step").UnixMilli()) * time.Millisecond
	from, to := formTime(r, "start"), formTime(r, "end")
	if to.Sub(from)/step > 11000 {
		p.reply(w, nil, nil, errors.New("exceeded maximum resolution of 11,000 points per timeseries"))
		return
	}
	q, err := p.engine.NewRangeQuery(r.Context(), p.storage, nil, r.FormValue("query"), from, to, step)
	p.run(w, r, q, err)
}

func (p *prometheus) run(w http.ResponseWriter, r *http.Request, q promql.Query, err error) {
	if err != nil {
		p.reply(w, nil, nil, err)
		return
	}
	defer q.Close()
	res := q.Exec(r.Context())
	var value any
	if res.Err == nil {
		value = map[string]any{"resultType": res.Value.Type(), "result": res.Value}
	}
	p.reply(w, value, nil, res.Err)
}

func (p *prometheus) remoteRead(w http.ResponseWriter, r *http.Request) {
	if p.read != nil {
		p.read.ServeHTTP(w, r)
		return
	}
	var query prompb.ReadRequest
	packed, _ := io.ReadAll(r.Body)
	raw, err := snappy.Decode(nil, packed)
	if err == nil {
		err = query.Unmarshal(raw)
	}
	if err != nil || r.Header.Get("X-Prometheus-Remote-Read-Version") != "0.1.0" {
		http.Error(w, "no remote read request", http.StatusBadRequest)
		return
	}
	series := p.chunks(r, query.Queries[0])
	if p.samples {
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.Header().Set("Content-Encoding", "snappy")
		_, _ = w.Write(sampled(series, query.Queries[0]))
		return
	}
	w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
	for _, s := range series {
		for _, c := range s.Chunks { // a frame a chunk, so that series span frames
			_, _ = w.Write(framed(prompb.ChunkedSeries{Labels: s.Labels, Chunks: []prompb.Chunk{c}}))
		}
	}
}

// chunks are the series that remote read gives: with the external labels that
// they lack.
func (p *prometheus) chunks(r *http.Request, query *prompb.Query) []prompb.ChunkedSeries {
	q, err := p.storage.ChunkQuerier(query.StartTimestampMs, query.EndTimestampMs)
	if err != nil {
		return nil
	}
	defer q.Close()
	m := query.Matchers[0]
	matcher := labels.MustNewMatcher(labels.MatchRegexp, m.Name, m.Value)
	var list []prompb.ChunkedSeries
	for set := q.Select(r.Context(), true, nil, matcher); set.Next(); {
		lb := labels.NewBuilder(set.At().Labels())
		p.external.Range(func(l labels.Label) {
			if !set.At().Labels().Has(l.Name) {
				lb.Set(l.Name, l.Value)
			}
		})
		s := prompb.ChunkedSeries{Labels: prompb.FromLabels(lb.Labels(), nil)}
		for it := set.At().Iterator(nil); it.Next(); {
			meta := it.At()
			s.Chunks = append(s.Chunks, prompb.Chunk{
				Type: prompb.Chunk_Encoding(meta.Chunk.Encoding()), Data: bytes.Clone(meta.Chunk.Bytes()),
			})
		}
		list = append(list, s)
	}
	return list
}

// framed is a frame of streamed remote read that holds a series.
func framed(s prompb.ChunkedSeries) []byte {
	body, err := (&prompb.ChunkedReadResponse{ChunkedSeries: []*prompb.ChunkedSeries{&s}}).Marshal()
	if err != nil {
		panic(err)
	}
	frame := binary.AppendUvarint(nil, uint64(len(body)))
	frame = binary.BigEndian.AppendUint32(frame, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	return append(frame, body...)
}

// sampled is an answer of remote read in the form SAMPLES.
func sampled(list []prompb.ChunkedSeries, query *prompb.Query) []byte {
	result := &prompb.QueryResult{}
	for _, s := range list {
		series := &prompb.TimeSeries{Labels: s.Labels}
		_, err := readChunks(s.Chunks, nil, func(ts int64, v float64) {
			if ts >= query.StartTimestampMs && ts <= query.EndTimestampMs {
				series.Samples = append(series.Samples, prompb.Sample{Timestamp: ts, Value: v})
			}
		})
		if err != nil {
			panic(err)
		}
		result.Timeseries = append(result.Timeseries, series)
	}
	body, err := (&prompb.ReadResponse{Results: []*prompb.QueryResult{result}}).Marshal()
	if err != nil {
		panic(err)
	}
	return snappy.Encode(nil, body)
}

func (p *prometheus) selected(r *http.Request) []labels.Labels {
	from, to := formTime(r, "start").UnixMilli(), formTime(r, "end").UnixMilli()
	q, err := p.storage.Querier(from, to)
	if err != nil {
		return nil
	}
	defer q.Close()
	var found []labels.Labels
	for _, m := range r.Form["match[]"] {
		matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(m)
		if err != nil {
			continue
		}
		for set := q.Select(r.Context(), false, nil, matchers...); set.Next(); {
			found = append(found, set.At().Labels())
		}
	}
	return found
}

func (p *prometheus) series(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.reply(w, p.selected(r), nil, nil)
}

func (p *prometheus) alertNames(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	names := []string{}
	for _, ls := range p.selected(r) {
		names = append(names, ls.Get(model.AlertNameLabel))
	}
	p.reply(w, names, nil, nil)
}
