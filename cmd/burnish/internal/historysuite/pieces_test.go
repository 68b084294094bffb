package historysuite

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

const stepLength = time.Minute

func timeCount(n int) time.Duration { return time.Duration(n) }

func testIncrements(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	steps := func(from, to int, total float64, note string) history.Increments {
		i := history.Increments{SLO: "api/up", Window: minutes(from, to), Steps: slo.NewSteps(minutes(from, to), stepLength), Exact: true}
		for k := range i.Steps.Total {
			i.Steps.Total[k], i.Steps.Bad[k], i.Steps.Known[k] = total, total/4, true
		}
		if note != "" {
			i.Steps.Notes = []string{note}
		}
		return i
	}
	commit(t, s, history.Batch{Source: "p", Increments: []history.Increments{steps(0, 300, 10, "a reset")}},
		history.Batch{Source: "p", Increments: []history.Increments{steps(290, 310, 0.1, "another")}})
	got, err := s.Increments(t.Context(), "", "api/up", minutes(280, 320))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.True(t, got[0].Exact)
	assert.Equal(t, []float64{10, 0.1, 0.1, 0}, []float64{got[0].Steps.Total[9], got[0].Steps.Total[10], got[0].Steps.Total[29], got[0].Steps.Total[30]})
	assert.Equal(t, []bool{true, true, false}, []bool{got[0].Steps.Known[0], got[0].Steps.Known[29], got[0].Steps.Known[30]})
	assert.Equal(t, []string{"a reset", "another"}, got[0].Steps.Notes)
	none, err := s.Increments(t.Context(), "", "api/up", minutes(5000, 6000))
	require.NoError(t, err)
	assert.Empty(t, none, "unknown, not zero")
	none, err = s.Increments(t.Context(), "q", "api/up", minutes(0, 100))
	require.NoError(t, err)
	assert.Empty(t, none)

	commit(t, s, history.Batch{Source: "a", Increments: []history.Increments{steps(0, 300, 99, "")}})
	got, err = s.Increments(t.Context(), "", "api/up", minutes(0, 10))
	require.NoError(t, err)
	require.Len(t, got, 1, "two sources that tell of one group are not counted twice")
	assert.InDelta(t, 99, got[0].Steps.Total[0], 0)
}

func silence(id string, from, to, updated int) noise.Silence {
	return noise.Silence{
		Interval: minutes(from, to), ID: id, Author: "ann", Comment: "ACK! " + strconv.Itoa(updated), UpdatedAt: minute(updated),
		Matchers: [][]*labels.Matcher{{labels.MustNewMatcher(labels.MatchRegexp, "instance", "db.*"), labels.MustNewMatcher(labels.MatchNotEqual, "severity", "info")}},
	}
}

// shown is silences as text: matchers hold functions, which are never equal.
func shown(in []noise.Silence) []string {
	var out []string
	for _, s := range in {
		ms := fmt.Sprint(s.Matchers)
		s.Matchers = nil
		out = append(out, fmt.Sprint(s, ms))
	}
	return out
}

func testDocuments(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	n := history.Notification{
		Key: "group/1", At: minute(5), Receiver: "pager", GroupKey: "{}:{a=\"b\"}", Labels: labels.FromStrings("a", "b"), Status: "firing",
		Alerts: []history.NotifiedAlert{{Labels: labels.FromStrings("alertname", "A"), StartsAt: minute(4), SilencedBy: []string{"x"}}},
	}
	later := n
	later.Key, later.At = "group/2", minute(50)
	ack := history.Acknowledgement{ID: "1", At: minute(7), By: "bob", Labels: labels.FromStrings("alertname", "A")}
	finding := func(from, to int, title string) history.Finding {
		return history.Finding{Period: minutes(from, to), Finding: noise.Finding{ID: "flapping-1", Kind: noise.KindFlapping, Title: title}}
	}
	first := history.Batch{
		Source: "am", Notifications: []history.Notification{later, n, n}, Silences: []noise.Silence{silence("s1", 0, 100, 1), silence("s2", 200, 300, 1)},
		Acknowledgements: []history.Acknowledgement{ack}, Findings: []history.Finding{finding(0, 100, "week 1"), finding(100, 200, "week 2")},
	}
	second := history.Batch{
		Source: "am", Notifications: []history.Notification{n}, Silences: []noise.Silence{silence("s1", 0, 60, 3)},
		Findings: []history.Finding{finding(100, 200, "week 2, again")},
	}
	commit(t, s, first, second)
	old := first
	old.Findings = nil
	commit(t, s, old)

	var got []history.Notification
	for x, err := range s.Notifications(t.Context(), "am", minutes(0, 50)) {
		require.NoError(t, err)
		got = append(got, x)
	}
	assert.Equal(t, []history.Notification{n}, got)
	silences, err := s.Silences(t.Context(), "", minutes(50, 250))
	require.NoError(t, err)
	assert.Equal(t, shown([]noise.Silence{silence("s1", 0, 60, 3), silence("s2", 200, 300, 1)}), shown(silences), "the version that was updated last")
	silences, err = s.Silences(t.Context(), "", minutes(60, 70))
	require.NoError(t, err)
	assert.Empty(t, silences)
	acks, err := s.Acknowledgements(t.Context(), "", minutes(0, 8))
	require.NoError(t, err)
	assert.Equal(t, []history.Acknowledgement{ack}, acks)
	findings, err := s.Findings(t.Context(), "", minutes(100, 200))
	require.NoError(t, err)
	require.Len(t, findings, 1)
	assert.Equal(t, "flapping-1", findings[0].ID)
	assert.Equal(t, minutes(100, 200), findings[0].Period)
	assert.Contains(t, string(findings[0].JSON), "week 2, again")
}

