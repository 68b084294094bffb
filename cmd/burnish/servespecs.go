package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/burnish-sre/burnish/slo"
)

// specCache is the SLOs of a configuration, read again only when a file of them
// has changed: thousands take a second to parse, and they are asked for every round.
type specCache struct {
	mtx  sync.Mutex
	seen string // the files as they were when they were read
	slos []slo.SLO
}

// read gives the SLOs that the patterns name. It is the same slice as long as no
// file changes; nobody may write to it.
func (c *specCache) read(patterns []string) ([]slo.SLO, error) {
	c.mtx.Lock()
	defer c.mtx.Unlock()
	now, err := stamp(patterns)
	if err == nil && now == c.seen {
		return c.slos, nil
	}
	slos, err := readSpecs(patterns, slog.New(slog.DiscardHandler)) // serve has warned
	if err != nil {
		c.seen = ""
		return nil, err
	}
	c.seen, c.slos = now, slos
	return slos, nil
}

// stamp is the names, sizes and times of the files that the patterns name.
func stamp(patterns []string) (string, error) {
	var b strings.Builder
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("find files of SLOs: %w", err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				return "", fmt.Errorf("look at a file of SLOs: %w", err)
			}
			fmt.Fprintf(&b, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String() + "read", nil
}
