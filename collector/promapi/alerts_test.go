package promapi

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

var (
	noon   = time.Date(2026, 11, 14, 12, 0, 0, 0, time.UTC)
	marker = math.NaN()
)

// record is every sample that a route gave, by series: times in milliseconds.
type record map[string][]string

// tell reads alert history by a route and records what it gives, with markers as
// "stale". As in the builder, a sample not after the last of its series is not
// taken.
func tell(c *Client, w window) (record, collector.AlertsInfo, error) {
	got, last := record{}, map[string]int64{}
	info, err := c.alerts(context.Background(), &intake{window: w, open: func(ls labels.Labels) func(int64, float64) {
		name := ls.String()
		return func(ts int64, v float64) {
			if before, ok := last[name]; ok && ts <= before {
				return
			}
			last[name] = ts
			if value.IsStaleNaN(v) {
				got[name] = append(got[name], fmt.Sprintf("%d stale", ts-noon.UnixMilli()))
				return
			}
			got[name] = append(got[name], fmt.Sprintf("%d %g", ts-noon.UnixMilli(), v))
		}
	}})
	return got, info, err
}

func (r record) withoutMarkers() record {
	out := record{}
	for name, samples := range r {
		for _, s := range samples {
			if !strings.HasSuffix(s, "stale") {
				out[name] = append(out[name], s)
			}
		}
	}
	return out
}

func since(minutes int) int64 { return noon.Add(time.Duration(minutes) * time.Minute).UnixMilli() }

// busy is a Prometheus that has seen a few alerts.
func busy(t *testing.T) *prometheus {
	t.Helper()
	p := newPrometheus(t)
	p.external = labels.FromStrings("cluster", "prod", "replica", "a")
	for i := range 300 {
		at := noon.Add(time.Duration(i) * time.Minute)
		v := 1.0
		if i%50 == 49 {
			v = marker
		}
		p.add(t, at, v, "__name__", "ALERTS", "alertname", "Up", "alertstate", "firing", "instance", "1")
		p.add(t, at, v, "__name__", "ALERTS", "alertname", "Up", "alertstate", "firing", "instance", "2", "replica", "b")
		p.add(t, at, v, "__name__", "ALERTS", "alertname", "Own", "alertstate", "firing", "cluster", "prod")
		p.add(t, at, 1794650000+v, "__name__", "ALERTS_FOR_STATE", "alertname", "Up", "instance", "1")
		p.add(t, at, v, "__name__", "up", "instance", "1")
	}
	return p
}

func TestRoutesSayTheSame(t *testing.T) {
	t.Parallel()
	p := busy(t)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	for name, w := range map[string]window{
		"everything":                 {since(-60), since(600)},
		"from the epoch":             {0, since(600)},
		"edges on samples":           {since(10), since(20)},
		"edges a millisecond after":  {since(10) + 1, since(20) + 1},
		"edges a millisecond before": {since(10) - 1, since(20) - 1},
		"one sample":                 {since(10), since(10) + 1},
		"between two samples":        {since(10) + 1, since(11)},
		"before everything":          {0, since(0)},
		"after everything":           {since(300), since(100_000)},
		"empty":                      {since(10), since(10)},
		"the wrong way round":        {since(10), since(5)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			streamed, info, err := tell(dial(t, server.URL), w)
			require.NoError(t, err)
			require.Equal(t, collector.RouteRemoteRead, info.Route)
			asked, info, err := tell(dial(t, server.URL, func(o *Options) { o.RemoteRead = RemoteReadOff }), w)
			require.NoError(t, err)
			require.Equal(t, collector.RouteQuery, info.Route)
			require.Equal(t, streamed.withoutMarkers(), asked)
		})
	}
}

func TestRemoteReadIsExact(t *testing.T) {
	t.Parallel()
	p := busy(t)
	for name, samples := range map[string]bool{"streamed chunks": false, "samples": true} {
		t.Run(name, func(t *testing.T) {
			q := *p
			q.samples = samples
			got, info, err := tell(serve(t, q.ServeHTTP, func(o *Options) { o.RemoteRead = RemoteReadOn }), window{since(47), since(52)})
			require.NoError(t, err)
			require.Positive(t, info.BytesRead)
			live := func(v string) []string {
				return []string{"2820000 " + v, "2880000 " + v, "2940000 stale", "3000000 " + v, "3060000 " + v}
			}
			require.Equal(t, record{
				`{__name__="ALERTS", alertname="Up", alertstate="firing", instance="1"}`:              live("1"),
				`{__name__="ALERTS", alertname="Up", alertstate="firing", instance="2", replica="b"}`: live("1"),
				`{__name__="ALERTS", alertname="Own", alertstate="firing", cluster="prod"}`:           live("1"),
				`{__name__="ALERTS_FOR_STATE", alertname="Up", instance="1"}`:                         live("1.794650001e+09"),
			}, got)
		})
	}
}

