package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestScreenshots takes a picture of every page and of the report, wide and
// narrow, light and dark, into the folder that BURNISH_SCREENSHOTS names; `make
// screenshots` sets it. BURNISH_URL names a burnish that runs already; else the
// demo is started. The pictures are for a person to look at.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("BURNISH_SCREENSHOTS")
	if dir == "" {
		t.Skip("no folder for screenshots; make screenshots names one")
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	url := os.Getenv("BURNISH_URL")
	if url == "" {
		url = startDemo(t)
	}
	options := chromedp.DefaultExecAllocatorOptions[:]
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	browser, stop := chromedp.NewContext(allocator)
	defer stop()
	for name, path := range photographed(t, url) {
		for _, width := range []int64{1280, 400} {
			for _, scheme := range []string{"light", "dark"} {
				file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
				require.NoError(t, photograph(browser, url+path, width, scheme, file), path)
			}
		}
	}
}

// photographed are the pages by the names of their pictures.
func photographed(t *testing.T, url string) map[string]string {
	t.Helper()
	return map[string]string{
		"overview": "/", "promises": "/slos", "promise": first(t, url, "slos", ""), "rules": "/rules", "rule": first(t, url, "rules", "HighErrorRate"),
		"episodes": first(t, url, "rules", "HighErrorRate") + "/episodes", "incidents": "/incidents", "incident": first(t, url, "incidents", "gateway-outage"),
		"findings": "/findings", "finding": first(t, url, "findings", ""), "decisions": "/decisions", "timeline": "/timeline",
		"timeline-week": "/timeline?last=7d&slo=checkout%2Favailability", "reports": "/reports",
		"topology": "/topology", "worksheet": "/topology/worksheet", "loops": "/topology/loops", "report": "/report", "nothing": "/rules/none",
	}
}

// first is the page of the first row of a list that a search leaves.
func first(t *testing.T, url, list, search string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/"+list+".json?q="+search, http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var doc map[string]json.RawMessage
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&doc))
	var rows []struct {
		URL string `json:"url"`
	}
	require.NoError(t, json.Unmarshal(doc[list], &rows))
	require.NotEmpty(t, rows, "%s of %s", list, search)
	return rows[0].URL
}

func photograph(browser context.Context, url string, width int64, scheme, file string) error {
	tab, stop := chromedp.NewContext(browser)
	defer stop()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		return err
	}
	if err := chromedp.Do(tab, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url)); err != nil {
		return err
	}
	picture, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	return os.WriteFile(file, picture, 0o600)
}

// startDemo runs the demo as a process of its own and waits for its page.
func startDemo(t *testing.T) string {
	t.Helper()
	address := freeAddress(t)
	cmd := process(t, "burnish", "demo", "--dir", filepath.Join(t.TempDir(), "demo"), "--web.listen-address", address)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.Eventually(t, func() bool { return strings.Contains(get("http://"+address+"/-/ready"), "Ready.") }, 3*time.Minute, 500*time.Millisecond)
	return "http://" + address
}
