package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tab is a tab of a real browser, and what went wrong in it.
type tab struct {
	t       *testing.T
	ctx     context.Context
	url     string
	mtx     sync.Mutex
	trouble []string
}

// openTab starts Chromium on a site, and skips the test where there is none.
func openTab(t *testing.T) *tab {
	t.Helper()
	return openTabOn(t, site(t))
}

func openTabOn(t *testing.T, h http.Handler) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium: make deps installs it")
		}
		t.Skip("no chromium: make deps installs it on Debian; the page is not driven")
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it does not run as root otherwise
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	b := &tab{t: t, ctx: ctx, url: server.URL}
	require.NoError(t, chromedp.Listen(ctx, b.hear))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	return b
}

// hear notes errors of the console, of scripts and of the content policy, and
// dialogs, which only foreign script would open.
func (b *tab) hear(ev any) {
	what := ""
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			what = fmt.Sprint("console: ", e.Args)
		}
	case *runtime.EventExceptionThrown:
		what = "exception: " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			what = "log: " + e.Entry.Text
		}
	case *page.EventJavascriptDialogOpening:
		what = "dialog: " + e.Message
	}
	if what != "" {
		b.mtx.Lock()
		b.trouble = append(b.trouble, what)
		b.mtx.Unlock()
	}
}

func (b *tab) noTrouble() {
	b.t.Helper()
	b.mtx.Lock()
	defer b.mtx.Unlock()
	assert.Empty(b.t, b.trouble)
}

func (b *tab) open(path string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Navigate(b.url+path)), path)
}

// follow does what leads to another page, and waits for it.
func (b *tab) follow(step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step))
	require.NoError(b.t, err)
}

func (b *tab) click(css string) {
	b.t.Helper()
	b.follow(chromedp.Click(chromedp.CSS(css)))
}

// arrive clicks where no load event comes, as without scripts, and waits for the
// address.
func (b *tab) arrive(css, search string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(css))))
	require.Eventually(b.t, func() bool {
		return eval[bool](b, "location.search.includes('"+search+"') && document.readyState === 'complete'")
	}, 20*time.Second, 50*time.Millisecond)
}

func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	require.NoError(b.t, err, script)
	return v
}

// script is a step that runs a script of the test's own.
func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](text+"; true")(ctx, t)
		return err
	})
}

// download clicks on a link and gives the file that the browser saves.
func (b *tab) download(css string) string {
	b.t.Helper()
	dir := b.t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
	})
	require.NoError(b.t, err)
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(css))))
	var saved []string
	require.Eventually(b.t, func() bool {
		saved, _ = filepath.Glob(filepath.Join(dir, "*.csv"))
		return len(saved) == 1
	}, 20*time.Second, 50*time.Millisecond)
	body, err := os.ReadFile(saved[0])
	require.NoError(b.t, err)
	return string(body)
}

func (b *tab) text(css string) string {
	b.t.Helper()
	return eval[string](b, `document.querySelector("`+css+`").textContent`)
}

func TestAPersonFindsTheNoisiestRuleAndItsIncident(t *testing.T) {
	b := openTab(t)
	b.open("/")
	b.click("section[aria-labelledby=noisiest] tbody th a")
	assert.Equal(t, "DiskNoisy", b.text("h1"))
	b.click("section[aria-labelledby=met] tbody th a")
	assert.Equal(t, hostileID, b.text("h1"), "the incident, its id as text")
	assert.Contains(t, b.text("main"), hostileValue, "its note as text")

	b.click("nav a[href='/rules']")
	b.follow(script(`s = document.querySelector("#f-team"); s.value = "api"; s.dispatchEvent(new Event("change", {bubbles: true}))`))
	assert.Equal(t, "?team=api", eval[string](b, "location.search"), "a choice shows at once")
	assert.Equal(t, []string{"ApiErrors", "Silent"}, eval[[]string](b, `[...document.querySelectorAll("tbody th a")].map(a => a.textContent)`))
	assert.Equal(t, "descending", eval[string](b, `document.querySelector("th[aria-sort]").ariaSort`))
	rows := strings.Split(strings.TrimSpace(b.download("a[download]")), "\n")
	assert.Len(t, rows, 3, "the file holds what the filter leaves")
	b.noTrouble()
}

func TestALivePageTakesANewerReportOver(t *testing.T) {
	older, newer := NewSnapshot(input()), input()
	newer.At = end.Add(time.Hour)
	newer.Report.Incidents = newer.Report.Incidents[:1]
	var now atomic.Pointer[Snapshot]
	now.Store(older)
	b := openTabOn(t, New(Options{Current: func() State { return State{Snapshot: now.Load()} }, Refresh: 100 * time.Millisecond}))
	b.open("/timeline")
	assert.Contains(t, b.text(".note"), "3 incidents")
	now.Store(NewSnapshot(newer))
	require.Eventually(t, func() bool { return strings.Contains(b.text(".note"), "1 incident") }, 20*time.Second, 50*time.Millisecond)
	assert.Equal(t, "Updated.", b.text("#status"), "a screen reader is told")
	assert.Contains(t, b.text(".window"), "01:00")
	b.noTrouble()
}

