// Package historysuite holds the tests of collector/history that every database
// has to pass: the same ones over SQLite and over a real PostgreSQL. They see
// nothing of the store but what it exports. It has no code but tests, and lies here
// because only this room may start real servers.
package historysuite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return epoch.Add(time.Duration(n) * time.Minute) }

func minutes(from, to int) slo.Interval { return slo.Interval{From: minute(from), To: minute(to)} }

// database makes empty databases of one kind.
type database struct {
	// fresh is the URL of a new, empty one.
	fresh func(t *testing.T) string
	// server is PostgreSQL's; nil for SQLite.
	server *realserver.Postgres
}

// open opens a store at a URL; it is closed when the test ends.
func open(t testing.TB, url string) *history.Store {
	t.Helper()
	s, err := history.Open(t.Context(), url, history.Options{Now: func() time.Time { return minute(100_000) }, BusyTimeout: 30 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// cases are the tests, by what they show.
var cases = []struct {
	name string
	run  func(*testing.T, *database)
}{
	{"an open episode is replaced by its end", testReplacement},
	{"overlapping batches in any order are one reading", testAnyOrder},
	{"any text is kept as it is", testHostileText},
	{"a query takes what it asks for, page by page", testQueries},
	{"increments replace the steps that were read anew", testIncrements},
	{"blocks of steps are the increments", testStepBlocks},
	{"what is told in pieces is told once", testDocuments},
	{"a notification that is told again keeps its first telling", testFirstTelling},
	{"a notification is known by its other keys", testOtherKeys},
	{"two replicas that are told the same store it once", testTwoReplicas},
	{"incidents are declared, changed and taken back", testIncidents},
	{"reports are kept", testReports},
	{"one of many gets a claim", testClaims},
	{"a claim that was not finished can be claimed again", testLeases},
	{"many write and read at once", testConcurrency},
	{"a writer that is killed leaves whole batches", testKilledWriter},
	{"a batch that fails leaves nothing", testAllOrNothing},
	{"one leads, and another follows it", testLead},
	{"what is old is dropped and the rest stays", testPrune},
	{"a dump moves to any other store", testDump},
	{"exports are imported as they were", testTransfer},
	{"a window of the store is a reading of the window", testSource},
}

func TestStore(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		runCases(t, &database{fresh: func(t *testing.T) string { return filepath.Join(t.TempDir(), "history.db") }})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := realserver.StartPostgres(t)
		d := &database{server: server, fresh: func(*testing.T) string { return server.Database() }}
		t.Run("running", func(t *testing.T) {
			runCases(t, d)
			t.Run("no error shows a password", parallel(d, testSecrets))
			t.Run("a leader that hangs is replaced", parallel(d, testHangingLeader))
		})
		t.Run("after a restart it goes on", func(t *testing.T) { testRestart(t, d) })
	})
}

func runCases(t *testing.T, d *database) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, parallel(d, c.run))
	}
}

// parallel lets a test run beside the others: some wait most of their time.
func parallel(d *database, run func(*testing.T, *database)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		run(t, d)
	}
}

// TestMain lets the test binary be a writer that tests kill, or a leader that hangs.
func TestMain(m *testing.M) {
	if url := os.Getenv(leaderEnv); url != "" {
		leadForEver(url)
	}
	if url := os.Getenv(writerEnv); url != "" {
		writeForEver(url)
	}
	os.Exit(m.Run())
}

// episode is one of a rule that fires a minute after it became active; to 0 leaves
// it open.
func episode(rule string, from, to int) noise.Episode {
	e := noise.Episode{
		Rule: rule, Group: "g", File: "rules/f.yml", Labels: labels.FromStrings("instance", "db-1:9100", "severity", "page"),
		ActiveAt: minute(from), FiredAt: minute(from + 1),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeOpen, Replicas: 1},
	}
	if to > 0 {
		e.ResolvedAt, e.Certainty.Resolved = minute(to), noise.EdgeExact
	}
	return e
}

// cutAt is the episode as a reading shows it that begins after it fired.
func cutAt(at int, e noise.Episode) noise.Episode {
	e.FiredAt, e.Certainty.Active, e.Certainty.Fired = minute(at), noise.EdgeCut, noise.EdgeCut
	return e
}

func alerts(source string, from, to int, episodes ...noise.Episode) history.Batch {
	return history.Batch{
		Source: source, Stream: "alerts", Watermark: minute(to),
		Alerts: &history.Alerts{Window: minutes(from, to), Reach: minutes(from, to), Route: "blocks", Episodes: episodes},
	}
}

func commit(t testing.TB, s *history.Store, batches ...history.Batch) {
	t.Helper()
	for _, b := range batches {
		require.NoError(t, s.Commit(t.Context(), b))
	}
}

func read(t testing.TB, s *history.Store, q history.Query) []noise.Episode {
	t.Helper()
	var out []noise.Episode
	for e, err := range s.Episodes(t.Context(), q) {
		require.NoError(t, err)
		out = append(out, e.Episode)
	}
	return out
}

func testReplacement(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	first := alerts("p", 0, 100, episode("A", 5, 10), episode("A", 90, 0))
	second := alerts("p", 95, 200, cutAt(95, episode("A", 90, 120)))
	for _, b := range []history.Batch{first, second, first, second, second} {
		commit(t, s, b)
	}
	assert.Equal(t, []noise.Episode{episode("A", 5, 10), episode("A", 90, 120)}, read(t, s, history.Query{}))
	at, err := s.Watermark(t.Context(), "p", "alerts")
	require.NoError(t, err)
	assert.Equal(t, minute(200), at, "a watermark never goes back")
	at, err = s.Watermark(t.Context(), "q", "alerts")
	require.NoError(t, err)
	assert.True(t, at.IsZero())

	commit(t, s, alerts("q", 0, 50, episode("A", 40, 0)), alerts("q", 60, 100))
	ended := episode("A", 40, 50)
	ended.Certainty.Resolved = noise.EdgeCut
	assert.Equal(t, []noise.Episode{ended}, read(t, s, history.Query{Source: "q"}), "open when it was last seen, and seen no more")
}

