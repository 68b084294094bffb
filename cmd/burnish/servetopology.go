package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/topology"
)

// atlas keeps what depends on what for the pages. Its files are read for every
// report; failures and alerts are measured on an interval of their own, since that
// reads a longer time than a report does.
type atlas struct {
	c   config.Topology
	log *slog.Logger

	mtx      sync.Mutex
	measured topology.Measured
	round    int // how often was measured
	made     madeView
	told     string // the last problem; it is logged once
}

// madeView is a view without what people wrote, and what it was made of: to work out
// one of hundreds of components takes seconds.
type madeView struct {
	well  bool
	slos  []slo.SLO
	file  []byte
	round int
	view  topology.View // without a graph where there is nothing to show
}

// graph joins the SLOs with the file; it is nil where nothing depends on anything and
// nobody asked for more.
func (a *atlas) graph(slos []slo.SLO, file []byte) (*topology.Graph, error) {
	components, err := topology.FromSLOs(slos)
	if err != nil {
		return nil, err
	}
	if a.c.File != "" {
		over, err := topology.Parse(a.c.File, file)
		if err != nil {
			return nil, err
		}
		components = topology.Merge(components, over)
	}
	linked := slices.ContainsFunc(components, func(c topology.Component) bool { return len(c.DependsOn) > 0 })
	if len(components) == 0 || a.c.File == "" && a.c.Worksheet == "" && !linked {
		return nil, nil
	}
	return topology.New(components)
}

// read reads the file of components; nothing where none is named.
func (a *atlas) read() ([]byte, error) {
	if a.c.File == "" {
		return nil, nil
	}
	text, err := os.ReadFile(a.c.File)
	if err != nil {
		return nil, fmt.Errorf("read the topology: %w", err)
	}
	return text, nil
}

// checkFiles tells whether the files that a configuration names besides specs can be
// used, before the daemon begins with it.
func checkFiles(c *config.Config, slos []slo.SLO) error {
	if _, err := (&gatekeeper{&station{c: c}}).policy(); err != nil {
		return err
	}
	return (&atlas{c: c.Topology}).check(slos)
}

// check tells whether the file can be used.
func (a *atlas) check(slos []slo.SLO) error {
	if a.c.File == "" {
		return nil // what SLOs say is told on the page and in the log
	}
	text, err := a.read()
	if err != nil {
		return err
	}
	_, err = a.graph(slos, text)
	return err
}

// shown is what the pages show now; nil where there is nothing.
func (a *atlas) shown(slos []slo.SLO) *web.Topology {
	a.mtx.Lock()
	defer a.mtx.Unlock()
	out := web.Topology{Worksheet: a.c.Worksheet}
	err := a.make(slos)
	if err == nil && a.made.view.Graph == nil {
		return nil
	}
	out.View = a.made.view
	edited, errSheet := a.answers()
	if err = errors.Join(err, errSheet); err != nil {
		out.Problem = a.withoutFolders(err.Error())
	}
	if len(edited) > 0 && out.View.Graph != nil {
		out.View.Worksheet = topology.Keep(out.View.Worksheet, edited)
	}
	if out.Problem != a.told && out.Problem != "" {
		a.log.Warn("the topology can't be shown as it is now", "err", err)
	}
	a.told = out.Problem
	return &out
}

// make works out the view anew where something that it rests on has changed. The mutex
// must be held. After an error the last view stays.
func (a *atlas) make(slos []slo.SLO) error {
	file, err := a.read()
	if err != nil {
		return err
	}
	same := len(slos) == len(a.made.slos) && (len(slos) == 0 || &slos[0] == &a.made.slos[0])
	if same && a.made.well && bytes.Equal(file, a.made.file) && a.round == a.made.round {
		return nil
	}
	a.made.well = false
	g, err := a.graph(slos, file)
	if err != nil {
		return err
	}
	a.made = madeView{well: true, slos: slos, file: file, round: a.round}
	if g != nil {
		a.made.view = topology.NewView(g, a.measured)
	}
	return nil
}

// answers are the rows that people filled in; none where there is no file yet.
func (a *atlas) answers() ([]topology.Row, error) {
	if a.c.Worksheet == "" {
		return nil, nil
	}
	rows, _, err := readWorksheet(a.c.Worksheet)
	return rows, err
}

// withoutFolders leaves the files' own names in a text that everybody may read.
func (a *atlas) withoutFolders(text string) string {
	for _, path := range []string{a.c.File, a.c.Worksheet} {
		if path != "" {
			text = strings.ReplaceAll(text, path, filepath.Base(path))
		}
	}
	return text
}

// take takes what was measured over.
func (a *atlas) take(m topology.Measured) {
	a.mtx.Lock()
	defer a.mtx.Unlock()
	a.measured = m
	a.round++
}

const (
	// topologyWait is how long to wait for the first history, and for what failed.
	topologyWait = 15 * time.Second
	// topologyTimeout bounds one measuring.
	topologyTimeout = 15 * time.Minute
)

// surveys measures failures and alerts again and again until ctx ends.
func (st *station) surveys(ctx context.Context) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		next, err := st.survey(ctx)
		if err != nil && ctx.Err() == nil {
			st.log.Warn("failures and alerts could not be measured for the topology; it is tried again", "err", err)
		}
		wait.Reset(next)
	}
}

// survey measures once, where there is something to measure for, and says when to do
// it again.
func (st *station) survey(ctx context.Context) (time.Duration, error) {
	if st.first.Load() > 0 {
		if _, err := st.gatheredBefore(ctx); err != nil {
			return topologyWait, nil // the report says what is the matter
		}
	}
	slos, err := st.slos()
	if err != nil {
		return topologyWait, err
	}
	if t := st.atlas.shown(slos); t == nil || t.View.Graph == nil {
		return time.Minute, nil
	}
	ctx, stop := context.WithTimeout(ctx, topologyTimeout)
	defer stop()
	m, err := st.failures(ctx, slos)
	if err != nil {
		return time.Minute, err
	}
	st.atlas.take(m)
	st.ask()
	return time.Duration(st.c.Topology.Refresh), nil
}

// failures measures from the stored history what the topology's window holds.
func (st *station) failures(ctx context.Context, slos []slo.SLO) (m topology.Measured, err error) {
	by, err := st.judgeBy(ctx)
	if err != nil {
		return m, err
	}
	o, err := st.options(time.Now())
	if err != nil {
		return m, err
	}
	o.Last, o.SLOs = time.Duration(st.c.Topology.Window), slos
	err = st.withLive(ctx, func(src collector.Source) error {
		r, err := pipeline.Read(ctx, src, o)
		if err != nil {
			return err
		}
		judged, err := r.Judge(ctx, src, by)
		if err != nil {
			return err
		}
		m = measuredBy(&r, &judged.Judgement)
		return nil
	})
	debug.FreeOSMemory() // a month of history is let go of
	return m, err
}
