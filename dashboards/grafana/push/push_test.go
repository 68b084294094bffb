package push_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/dashboards/grafana"
	"github.com/burnish-sre/burnish/dashboards/grafana/push"
)

// fakeGrafana answers as Grafana's HTTP API does: it keeps the model as it was sent,
// gives it an id and a version, refuses one that rests on an old version or on a title
// that the folder has, and needs a token.
type fakeGrafana struct {
	mtx        sync.Mutex
	folders    []map[string]any
	dashboards map[string]map[string]any // by uid
	folderOf   map[string]string
	writes     int
	// answer, where it is set, answers instead.
	answer func(w http.ResponseWriter, r *http.Request) bool
}

const token = "glsa_1234567890"

func newFake(t *testing.T) (*fakeGrafana, *push.Client) {
	t.Helper()
	f := &fakeGrafana{dashboards: map[string]map[string]any{}, folderOf: map[string]string{}}
	server := httptest.NewServer(http.StripPrefix("/grafana", f))
	t.Cleanup(server.Close)
	client, err := push.New(push.Options{URL: server.URL + "/grafana/", Token: token + "\n"})
	require.NoError(t, err)
	return f, client
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// ServeHTTP implements http.Handler.
func (f *fakeGrafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mtx.Lock()
	defer f.mtx.Unlock()
	uid := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case f.answer != nil && f.answer(w, r):
	case r.Header.Get("Authorization") != "Bearer "+token:
		say(w, 401, map[string]any{"message": "Invalid API key", "messageId": "api-key.invalid", "statusCode": 401, "traceID": ""})
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/dashboards/uid/"):
		f.get(w, uid)
	case r.Method == http.MethodPost && r.URL.Path == "/api/dashboards/db":
		f.save(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/api/folders":
		say(w, 200, f.folders)
	case r.Method == http.MethodPost && r.URL.Path == "/api/folders":
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		in["id"] = len(f.folders) + 1
		f.folders = append(f.folders, in)
		f.writes++
		say(w, 200, in)
	case strings.HasPrefix(r.URL.Path, "/api/folders/"):
		for _, x := range f.folders {
			if x["uid"] == uid {
				say(w, 200, x)
				return
			}
		}
		say(w, 404, map[string]any{"message": "folder not found", "status": "not-found"})
	default:
		say(w, 404, map[string]any{"message": "Not found"})
	}
}

func (f *fakeGrafana) get(w http.ResponseWriter, uid string) {
	d, ok := f.dashboards[uid]
	if !ok {
		say(w, 404, map[string]any{"message": "Dashboard not found", "messageId": "dashboards.notfound", "statusCode": 404, "traceID": ""})
		return
	}
	say(w, 200, map[string]any{"dashboard": d, "meta": map[string]any{
		"type": "db", "canSave": true, "folderUid": f.folderOf[uid], "provisioned": d["title"] == "provisioned", "version": d["version"],
	}})
}

func (f *fakeGrafana) save(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Dashboard map[string]any
		FolderUID string `json:"folderUid"`
		Overwrite bool
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		say(w, 400, map[string]any{"message": "bad request data"})
		return
	}
	uid, _ := in.Dashboard["uid"].(string)
	old, ok := f.dashboards[uid]
	for other, d := range f.dashboards {
		if other != uid && d["title"] == in.Dashboard["title"] && f.folderOf[other] == in.FolderUID {
			say(w, 412, map[string]any{"message": "A dashboard with the same name in the folder already exists", "status": "name-exists"})
			return
		}
	}
	version := 1.0
	if ok {
		if in.Dashboard["version"] != old["version"] || in.Dashboard["id"] != old["id"] {
			say(w, 412, map[string]any{"message": "The dashboard has been changed by someone else", "status": "version-mismatch"})
			return
		}
		version = old["version"].(float64) + 1
	}
	in.Dashboard["version"], in.Dashboard["id"] = version, float64(len(f.dashboards)+10)
	if ok {
		in.Dashboard["id"] = old["id"]
	}
	f.dashboards[uid], f.folderOf[uid] = in.Dashboard, in.FolderUID
	f.writes++
	say(w, 200, map[string]any{"id": in.Dashboard["id"], "uid": uid, "url": "/d/" + uid, "status": "success", "version": version, "slug": "x"})
}

func dashboards(t *testing.T) []grafana.Dashboard {
	t.Helper()
	all, err := grafana.Generate(nil, grafana.Options{})
	require.NoError(t, err)
	require.Len(t, all, 2)
	return all
}

func outcomes(results []push.Result) []push.Outcome {
	var out []push.Outcome
	for _, r := range results {
		out = append(out, r.Outcome)
	}
	return out
}

func TestASecondPushChangesNothing(t *testing.T) {
	f, client := newFake(t)
	got, err := client.Push(t.Context(), dashboards(t), "Alerts & SLOs")
	require.NoError(t, err)
	assert.Equal(t, []push.Outcome{push.Created, push.Created}, outcomes(got))
	assert.Equal(t, 3, f.writes, "a folder and two dashboards")
	assert.Equal(t, f.folders[0]["uid"], f.folderOf["burnish-alert-hygiene"])

	got, err = client.Push(t.Context(), dashboards(t), "Alerts & SLOs")
	require.NoError(t, err)
	assert.Equal(t, []push.Outcome{push.Unchanged, push.Unchanged}, outcomes(got))
	assert.Equal(t, 3, f.writes)
}

