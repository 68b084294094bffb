// Package push brings dashboards into a Grafana over its HTTP API.
//
// [Client.Push] is idempotent: it reads what Grafana holds under a dashboard's uid
// and writes only what differs, so a second push changes nothing. It writes on the
// version that it read: where somebody saved in between, Grafana refuses and the error
// says so. It never deletes, and its errors never hold the token.
package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/dashboards/grafana"
)

// Client speaks to one Grafana.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// Options say which Grafana and how.
type Options struct {
	URL   string // http or https, with the path under which Grafana answers
	Token string // of a service account with the role Editor; empty sends none
	// Timeout bounds each answer; 0 sets no bound. Redirects are not followed: the
	// token is for one address.
	Timeout time.Duration
}

// New makes a client. The error is a fault of the URL.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, errors.New("use Grafana's URL: want one as in https://grafana.example.org")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("use Grafana's URL: it holds no user, query or fragment; the token goes into a file")
	}
	client := &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{base: base, token: strings.TrimSpace(o.Token), http: client}, nil
}

// Outcome is what became of a dashboard.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// Result is the outcome of one dashboard.
type Result struct {
	UID, Title string
	Outcome    Outcome
}

// Push brings dashboards into a folder of a title, which is made where it is not
// there; without one they go to the top. The error joins one for each dashboard that
// could not be brought, and the results have the others; where the token is refused it
// stops at once.
func (c *Client) Push(ctx context.Context, all []grafana.Dashboard, folder string) ([]Result, error) {
	uid, err := c.folder(ctx, folder)
	if err != nil {
		return nil, err
	}
	var out []Result
	var errs []error
	for _, d := range all {
		outcome, err := c.push(ctx, d, uid)
		if err != nil {
			errs = append(errs, fmt.Errorf("push dashboard %s: %w", d.UID, err))
			if isRefused(err) || ctx.Err() != nil {
				break
			}
			continue
		}
		out = append(out, Result{d.UID, d.Title, outcome})
	}
	return out, errors.Join(errs...)
}

// stored is what Grafana holds of a dashboard.
type stored struct {
	Dashboard map[string]any `json:"dashboard"`
	Meta      struct {
		FolderUID   string `json:"folderUid"`
		Provisioned bool   `json:"provisioned"`
	} `json:"meta"`
}

func (c *Client) push(ctx context.Context, d grafana.Dashboard, folder string) (Outcome, error) {
	want, err := modelOf(d)
	if err != nil {
		return "", err
	}
	var is stored
	err = c.call(ctx, http.MethodGet, "api/dashboards/uid/"+url.PathEscape(d.UID), nil, &is)
	if isNotFound(err) {
		return Created, c.save(ctx, want, folder)
	}
	if err != nil {
		return "", err
	}
	if is.Meta.FolderUID == folder && same(is.Dashboard, want) {
		return Unchanged, nil
	}
	if is.Meta.Provisioned {
		return "", errors.New("it is provisioned from files, which Grafana lets nobody change: write the files instead, or push with another --uid-prefix")
	}
	want["id"], want["version"] = is.Dashboard["id"], is.Dashboard["version"]
	return Updated, c.save(ctx, want, folder)
}

// save writes a dashboard on the version that it names.
func (c *Client) save(ctx context.Context, model map[string]any, folder string) error {
	body := map[string]any{"dashboard": model, "overwrite": false, "message": "burnish dashboards generate"}
	if folder != "" {
		body["folderUid"] = folder
	}
	return c.call(ctx, http.MethodPost, "api/dashboards/db", body, nil)
}

// modelOf is a dashboard as Grafana would read it back.
func modelOf(d grafana.Dashboard) (map[string]any, error) {
	text, err := d.JSON()
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}

// same tells whether two models show the same: what Grafana counts by itself is left
// out, and null is as good as nothing.
func same(is, want map[string]any) bool {
	a, errA := json.Marshal(essence(is))
	b, errB := json.Marshal(essence(want))
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

func essence(model map[string]any) map[string]any {
	out, _ := withoutNulls(model).(map[string]any)
	delete(out, "id")
	delete(out, "version")
	return out
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if x != nil {
				out[k] = withoutNulls(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = withoutNulls(x)
		}
		return out
	}
	return v
}

// longestAnswer bounds what is read of an answer: dashboards have at most some
// hundred kB.
const longestAnswer = 32 << 20

// call asks Grafana; body and into may be nil.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var text io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write request: %w", err)
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath("/").String()+path, text)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask Grafana: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("read Grafana's answer: %w", err)
	case resp.StatusCode != http.StatusOK:
		return newAnswerError(resp, answer)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read Grafana's answer to %s %s: %w; is this a Grafana?", method, path, err)
	}
	return nil
}
