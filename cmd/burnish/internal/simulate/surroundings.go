package simulate

import (
	"math"
	"slices"
	"time"
)

const diskSize = 100 << 30

// machine is the exporter of one machine.
func (sc *scraper) machine(sh shop, st story, name string) []*series {
	t := sc.target("node", name+":9100", "node", name)
	t.down = make([]bool, sc.state.minutes)
	sc.stopWithNode(t, name, st)
	database := slices.Contains(sh.Databases, name)
	return []*series{
		sc.up(t),
		sc.constant(t, "node_filesystem_size_bytes", diskSize, "mountpoint", "/"),
		sc.series(t, "node_filesystem_avail_bytes", sc.disk(t, name, st), "mountpoint", "/"),
		sc.series(t, "node_load1", sc.machineLoad(t, database)),
	}
}

// disk is the free space of a machine: flat with a little noise, eaten by logs
// that are rotated once a week on node-2, or filling up as the story wants it.
func (sc *scraper) disk(t *target, name string, st story) []float64 {
	rng := sc.rng(t, "disk")
	noise := newDrift(rng, 0.004, 20)
	level := 0.45 + 0.2*rng.Float64()
	free := make([]float64, sc.state.minutes)
	for m := range free {
		free[m] = level
		if name == "node-2" {
			free[m] = 0.52 - 0.39*float64(m%(7*minutesPerDay))/(7*minutesPerDay)
		}
	}
	for _, i := range st.Incidents {
		if i.Disk != nil && i.Disk.Node == name {
			fillDisk(free, i, level)
		}
	}
	for m := range free {
		free[m] = math.Round(diskSize*max(0, free[m]+noise.next()*min(1, free[m]*20))/4096) * 4096
	}
	return free
}

// fillDisk lets the free space run out by the start of an incident; it is
// cleaned up ten minutes before the incident's end.
func fillDisk(free []float64, i incident, level float64) {
	at := i.minutes()
	lasts := int(i.Disk.FillsFor / time.Minute)
	for m := max(0, at.from-lasts); m < min(at.to-10, len(free)); m++ {
		free[m] = level * max(0, float64(at.from-m)/float64(lasts))
	}
	fill(free, span{at.to - 10, len(free)}, level+0.2)
}

// machineLoad follows the traffic; the databases are backed up before dawn.
func (sc *scraper) machineLoad(t *target, database bool) []float64 {
	noise := newDrift(sc.rng(t, "load"), 0.5, 4)
	out := make([]float64, sc.state.minutes)
	for m := range out {
		out[m] = 1.2 + 2*sc.state.load[m]
		if minute := m % minutesPerDay; database && minute >= 240 && minute < 275 {
			out[m] = 8.2
		}
		out[m] = math.Round(100*max(0.05, out[m]+noise.next())) / 100
	}
	return out
}

// queues are the lengths of the message queues.
func (sc *scraper) queues() []*series {
	t := sc.target("rabbitmq", "rabbitmq:15692")
	orders, emails, index := make([]float64, sc.state.minutes), make([]float64, sc.state.minutes), make([]float64, sc.state.minutes)
	rng := sc.rng(t, "queues")
	waiting, peak := 0.0, 0.0
	for m := range orders {
		flow := sc.state.flows["orders"]
		incoming := flow.rate[m] * 60
		waiting = max(0, waiting+incoming*(0.9*flow.errors[m]-0.25))
		orders[m] = math.Round(waiting) + poisson(rng, 6)

		minute := m % minutesPerDay
		if minute == 0 {
			peak = 2500 + 3400*rng.Float64()
		}
		index[m] = poisson(rng, 12+peak*math.Exp(-math.Pow((float64(minute)-130)/25, 2)))

		emails[m] = poisson(rng, 20+20*sc.state.load[m])
		if t := sc.state.from.Add(time.Duration(m) * time.Minute); t.Weekday() == time.Tuesday && t.Hour() == 10 {
			emails[m] += poisson(rng, 4200*(1-float64(t.Minute())/60))
		}
	}
	return []*series{
		sc.up(t),
		sc.series(t, "queue_messages", orders, "queue", "orders"),
		sc.series(t, "queue_messages", emails, "queue", "emails"),
		sc.series(t, "queue_messages", index, "queue", "index"),
	}
}

