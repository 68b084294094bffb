package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"github.com/burnish-sre/burnish/dashboards/grafana"
	"github.com/burnish-sre/burnish/dashboards/grafana/push"
)

// dashboards makes dashboards and writes, checks or pushes them.
func (g *globals) dashboards(ctx context.Context, args []string, f dashboardFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	slos, err := g.slosOf(args, f.spec)
	if err != nil {
		return err
	}
	all, err := grafana.Generate(slos, o)
	if err != nil {
		return usageError{err}
	}
	if f.output != "" {
		if err := g.dashboardFiles(all, f); err != nil {
			return err
		}
	}
	if f.grafanaURL == "" {
		return nil
	}
	return g.pushDashboards(ctx, all, f)
}

func (g *globals) dashboardFiles(all []grafana.Dashboard, f dashboardFlags) error {
	files, err := grafana.Files(all, grafana.FileOptions{
		Format: grafana.Format(f.format), Folder: f.folder, Namespace: f.namespace, Path: f.path,
	})
	if err != nil {
		return err
	}
	if f.check {
		return g.checkDashboards(files, f.output)
	}
	for _, file := range files {
		path := filepath.Join(f.output, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make output folder: %w", err)
		}
		if err := writeFile(path, func(w io.Writer) error { _, err := w.Write(file.Text); return err }); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(g.stderr, "wrote", path)
	}
	return nil
}

// checkDashboards shows how the files on disk differ from what they should be.
func (g *globals) checkDashboards(files []grafana.File, dir string) error {
	drifted := 0
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		is, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			_, _ = fmt.Fprintf(g.stdout, "%s is not there\n", path)
		case err != nil:
			return fmt.Errorf("read dashboards to check: %w", err)
		case bytes.Equal(is, f.Text):
			continue
		default:
			_, _ = io.WriteString(g.stdout, boundedDiff(path, string(is), string(f.Text)))
		}
		drifted++
	}
	if drifted > 0 {
		return unwellError{fmt.Errorf("%s of %d differ from the SLOs; write them with the same command without --check", counted(drifted, "file"), len(files))}
	}
	return nil
}

// Bounds of a difference: a file of another kind altogether is no reason to print it,
// or to search long for how it differs.
const (
	mostDifferenceLines = 200
	longestCompared     = 4 << 20
)

// boundedDiff is a unified diff from what a file is to what it should be.
func boundedDiff(path, is, should string) string {
	if len(is) > longestCompared {
		return fmt.Sprintf("%s differs: it has %d bytes instead of %d\n", path, len(is), len(should))
	}
	lines := strings.SplitAfter(udiff.Unified(path+" (is)", path+" (should be)", is, should), "\n")
	var out strings.Builder
	for i, line := range lines {
		if i == mostDifferenceLines {
			fmt.Fprintf(&out, "… %d more lines\n", len(lines)-i)
			break
		}
		out.WriteString(printable(strings.TrimSuffix(line, "\n")))
		if strings.HasSuffix(line, "\n") {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// pushTimeout is how long Grafana has for each answer.
const pushTimeout = 30 * time.Second

func (g *globals) pushDashboards(ctx context.Context, all []grafana.Dashboard, f dashboardFlags) error {
	token := ""
	if f.tokenFile != "" {
		text, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return badUsage("--grafana.token-file: %w", err)
		}
		token = string(text)
	}
	client, err := push.New(push.Options{URL: f.grafanaURL, Token: token, Timeout: pushTimeout})
	if err != nil {
		return badUsage("--grafana.url: %w", err)
	}
	results, err := client.Push(ctx, all, f.folder)
	for _, r := range results {
		_, _ = fmt.Fprintf(g.stdout, "%-9s  %s  %s\n", r.Outcome, r.UID, printable(r.Title))
	}
	return err
}

// webURL is an address that may stand in a link.
func webURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("%q is no address: want one as in https://burnish.example.org", s)
	}
	return strings.TrimRight(u.String(), "/"), nil
}