func testIncidents(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	i := noise.Incident{Interval: minutes(10, 20), ID: "INC-1", SLO: "api/up", Labels: labels.FromStrings("service", "api"), Severity: "1", Note: "n", Declared: true}
	goesOn := noise.Incident{Interval: slo.Interval{From: minute(15)}, ID: "INC-2", Declared: true}
	for _, x := range []noise.Incident{goesOn, i, i} {
		require.NoError(t, s.PutIncident(t.Context(), x))
	}
	got, err := s.Incidents(t.Context(), slo.Interval{})
	require.NoError(t, err)
	assert.Equal(t, []noise.Incident{i, goesOn}, got)
	got, err = s.Incidents(t.Context(), minutes(30, 40))
	require.NoError(t, err)
	assert.Equal(t, []noise.Incident{goesOn}, got)
	i.To = minute(35)
	require.NoError(t, s.PutIncident(t.Context(), i))
	one, err := s.Incident(t.Context(), "INC-1")
	require.NoError(t, err)
	assert.Equal(t, i, one)
	require.NoError(t, s.DeleteIncident(t.Context(), "INC-1"))
	require.ErrorIs(t, s.DeleteIncident(t.Context(), "INC-1"), history.ErrNotFound)
	_, err = s.Incident(t.Context(), "INC-1")
	require.ErrorIs(t, err, history.ErrNotFound)
	require.Error(t, s.PutIncident(t.Context(), noise.Incident{ID: "x", Interval: minutes(5, 5)}))
}

func testReports(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	id := history.ReportID{Name: "weekly", Period: minutes(0, 10080), Form: "html"}
	text := make([]byte, 100_000)
	text[7] = 0xff
	require.NoError(t, s.PutReport(t.Context(), id, []byte("first")))
	require.NoError(t, s.PutReport(t.Context(), id, text))
	next := id
	next.Period = minutes(10080, 20160)
	require.NoError(t, s.PutReport(t.Context(), next, nil))
	list, err := s.Reports(t.Context(), "weekly")
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, history.StoredReport{ReportID: next, MadeAt: minute(100_000)}, list[0])
	assert.Equal(t, int64(100_000), list[1].Size)
	got, err := s.Report(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, text, got)
	id.Form = "md"
	_, err = s.Report(t.Context(), id)
	require.ErrorIs(t, err, history.ErrNotFound)
}

func testClaims(t *testing.T, d *database) {
	url := d.fresh(t)
	stores := []*history.Store{open(t, url), open(t, url)}
	for round := range 5 {
		var wg sync.WaitGroup
		won := make(chan string, 20)
		for i := range 20 {
			wg.Go(func() {
				c := history.Claim{Name: "weekly", Period: minutes(round, round+1), Holder: strconv.Itoa(i)}
				ok, err := stores[i%2].ClaimPeriod(t.Context(), c)
				assert.NoError(t, err)
				if ok {
					won <- c.Holder
				}
			})
		}
		wg.Wait()
		assert.Len(t, won, 1, "round %d", round)
	}
}

func testLeases(t *testing.T, d *database) {
	url := d.fresh(t)
	now := minute(0)
	at := func() *history.Store {
		s, err := history.Open(t.Context(), url, history.Options{Now: func() time.Time { return now }})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		return s
	}
	a, b := at(), at()
	claim := func(holder string) history.Claim {
		return history.Claim{Name: "weekly", Period: minutes(0, 10), Holder: holder, Lease: 5 * time.Minute}
	}
	wins := func(s *history.Store, holder string) bool {
		ok, err := s.ClaimPeriod(t.Context(), claim(holder))
		require.NoError(t, err)
		return ok
	}
	assert.True(t, wins(a, "a"))
	assert.False(t, wins(b, "b"))
	now = minute(5)
	assert.True(t, wins(b, "b"), "a died")
	require.ErrorIs(t, a.FinishPeriod(t.Context(), claim("a")), history.ErrNotFound, "the claim is b's by now")
	require.NoError(t, b.ReleasePeriod(t.Context(), claim("b")))
	assert.True(t, wins(a, "a"), "b gave it back")
	require.NoError(t, a.FinishPeriod(t.Context(), claim("a")))
	now = minute(500)
	assert.False(t, wins(b, "b"), "what is done is done")
}
