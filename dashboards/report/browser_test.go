package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

// browser starts a Chromium, and skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on the path")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// TestThePageFitsAPhone opens the report in a browser, narrow and wide, light and
// dark: nothing of it may be wider than the window. With BURNISH_SCREENSHOTS it
// writes what it sees into that folder.
func TestThePageFitsAPhone(t *testing.T) {
	ctx := browser(t)
	for name, in := range map[string]Input{"weekly": weeklyInput(t), "teams": teamsInput(t), "loud": loudInput(t), "busy": busyInput(t)} {
		file := filepath.Join(t.TempDir(), name+".html")
		require.NoError(t, os.WriteFile(file, []byte(written(t, Build(in).WriteHTML)), 0o600))
		for _, width := range []int64{400, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				over := look(t, ctx, "file://"+file, width, scheme)
				assert.Empty(t, over, "%s at %d is wider than the window", name, width)
				keep(t, ctx, fmt.Sprintf("report-%s-%d-%s.png", name, width, scheme))
			}
		}
	}
}

// busyInput has counts that are long to write.
func busyInput(t testing.TB) Input {
	t.Helper()
	in := weeklyInput(t)
	many := truth.Moments{Asleep: 1_234_567, OffHours: 765_432, AtWork: 987_654}
	in.Judged.Woken, in.Judged.WokenBy = &truth.Woken{All: many}, &truth.Woken{All: many}
	in.Current.Severity = noise.SeverityMix{High: 1_234_567, Medium: 765_432, Low: 987_654}
	return in
}

// tooWide names the elements that reach beyond the window.
const tooWide = `[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, .skip, .defs, thead") && e.getBoundingClientRect().right > innerWidth + 1)
	.map(e => e.tagName + "." + (e.getAttribute("class") || "")).slice(0, 5).concat(document.documentElement.scrollWidth > innerWidth ? ["page"] : []).join(" ")`

func look(t *testing.T, ctx context.Context, url string, width int64, scheme string) string {
	t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url)))
	over, err := chromedp.Run(ctx, chromedp.Evaluate[string](tooWide))
	require.NoError(t, err)
	return over
}

func keep(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("BURNISH_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), picture, 0o600))
}
