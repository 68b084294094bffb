package simulate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// buckets are the upper bounds, in seconds, of the latency histograms.
func buckets() []float64 { return []float64{0.1, 0.25, 0.5, 1, 2.5} }

const (
	latencySpread = 0.8 // standard deviation of the logarithm of a latency
	memoryLimit   = 1 << 30
)

// instance is one running copy of a service.
type instance struct {
	*target
	service  service
	node     string
	rollouts []rollout
}

// rollout is a version and the minute at which an instance started with it.
type rollout struct {
	minute  int
	version string
}

// instances lays the services' copies out over the nodes and lets deploys and
// dead nodes stop them.
func (sc *scraper) instances(sh shop, st story) []*instance {
	var out []*instance
	for _, svc := range sh.Services {
		for k := range svc.Replicas {
			node := sh.Nodes[len(out)%len(sh.Nodes)]
			name := fmt.Sprintf("%s-%d:8080", svc.Name, k+1)
			in := &instance{service: svc, node: node}
			in.target = sc.target(svc.Name, name, "service", svc.Name, "namespace", "shop", "node", node)
			in.down = make([]bool, sc.state.minutes)
			sc.stopForDeploys(in, k)
			sc.stopWithNode(in.target, node, st)
			out = append(out, in)
		}
	}
	return out
}

// stopForDeploys restarts an instance when its turn comes in each deploy of its
// service, two minutes after the one before it. More often than not a scrape
// falls into the restart.
func (sc *scraper) stopForDeploys(in *instance, turn int) {
	rng := sc.rng(in.target, "restarts")
	for _, d := range sc.state.deploys {
		m := d.At.minutes() + 2*turn
		if d.Service != in.service.Name || m+2 >= sc.state.minutes {
			continue
		}
		in.starts = append(in.starts, m+1)
		in.rollouts = append(in.rollouts, rollout{m + 1, d.Version})
		if rng.Float64() < 0.6 {
			in.down[m] = true
		}
	}
}

func (sc *scraper) stopWithNode(t *target, node string, st story) {
	for _, i := range st.Incidents {
		if at := i.minutes(); i.Node == node && at.from < sc.state.minutes {
			fill(t.down, at, true)
			t.starts = append(t.starts, at.to)
		}
	}
}

// shares is the part of a service's traffic that each of its instances gets at
// each minute: an equal one for those that run.
func shares(of []*instance, minutes int) [][]float64 {
	out := make([][]float64, len(of))
	for k := range of {
		out[k] = make([]float64, minutes)
	}
	for m := range minutes {
		running := 0
		for _, in := range of {
			if !in.down[m] {
				running++
			}
		}
		for k, in := range of {
			if !in.down[m] {
				out[k][m] = 1 / float64(running)
			}
		}
	}
	return out
}

// requests are an instance's request counters, and its latency histogram where
// it has one.
func (sc *scraper) requests(in *instance, share []float64) []*series {
	n := sc.state.minutes
	rng := sc.rng(in.target, "requests")
	flow := sc.state.flows[in.service.Name]
	good, failed, missing, all := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for m := range n {
		total := poisson(rng, flow.rate[m]*60*share[m])
		bad, none := poisson(rng, total*flow.errors[m]), poisson(rng, total*in.service.Missing)
		if sc.state.calm[m] {
			bad = math.Floor(total * flow.errors[m])
		}
		failed[m] = min(total, bad)
		missing[m] = min(total-failed[m], none)
		good[m] = total - failed[m] - missing[m]
		all[m] = total
	}
	const metric = "http_requests_total"
	out := []*series{
		sc.series(in.target, metric, in.accumulate(good), "code", "200"),
		sc.series(in.target, metric, in.accumulate(failed), "code", "500"),
	}
	if in.service.Missing > 0 {
		out = append(out, sc.series(in.target, metric, in.accumulate(missing), "code", "404"))
	}
	if in.service.Median > 0 {
		out = append(out, sc.histogram(in, all)...)
	}
	return out
}

