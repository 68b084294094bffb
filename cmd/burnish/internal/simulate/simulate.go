package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// Options say what to simulate and where to write it. All of them but Progress
// are the input of the simulation: the same ones give the same bytes.
type Options struct {
	// Dir is the directory to write. It may be missing, empty, or hold an
	// earlier simulation, which is replaced.
	Dir string
	// Seed is the source of all chance. The story's incidents stay where they
	// are, whatever the seed.
	Seed uint64
	// End is the end of the simulated time; it is cut to the UTC day. It is part
	// of the input, so a caller who wants the same bytes tomorrow passes a
	// constant date, such as 2026-11-01T00:00:00Z, and not today's.
	End time.Time
	// Days is the length of the simulated time that ends at End; 0 means 30.
	// The incidents, and what else the story tells, count from its start, so a
	// shorter simulation holds the first of them.
	Days int
	// Progress is told of each step of a stage that is done; it may be nil. It
	// is never called by two goroutines at once.
	Progress func(stage string, done, total int)
}

// DefaultDays is the length of the simulation if none is given.
const DefaultDays = 30

// from is the start of the simulated time.
func (o Options) from() time.Time { return o.End.AddDate(0, 0, -o.Days) }

// Result says what was written and where.
type Result struct {
	TSDBDir       string   // Prometheus TSDB blocks
	RuleFiles     []string // in the order of their names
	SLOFiles      []string // burnish/v1
	IncidentsFile string   // JSON: id, from, to, labels, slo, note
	TopologyFile  string   // what the services need of one another, burnish/topology/v1
	From, To      time.Time
	Series        int
	Samples       uint64
	Episodes      int // of alerts that fired
	Planted       []Planted
}

// Run simulates the shop and writes it to o.Dir, by way of a temporary
// directory beside it. It refuses a directory that holds anything else than an
// earlier simulation.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Dir == "" {
		return Result{}, errors.New("simulate: no directory given")
	}
	o.Days = cmp.Or(o.Days, DefaultDays)
	o.Dir, o.End = filepath.Clean(o.Dir), o.End.UTC().Truncate(24*time.Hour)
	if err := o.check(); err != nil {
		return Result{}, err
	}
	if err := mayReplace(o.Dir); err != nil {
		return Result{}, err
	}
	month, err := simulate(ctx, o)
	if err != nil {
		return Result{}, fmt.Errorf("simulate the shop: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(o.Dir), "."+filepath.Base(o.Dir)+"-*")
	if err != nil {
		return Result{}, fmt.Errorf("create a directory beside %s: %w", o.Dir, err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // nothing is left there when all went well
	result, err := month.write(ctx, tmp)
	if err != nil {
		return Result{}, err
	}
	if err := replace(o.Dir, tmp); err != nil {
		return Result{}, err
	}
	return result, nil
}

func (o Options) check() error {
	switch {
	case o.End.IsZero():
		return errors.New("simulate: no end of the simulated time given")
	case o.Days < 1 || o.Days > 366:
		return fmt.Errorf("simulate %d days: choose 1 to 366", o.Days)
	}
	return nil
}

// month is the finished simulation, in memory.
type month struct {
	options  Options
	story    story
	state    *state
	series   []*series
	progress progress
}

func simulate(ctx context.Context, o Options) (*month, error) {
	sh, st, err := readShop(o.Days)
	if err != nil {
		return nil, err
	}
	groups, err := readGroups()
	if err != nil {
		return nil, err
	}
	s := newState(sh, st, o)
	out := &month{options: o, story: st, state: s, progress: progress{report: o.Progress, mutex: &sync.Mutex{}}}
	memory := newMemory(out.scrape(sh, groups))
	alerts, err := out.evaluate(ctx, newReplay(memory, s, st), groups)
	if err != nil {
		return nil, err
	}
	memory.add(alerts...)
	out.series = memory.all()
	return out, nil
}

// scrape collects the samples of every target, side by side.
func (m *month) scrape(sh shop, groups []*group) []*series {
	sc := &scraper{state: m.state}
	if at := m.story.Restart.At.minutes(); at < m.state.minutes {
		sc.hole = span{at, at + int(m.story.Restart.Lasts/time.Minute)}
	}
	jobs := []func() []*series{
		sc.queues, sc.business, sc.backups,
		func() []*series { return sc.provider(m.story) },
		func() []*series { return sc.delivery(sh) },
		func() []*series { return sc.prometheus(groups, m.story) },
	}
	for _, name := range slices.Concat(sh.Nodes, sh.Databases) {
		jobs = append(jobs, func() []*series { return sc.machine(sh, m.story, name) })
	}
	instances := sc.instances(sh, m.story)
	for _, svc := range sh.Services {
		of := slices.DeleteFunc(slices.Clone(instances), func(in *instance) bool { return in.service.Name != svc.Name })
		share := shares(of, m.state.minutes)
		for k, in := range of {
			jobs = append(jobs, func() []*series {
				return slices.Concat([]*series{sc.up(in.target)}, sc.requests(in, share[k]), sc.resources(in), sc.builds(in))
			})
		}
	}
	return m.collect("simulate the shop", jobs)
}

// collect runs jobs side by side and gathers their series in order.
func (m *month) collect(stage string, jobs []func() []*series) []*series {
	step := m.progress.stage(stage, len(jobs))
	results := make([][]*series, len(jobs))
	var work errgroup.Group
	work.SetLimit(parallelism())
	for i, job := range jobs {
		work.Go(func() error {
			defer step()
			results[i] = job()
			return nil
		})
	}
	_ = work.Wait() // no job fails
	return slices.Concat(results...)
}

// evaluate runs the recording rules in order and then the alerting rules side
// by side, and returns the alert series.
func (m *month) evaluate(ctx context.Context, r *replay, groups []*group) ([]*series, error) {
	total := 0
	for _, g := range groups {
		total += len(g.rules)
	}
	step := m.progress.stage("evaluate the rules", total)
	for _, g := range groups {
		for _, rule := range g.rules {
			if rule.Record == "" {
				continue
			}
			if err := r.record(ctx, g, rule); err != nil {
				return nil, err
			}
			step()
		}
	}
	return r.alerts(ctx, groups, step)
}

// episodes are the alerts' episodes, as anyone reads them off the samples.
func (m *month) episodes() []noise.Episode {
	var b episode.Builder
	for _, s := range m.series {
		track := b.Track(s.labels)
		if track == nil {
			continue
		}
		for i, v := range s.values {
			track.Add(s.times[i], v)
		}
	}
	return b.Episodes(episode.Options{Window: slo.Interval{From: m.state.from, To: m.state.to()}, Markers: true})
}

// to is the end of the simulated time.
func (s *state) to() time.Time { return s.from.Add(time.Duration(s.minutes) * time.Minute) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// parallelism is how much work goes on at once.
func parallelism() int { return runtime.GOMAXPROCS(0) }

// progress passes steps on to the caller, one at a time.
type progress struct {
	report func(stage string, done, total int)
	mutex  *sync.Mutex
}

// stage starts a stage and returns what to call after each of its steps.
func (p progress) stage(name string, total int) func() {
	if p.report == nil {
		return func() {}
	}
	done := 0
	return func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		done++
		p.report(name, done, total)
	}
}