func testHostileText(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	var want []noise.Episode
	for i, text := range []string{"\x00", "\x00\x01", "\xff\xfe", "'; DROP TABLE episodes; --", "日本", "a\nb", "\\", "", "?$1"} {
		e := episode("R"+text, 10+i, 20+i)
		e.Group, e.File = "g"+text, "f"+text
		e.Labels = labels.FromStrings("a"+text, "v"+text, "zz", text)
		want = append(want, e)
	}
	b := alerts("src'\x00\xff", 0, 100, want...)
	b.Alerts.Spells = []noise.Spell{{Interval: minutes(1, 2), Kind: "restart", Group: "a\x00b\xff"}}
	b.Alerts.Rules, b.Alerts.RulesKnown = []noise.Rule{{Name: "R\x00\xff", Expr: "up\xff == 0"}}, true
	b.Notifications = []history.Notification{{Key: "k\x00\xff", At: minute(1), Receiver: "r\x00", Labels: labels.FromStrings("x", "\x00\xff")}}
	commit(t, s, b, b)
	got := read(t, s, history.Query{})
	for i := range want {
		want[i].Labels = labels.NewBuilder(want[i].Labels).Labels() // empty values are no labels
	}
	assert.Equal(t, want, got)
	for _, e := range want {
		assert.Equal(t, []noise.Episode{e}, read(t, s, history.Query{Rule: e.Rule}))
	}
}

func testQueries(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	pending := episode("B", 30, 50)
	pending.FiredAt, pending.Certainty.Fired, pending.Group = time.Time{}, noise.EdgeNone, "other"
	all := []noise.Episode{episode("A", 0, 10), episode("A", 20, 40), episode("B", 20, 25), pending, episode("C", 90, 0)}
	commit(t, s, alerts("p", 0, 100, all...), alerts("q", 0, 100, episode("A", 20, 40)))
	match := func(name, value string) []*labels.Matcher {
		return []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, name, value)}
	}
	for name, c := range map[string]struct {
		query history.Query
		want  []noise.Episode
	}{
		"of a source":             {history.Query{Source: "p"}, all},
		"of a rule":               {history.Query{Source: "p", Rule: "A"}, all[:2]},
		"of a group":              {history.Query{Group: "other"}, all[3:4]},
		"by alertname":            {history.Query{Source: "p", Matchers: match("alertname", "B|C")}, all[2:]},
		"by label":                {history.Query{Matchers: match("severity", "ticket")}, nil},
		"fired":                   {history.Query{Source: "p", Fired: true, Rule: "B"}, all[2:3]},
		"active in a window":      {history.Query{Source: "p", Window: minutes(10, 30)}, all[1:3]},
		"open at the window":      {history.Query{Source: "p", Window: minutes(95, 99)}, all[4:]},
		"nothing before anything": {history.Query{Window: minutes(-10, 0)}, nil},
	} {
		assert.Equal(t, c.want, read(t, s, c.query), name)
	}
	for limit := 1; limit < 8; limit++ {
		var got []noise.Episode
		for _, q := range []history.Query{{}, {Matchers: match("alertname", ".*")}} {
			got = nil
			for q.Limit = limit; ; {
				n := 0
				for e, err := range s.Episodes(t.Context(), q) {
					require.NoError(t, err)
					got, q.After, n = append(got, e.Episode), e.Cursor(), n+1
				}
				if n < limit {
					break
				}
			}
			assert.Equal(t, read(t, s, history.Query{}), got, "in pages of %d", limit)
		}
	}
	for _, err := range s.Episodes(t.Context(), history.Query{After: "nonsense"}) {
		require.ErrorIs(t, err, history.ErrCursor)
	}
}

func testConcurrency(t *testing.T, d *database) {
	url := d.fresh(t)
	stores := []*history.Store{open(t, url), open(t, url)}
	const writers, batches = 6, 15
	errs := make(chan error, 2*writers)
	for w := range writers {
		go func() {
			s := stores[w%2]
			source := []string{"p", "q", "r"}[w%3] // two writers each
			var err error
			for i := range batches {
				b := alerts(source, 10*i, 10*i+15, episode("A", 10*i+2, 10*i+8))
				b.Notifications = []history.Notification{{Key: source + "/" + minute(i).String(), At: minute(i)}}
				err = errors.Join(err, s.Commit(context.Background(), b))
			}
			errs <- err
		}()
		go func() {
			var failed error
			for range batches {
				for _, err := range stores[(w+1)%2].Episodes(context.Background(), history.Query{}) {
					failed = errors.Join(failed, err)
				}
			}
			errs <- failed
		}()
	}
	for range 2 * writers {
		require.NoError(t, <-errs)
	}
	for _, source := range []string{"p", "q", "r"} {
		got := read(t, stores[0], history.Query{Source: source})
		require.Len(t, got, batches)
		assert.True(t, slices.IsSortedFunc(got, noise.Compare))
	}
	n := 0
	for _, err := range stores[1].Notifications(t.Context(), "", slo.Interval{}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 3*batches, n)
}