// histogram spreads requests over buckets as a log-normal latency would, whose
// median moves with the service's slowness. One draw a minute rounds all
// buckets alike, so that they stay in order.
func (sc *scraper) histogram(in *instance, all []float64) []*series {
	rng := sc.rng(in.target, "latency")
	slow := sc.state.flows[in.service.Name].slow
	round := make([]float64, len(all))
	for m := range round {
		round[m] = rng.Float64()
	}
	var out []*series
	for _, le := range buckets() {
		values := make([]float64, len(all))
		for m := range values {
			z := (math.Log(le/in.service.Median) - math.Log(slow[m])) / latencySpread
			values[m] = min(all[m], math.Floor(all[m]*0.5*math.Erfc(-z/math.Sqrt2)+round[m]))
		}
		out = append(out, sc.series(in.target, "http_request_duration_seconds_bucket", in.accumulate(values), "le", strconv.FormatFloat(le, 'f', -1, 64)))
	}
	total := in.accumulate(all)
	return append(out,
		sc.series(in.target, "http_request_duration_seconds_count", slices.Clone(total)),
		sc.series(in.target, "http_request_duration_seconds_bucket", total, "le", "+Inf"))
}

// resources are an instance's processor and memory.
func (sc *scraper) resources(in *instance) []*series {
	values := make([]float64, sc.state.minutes)
	rng := sc.rng(in.target, "cpu")
	noise := newDrift(rng, 0.025, 3)
	phase := rng.Float64() * 2 * math.Pi
	slow := sc.state.flows[in.service.Name].slow
	for m := range values {
		cpu := 0.14 + 0.17*sc.state.load[m] + 0.03*min(5, slow[m]-1)
		if minute := m % minutesPerDay; in.service.Batch && minute >= 60 && minute < 200 {
			cpu = 0.68 + 0.08*math.Sin(2*math.Pi*float64(minute)/13+phase)
		}
		values[m] = min(1, max(0.01, cpu+noise.next()))
	}
	out := []*series{sc.series(in.target, "container_cpu_utilisation_ratio", values)}
	if in.service.Leaks || in.service.Batch {
		out = append(out, sc.memory(in), sc.constant(in.target, "container_spec_memory_limit_bytes", memoryLimit))
	}
	return out
}

// memory grows with a leak until the instance is killed and starts afresh.
func (sc *scraper) memory(in *instance) *series {
	values := make([]float64, sc.state.minutes)
	rng := sc.rng(in.target, "memory")
	noise := newDrift(rng, 0.004, 10)
	used := 0.45 + 0.3*rng.Float64()
	for m := range values {
		if in.service.Leaks {
			used += 0.55 / (36 * 60) * (0.5 + sc.state.load[m]/2)
		}
		if used > 0.97 || slices.Contains(in.starts, m) {
			used = 0.42
		}
		values[m] = math.Round(memoryLimit*(used+noise.next())/4096) * 4096
	}
	return sc.series(in.target, "container_memory_working_set_bytes", values)
}

// builds are the series that say which version an instance runs.
func (sc *scraper) builds(in *instance) []*series {
	version := fmt.Sprintf("v%d", 200+sc.rng(&target{name: in.service.Name}, "version").IntN(90))
	since := 0
	spans := map[string][]span{}
	for _, r := range in.rollouts {
		spans[version] = append(spans[version], span{since, r.minute})
		version, since = r.version, r.minute
	}
	spans[version] = append(spans[version], span{since, sc.state.minutes})
	var out []*series
	for _, v := range sortedKeys(spans) {
		values := make([]float64, sc.state.minutes)
		fill(values, span{0, len(values)}, absent())
		for _, at := range spans[v] {
			fill(values, at, 1)
		}
		out = append(out, sc.series(in.target, "app_build_info", values, "version", v))
	}
	return out
}
