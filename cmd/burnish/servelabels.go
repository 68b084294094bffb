package main

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// labelCache remembers from one report to the next what the index of the source holds.
// Each report asks thousands of such questions, most of them whether what a silent
// rule reads is there, and the answers seldom change. The zero value is ready.
type labelCache struct {
	mtx sync.Mutex
	of  map[string]labelAnswer
}

type labelAnswer struct {
	values []string
	until  time.Time
}

// An answer is remembered for labelsFor, and for up to as long again, so that not all
// are asked anew at once. Those of more than mostLabels values, and more than
// mostAnswers, are not.
const (
	labelsFor   = 40 * time.Minute
	mostLabels  = 5000
	mostAnswers = 10_000
)

// before is the index with the cache before it; nil where there is no index.
func (c *labelCache) before(behind collector.Source) collector.LabelReader {
	index, ok := behind.(collector.LabelReader)
	if !ok {
		return nil
	}
	return cachedLabels{c, index}
}

type cachedLabels struct {
	cache *labelCache
	index collector.LabelReader
}

// LabelValues implements collector.LabelReader. An answer about a window that ended a
// while ago serves for one of the same length that ends now.
func (l cachedLabels) LabelValues(ctx context.Context, label string, ms []*labels.Matcher, window slo.Interval) ([]string, error) {
	parts := []string{label, window.Duration().Round(time.Hour).String()}
	for _, m := range ms {
		parts = append(parts, strconv.Quote(m.String()))
	}
	key, now := strings.Join(parts, " "), time.Now()
	if values, ok := l.cache.get(key, now); ok {
		return values, nil
	}
	values, err := l.index.LabelValues(ctx, label, ms, window)
	if err == nil && len(values) <= mostLabels {
		l.cache.put(key, slices.Clone(values), now)
	}
	return values, err
}

func (c *labelCache) get(key string, now time.Time) ([]string, bool) {
	c.mtx.Lock()
	defer c.mtx.Unlock()
	a, ok := c.of[key]
	return slices.Clone(a.values), ok && now.Before(a.until)
}

func (c *labelCache) put(key string, values []string, now time.Time) {
	c.mtx.Lock()
	defer c.mtx.Unlock()
	if c.of == nil || len(c.of) >= mostAnswers {
		c.of = map[string]labelAnswer{}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // a hash takes everything
	c.of[key] = labelAnswer{values, now.Add(labelsFor + labelsFor*time.Duration(h.Sum32()%1000)/1000)}
}