func TestExternalLabelsStayWhereTheConfigurationIsHidden(t *testing.T) {
	t.Parallel()
	p := busy(t)
	p.refuse["/api/v1/status/config"] = 403
	got, _, err := tell(serve(t, p.ServeHTTP), window{since(0), since(1)})
	require.NoError(t, err)
	require.Contains(t, got, `{__name__="ALERTS", alertname="Up", alertstate="firing", cluster="prod", instance="1", replica="a"}`)
}

func TestAlertsFillTheBuilder(t *testing.T) {
	t.Parallel()
	c := serve(t, busy(t).ServeHTTP)
	var b episode.Builder
	w := slo.Interval{From: noon, To: noon.Add(5 * time.Hour)}
	info, err := c.Alerts(context.Background(), w, &b)
	require.NoError(t, err)
	require.True(t, info.Route.Markers())
	require.Len(t, b.Episodes(episode.Options{Window: w, Markers: true}), 18)
}

func TestWhenRemoteReadFallsBack(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc { return says(code, "") }
	content := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(body))
		}
	}
	unknown := prompb.ChunkedSeries{Chunks: []prompb.Chunk{{Type: 9, Data: []byte{0, 1, 2}}}}
	for name, tc := range map[string]struct {
		read http.HandlerFunc
		back bool
	}{
		"not found": {status(404), true}, "not allowed": {status(405), true}, "media type": {status(415), true},
		"not implemented": {status(501), true}, "forbidden": {status(403), true},
		"VictoriaMetrics":      {says(400, `unsupported path requested: "/api/v1/read"`), true},
		"a web page":           {content("text/html", "<html>"), true},
		"JSON":                 {content("application/json", "{}"), true},
		"unknown encoding":     {content(streamedType, string(framed(unknown))), true},
		"not snappy":           {content(sampledType, "hello"), true},
		"unauthorized":         {status(401), false},
		"broken server":        {status(500), false},
		"a stream that breaks": {content(streamedType, "hello"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPrometheus(t)
			p.add(t, noon, 1, "__name__", "ALERTS", "alertname", "Up", "alertstate", "firing")
			p.read = tc.read
			got, info, err := tell(serve(t, p.ServeHTTP), window{since(0), since(1)})
			if !tc.back {
				require.ErrorContains(t, err, "/api/v1/read: ")
				return
			}
			require.NoError(t, err)
			require.Equal(t, collector.RouteQuery, info.Route)
			require.Len(t, got, 1)
			_, _, err = tell(serve(t, p.ServeHTTP, func(o *Options) { o.RemoteRead = RemoteReadOn }), window{since(0), since(1)})
			require.ErrorContains(t, err, "/api/v1/read: ")
		})
	}
}

// A stream that breaks half way is read again from its start, and no sample is
// taken twice.
func TestBrokenStreamsAreReadAgain(t *testing.T) {
	t.Parallel()
	p := busy(t)
	whole := httptest.NewRecorder()
	for name, harm := range map[string]func([]byte) []byte{
		"cut inside a frame":          func(b []byte) []byte { return b[:len(b)/2] },
		"cut inside the length":       func(b []byte) []byte { return append(b, 0x80) },
		"cut inside the checksum":     func(b []byte) []byte { return append(b, 5, 1) },
		"cut after the checksum":      func(b []byte) []byte { return append(b, 5, 1, 2, 3, 4) },
		"an error message at the end": func(b []byte) []byte { return append(b, "unexpected error: the disk is gone\n"...) },
		"a flipped bit":               func(b []byte) []byte { b[len(b)-3] ^= 1; return b },
		"an absurd length":            func(b []byte) []byte { return append(b, 0xff, 0xff, 0xff, 0xff, 0x7f) },
	} {
		t.Run(name, func(t *testing.T) {
			want, _, err := tell(serve(t, p.ServeHTTP), window{since(0), since(300)})
			require.NoError(t, err)
			q := *p
			var tries atomic.Int32
			q.read = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				again := *p
				if tries.Add(1) > 1 {
					again.remoteRead(w, r)
					return
				}
				whole = httptest.NewRecorder()
				again.remoteRead(whole, r)
				w.Header().Set("Content-Type", streamedType)
				_, _ = w.Write(harm(whole.Body.Bytes()))
			})
			got, _, err := tell(serve(t, q.ServeHTTP), window{since(0), since(300)})
			require.NoError(t, err)
			require.EqualValues(t, 2, tries.Load())
			require.Equal(t, want, got)
		})
	}
}

func TestStreamThatKeepsBreakingIsSaid(t *testing.T) {
	t.Parallel()
	p := busy(t)
	p.read = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", streamedType)
		_, _ = w.Write([]byte{0x80})
	})
	_, _, err := tell(serve(t, p.ServeHTTP), window{since(0), since(300)})
	require.ErrorContains(t, err, "the stream broke off: it ends inside a frame")
}