// provider is the probe of the external payment provider. It fails now and then
// for no reason that anybody could act on.
func (sc *scraper) provider(st story) []*series {
	t := sc.target("blackbox", "https://api.payments.example/health", "provider", "payments")
	rng := sc.rng(t, "probe")
	noise := newDrift(rng, 0.15, 5)
	success, seconds, expiry := make([]float64, sc.state.minutes), make([]float64, sc.state.minutes), make([]float64, sc.state.minutes)
	for m := range success {
		success[m] = 1
		if rng.Float64() < 2.5/minutesPerDay && !sc.state.calm[m] {
			success[m] = 0
		}
		seconds[m] = 0.2 * math.Exp(noise.next())
		expiry[m] = float64(sc.state.from.AddDate(0, 0, 36).Unix())
		if m >= 27*minutesPerDay+10*60 {
			expiry[m] = float64(sc.state.from.AddDate(0, 0, 117).Unix())
		}
	}
	for _, i := range st.Incidents {
		at := i.minutes().clamp(sc.state.minutes)
		switch i.Provider {
		case "down":
			fill(success, at, 0)
			fill(seconds, at, 10)
		case "slow":
			for m := at.from; m < at.to; m++ {
				seconds[m] *= 15
			}
		}
	}
	return []*series{
		sc.up(t),
		sc.series(t, "probe_success", success),
		sc.series(t, "probe_duration_seconds", seconds),
		sc.series(t, "probe_ssl_earliest_cert_expiry", expiry),
	}
}

// business is what the shop is there for: orders that were placed.
func (sc *scraper) business() []*series {
	t := sc.target("shop-exporter", "shop-exporter:9800")
	rng := sc.rng(t, "orders")
	placed := make([]float64, sc.state.minutes)
	flow := sc.state.flows["checkout"]
	for m := range placed {
		placed[m] = poisson(rng, flow.rate[m]*60*(1-flow.errors[m])*0.6)
	}
	return []*series{sc.up(t), sc.series(t, "orders_placed_total", t.accumulate(placed))}
}

// delivery counts the deploys of every service.
func (sc *scraper) delivery(sh shop) []*series {
	t := sc.target("ci-exporter", "ci-exporter:9101")
	out := []*series{sc.up(t)}
	for _, svc := range sh.Services {
		values := make([]float64, sc.state.minutes)
		for _, d := range sc.state.deploys {
			if d.Service == svc.Name {
				values[d.At.minutes()]++
			}
		}
		out = append(out, sc.series(t, "deploys_total", t.accumulate(values), "service", svc.Name))
	}
	return out
}

// backups are made every night, but for the database that was switched off.
func (sc *scraper) backups() []*series {
	t := sc.target("backup", "backup:9102")
	last := make([]float64, sc.state.minutes)
	for m := range last {
		done := m - (m+minutesPerDay-275)%minutesPerDay
		last[m] = float64(sc.state.from.Add(time.Duration(done) * time.Minute).Unix())
	}
	const metric = "backup_last_success_timestamp_seconds"
	return []*series{
		sc.up(t),
		sc.series(t, metric, last, "database", "orders"),
		sc.constant(t, metric, float64(sc.state.from.AddDate(0, 0, -40).Unix()), "database", "legacy"),
	}
}

// prometheus is what the watcher says of itself. Groups are known by their key
// and the number of their rules; their counters start anew with the process.
func (sc *scraper) prometheus(groups []*group, st story) []*series {
	t := sc.target("prometheus", "localhost:9090")
	start := make([]float64, sc.state.minutes)
	for m := range start {
		start[m] = float64(sc.state.from.AddDate(0, 0, -9).Unix())
		if m >= sc.hole.to {
			start[m] = float64(sc.state.from.Add(time.Duration(sc.hole.to)*time.Minute).Unix()) - 4
		}
	}
	t.starts = []int{sc.hole.to}
	out := []*series{
		sc.up(t),
		sc.series(t, "process_start_time_seconds", start),
		sc.constant(t, "prometheus_build_info", 1, "version", "3.15.0"),
	}
	for _, g := range groups {
		failed, missed := make([]float64, sc.state.minutes), make([]float64, sc.state.minutes)
		for _, at := range g.struck(st.Failing, sc.state) {
			failed[sc.scrapeAfter(t, at)] += float64(len(g.rules))
		}
		for _, at := range g.struck(st.Missing, sc.state) {
			missed[sc.scrapeAfter(t, at)]++
		}
		out = append(out,
			sc.series(t, "prometheus_rule_evaluation_failures_total", t.accumulate(failed), "rule_group", g.key()),
			sc.series(t, "prometheus_rule_group_iterations_missed_total", t.accumulate(missed), "rule_group", g.key()))
	}
	return out
}