func TestWhatDiffersIsUpdated(t *testing.T) {
	for name, change := range map[string]func(f *fakeGrafana){
		"a panel was edited": func(f *fakeGrafana) {
			f.dashboards["burnish-alert-hygiene"]["panels"].([]any)[0].(map[string]any)["title"] = "mine"
		},
		"a setting was added":      func(f *fakeGrafana) { f.dashboards["burnish-alert-hygiene"]["liveNow"] = true },
		"it was moved to a folder": func(f *fakeGrafana) { f.folderOf["burnish-alert-hygiene"] = "elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			f, client := newFake(t)
			_, err := client.Push(t.Context(), dashboards(t), "")
			require.NoError(t, err)
			change(f)
			got, err := client.Push(t.Context(), dashboards(t), "")
			require.NoError(t, err)
			assert.Equal(t, []push.Outcome{push.Updated, push.Unchanged}, outcomes(got))
			got, err = client.Push(t.Context(), dashboards(t), "")
			require.NoError(t, err)
			assert.Equal(t, []push.Outcome{push.Unchanged, push.Unchanged}, outcomes(got))
		})
	}
}

func TestNullsThatGrafanaAddsAreNoDifference(t *testing.T) {
	f, client := newFake(t)
	_, err := client.Push(t.Context(), dashboards(t), "")
	require.NoError(t, err)
	f.dashboards["burnish-alert-hygiene"]["gnetId"] = nil
	got, err := client.Push(t.Context(), dashboards(t), "")
	require.NoError(t, err)
	assert.Equal(t, []push.Outcome{push.Unchanged, push.Unchanged}, outcomes(got))
}

func TestAFolderIsFoundByItsTitle(t *testing.T) {
	f, client := newFake(t)
	f.folders = []map[string]any{{"uid": "abc", "title": "other"}, {"uid": "def", "title": "ours"}}
	_, err := client.Push(t.Context(), dashboards(t), "ours")
	require.NoError(t, err)
	assert.Len(t, f.folders, 2)
	assert.Equal(t, "def", f.folderOf["burnish-alert-hygiene"])
}

func TestFaultsAreToldClearly(t *testing.T) {
	onSave := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	always := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", "https://elsewhere.example.org/login")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   string
		tries  int // saves that were tried
	}{
		"the token is refused": {always(401, `{"message":"Invalid API key"}`), "Grafana answers 401: Invalid API key; give the token of a service account in --grafana.token-file", 0},
		"the right is missing": {onSave(403, `{"message":"You'll need additional permissions"}`), "the service account needs the role Editor", 1},
		"somebody was faster":  {onSave(412, `{"message":"The dashboard has been changed by someone else","status":"version-mismatch"}`), "412: The dashboard has been changed by someone else; somebody saved it in the meantime", 2},
		"the name is taken":    {onSave(412, `{"message":"A dashboard with the same name in the folder already exists","status":"name-exists"}`), "rename or remove the other dashboard", 2},
		"another 412":          {onSave(412, `{"message":"plugin dashboard","status":"plugin-dashboard"}`), "412: plugin dashboard; look at the dashboard", 2},
		"Grafana is ill":       {onSave(500, "<html>\x00Internal Server Error"+strings.Repeat("x", 5000)), "500: <html> Internal Server Error", 2},
		"the address is wrong": {always(302, ""), "302: nothing; it leads to https://elsewhere.example.org/login, give the address that answers", 0},
		"it is no Grafana":     {always(200, "<html>"), "is this a Grafana?", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, client := newFake(t)
			tries := 0
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost {
					tries++
				}
				return c.answer(w, r)
			}
			got, err := client.Push(t.Context(), dashboards(t), "")
			require.ErrorContains(t, err, c.want)
			assert.Empty(t, got)
			assert.NotContains(t, err.Error(), token)
			assert.Less(t, len(err.Error()), 1500)
			assert.Equal(t, c.tries, tries)
		})
	}
}

func TestOneFaultDoesNotKeepTheOthersBack(t *testing.T) {
	f, client := newFake(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "burnish-alert-hygiene") {
			say(w, 500, map[string]any{"message": "database is locked"})
			return true
		}
		return false
	}
	got, err := client.Push(t.Context(), dashboards(t), "")
	require.ErrorContains(t, err, "push dashboard burnish-alert-hygiene: Grafana answers 500: database is locked")
	assert.Equal(t, []push.Result{{UID: "burnish-self-monitoring", Title: "burnish itself", Outcome: push.Created}}, got)
}

func TestAProvisionedDashboardIsLeftAlone(t *testing.T) {
	f, client := newFake(t)
	_, err := client.Push(t.Context(), dashboards(t), "")
	require.NoError(t, err)
	f.dashboards["burnish-alert-hygiene"]["title"] = "provisioned"
	before := maps.Clone(f.dashboards["burnish-alert-hygiene"])
	_, err = client.Push(t.Context(), dashboards(t), "")
	require.ErrorContains(t, err, "it is provisioned from files")
	assert.Equal(t, before, f.dashboards["burnish-alert-hygiene"])
}

func TestASlowGrafanaTimesOut(t *testing.T) {
	block := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer server.Close()
	defer close(block)
	client, err := push.New(push.Options{URL: server.URL, Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	_, err = client.Push(t.Context(), dashboards(t)[:1], "")
	require.ErrorContains(t, err, "ask Grafana")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.Push(ctx, dashboards(t), "")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestTheTokenGoesToOneAddress(t *testing.T) {
	seen := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen++ }))
	defer other.Close()
	f, client := newFake(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	_, err := client.Push(t.Context(), dashboards(t), "")
	require.ErrorContains(t, err, "307")
	assert.Zero(t, seen)
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, address := range []string{"", "grafana.example.org", "file:///etc/passwd", "https://admin:secret@grafana.example.org", "https://g.example.org/?x=1", "http://\x7f"} {
		_, err := push.New(push.Options{URL: address})
		require.Error(t, err, address)
		assert.NotContains(t, err.Error(), "secret")
	}
}