func TestHostileTextDoesNothingInABrowser(t *testing.T) {
	b := openTab(t)
	h := site(t)
	b.open(urls(t, h, "rules", "?q=cmd")[0])
	assert.Equal(t, hostileName, b.text("h1"))
	assert.Contains(t, b.text("main"), "path="+hostileValue)
	assert.Contains(t, b.text("pre.expr"), "</code><script>alert(3)</script>")
	b.open(urls(t, h, "rules", "?q=ApiErrors")[0])
	assert.Contains(t, b.text("#main"), longNote(), "10 kB of annotation as text")
	assert.Zero(t, eval[int](b, `document.querySelectorAll("main b b, main img, main script").length`))
	b.noTrouble()
}

func TestThePageWorksWithoutScriptsAndByKeyboard(t *testing.T) {
	b := openTab(t)
	b.open("/rules")
	require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent("\t")))
	assert.Equal(t, "skip", eval[string](b, "document.activeElement.className"), "the first stop skips the navigation")
	require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent("/")))
	assert.Equal(t, "q", eval[string](b, "document.activeElement.id"), "a slash goes to the search")

	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	b.open("/rules?team=storage")
	assert.Contains(t, b.text("tbody"), "DiskNoisy")
	require.NoError(t, chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#q"), "disks")))
	b.arrive("form.filters button", "q=disks")
	assert.Contains(t, b.text("tbody"), "DiskNoisy")
	b.open(eval[string](b, `document.querySelector("thead th:first-child a").getAttribute("href")`))
	assert.Equal(t, "ascending", eval[string](b, `document.querySelector("thead th:first-child").ariaSort`))
	b.noTrouble()
}

// TestPagesAreAccessible looks at every page, wide and narrow, light and dark.
// BURNISH_AXE names a file of axe-core, which then looks as well.
func TestPagesAreAccessible(t *testing.T) {
	b := openTab(t)
	audit, err := os.ReadFile(filepath.Join("testdata", "audit.js"))
	require.NoError(t, err)
	h := site(t)
	paths := []string{"/", "/slos", "/rules", "/incidents", "/findings", "/decisions", "/timeline", "/reports", "/topology", "/topology/worksheet", "/topology/loops", "/rules/none", "/rules?q=none&team=api"}
	for _, list := range []string{"slos", "rules", "incidents", "findings"} {
		paths = append(paths, urls(t, h, list, "")[0])
	}
	paths = append(paths, urls(t, h, "rules", "")[0]+"/episodes")
	for _, c := range []struct {
		width  int64
		scheme string
	}{{1280, "light"}, {360, "dark"}} {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		require.NoError(t, err)
		require.NoError(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(c.width, 900)))
		for _, path := range paths {
			if path == "/rules/none" {
				continue // its status is an error in the console
			}
			b.open(path)
			assert.Empty(t, eval[[]string](b, string(audit)), "%s at %d, %s", path, c.width, c.scheme)
			b.axe(path)
		}
	}
	b.noTrouble()
}

// axe runs axe-core where there is a file of it.
func (b *tab) axe(path string) {
	b.t.Helper()
	file := os.Getenv("BURNISH_AXE")
	if file == "" {
		return
	}
	code, err := os.ReadFile(file)
	require.NoError(b.t, err)
	eval[bool](b, string(code)+"; true")
	run := `axe.run().then(r => r.violations.map(v => v.impact + " " + v.id + ": " + v.nodes.map(n => n.html.slice(0, 100)).slice(0, 3).join(" | ")))`
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	assert.Empty(b.t, found, "axe on %s", path)
}

func TestTheAuditFindsFaults(t *testing.T) {
	b := openTab(t)
	audit, err := os.ReadFile(filepath.Join("testdata", "audit.js"))
	require.NoError(t, err)
	for name, c := range map[string]struct{ script, fault string }{
		"a heading that skips": {`document.querySelector("h2").outerHTML = "<h4>x</h4>"`, "skips a level"},
		"pale text":            {`document.querySelector("h1").style.color = "rgb(200,200,200)"`, "contrast"},
		"a nameless link":      {`document.querySelector("main a").textContent = ""`, "without a name"},
		"a nameless picture":   {`document.querySelector("[role=img]").removeAttribute("aria-label")`, "without words"},
		"a wide page":          {`document.querySelector("main").style.width = "3000px"`, "wider than the window"},
		"a nameless field":     {`document.querySelector("main").innerHTML += "<input>"`, "without a label"},
	} {
		b.open(urls(t, site(t), "rules", "")[0])
		assert.Contains(t, strings.Join(eval[[]string](b, c.script+";"+string(audit)), "\n"), c.fault, name)
	}
}