func TestXOR2ChunksAreRead(t *testing.T) {
	t.Parallel()
	chunk := chunkenc.NewXOR2Chunk()
	app, err := chunk.Appender()
	require.NoError(t, err)
	app.Append(0, since(0), 1)
	app.Append(0, since(1), math.Float64frombits(value.StaleNaN))
	p := newPrometheus(t)
	p.read = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", streamedType)
		_, _ = w.Write(framed(prompb.ChunkedSeries{
			Labels: []prompb.Label{{Name: "__name__", Value: "ALERTS"}},
			Chunks: []prompb.Chunk{{Type: prompb.Chunk_XOR2, Data: chunk.Bytes()}, {Type: prompb.Chunk_HISTOGRAM, Data: []byte{1}}},
		}))
	})
	got, info, err := tell(serve(t, p.ServeHTTP), window{since(0), since(2)})
	require.NoError(t, err)
	require.Equal(t, collector.RouteRemoteRead, info.Route)
	require.Equal(t, record{`{__name__="ALERTS"}`: {"0 1", "60000 stale"}}, got)
}

// The query route asks for less at once when a server finds it too much, and
// never for the same piece for ever.
func TestPiecesAreHalvedWhenTheyAreTooMuch(t *testing.T) {
	t.Parallel()
	p := busy(t)
	off := func(o *Options) { o.RemoteRead = RemoteReadOff }
	want, _, err := tell(serve(t, p.ServeHTTP, off), window{since(0), since(300)})
	require.NoError(t, err)
	tooMany := `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`
	limiting := func(most time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v1/query" {
				p.ServeHTTP(w, r)
				return
			}
			_, rest, _ := strings.Cut(r.FormValue("query"), "[")
			length, err := time.ParseDuration(strings.TrimSuffix(rest, "]"))
			if err != nil || length > most {
				says(422, tooMany)(w, r)
				return
			}
			p.ServeHTTP(w, r)
		}
	}
	got, _, err := tell(serve(t, limiting(20*time.Minute), off), window{since(0), since(300)})
	require.NoError(t, err)
	require.Equal(t, want, got)
	_, _, err = tell(serve(t, limiting(time.Second), off), window{since(0), since(300)})
	require.ErrorContains(t, err, "too many samples")
}

func TestPiecesAreHalvedWhenTheAnswerIsTooLarge(t *testing.T) {
	t.Parallel()
	p := busy(t)
	off := func(o *Options) { o.RemoteRead = RemoteReadOff }
	want, _, err := tell(serve(t, p.ServeHTTP, off), window{since(0), since(300)})
	require.NoError(t, err)
	got, _, err := tell(serve(t, p.ServeHTTP, off, func(o *Options) { o.MaxBytes = 6000 }), window{since(0), since(300)})
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// A window that begins at the epoch costs few requests, whether the server's
// index tells where alerts begin, tells it carelessly, or not at all.
func TestLongWindowsCostFewRequests(t *testing.T) {
	t.Parallel()
	careless := func(w http.ResponseWriter, r *http.Request, p *prometheus) {
		if formTime(r, "end").Sub(formTime(r, "start")) > 40*24*time.Hour {
			says(200, `{"status":"success","data":["Up"]}`)(w, r)
			return
		}
		p.ServeHTTP(w, r)
	}
	for name, index := range map[string]func(http.ResponseWriter, *http.Request, *prometheus){
		"a good index":     func(w http.ResponseWriter, r *http.Request, p *prometheus) { p.ServeHTTP(w, r) },
		"a careless index": careless,
		"no index":         func(w http.ResponseWriter, r *http.Request, _ *prometheus) { http.NotFound(w, r) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := busy(t)
			p.add(t, noon.Add(300*24*time.Hour), 1, "__name__", "ALERTS", "alertname", "Up", "alertstate", "firing", "instance", "3")
			var queries, looks atomic.Int32
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/api/v1/label/") {
					looks.Add(1)
					index(w, r, p)
					return
				}
				queries.Add(1)
				p.ServeHTTP(w, r)
			}, func(o *Options) { o.RemoteRead = RemoteReadOff })
			got, _, err := tell(c, window{0, noon.Add(400 * 24 * time.Hour).UnixMilli()})
			require.NoError(t, err)
			require.Len(t, got, 5)
			require.LessOrEqual(t, queries.Load()+looks.Load(), int32(1000))
		})
	}
}

func TestWarningsOfAlertQueriesAreSaidOnce(t *testing.T) {
	t.Parallel()
	c := serve(t, says(200, `{"status":"success","warnings":["store a is away","store a is away"],"isPartial":true,"data":{"resultType":"matrix","result":[]}}`),
		func(o *Options) { o.RemoteRead = RemoteReadOff })
	_, info, err := tell(c, window{since(0), since(3 * 24 * 60)})
	require.NoError(t, err)
	require.Equal(t, []string{"store a is away", "the answer is partial"}, info.Warnings)
}
