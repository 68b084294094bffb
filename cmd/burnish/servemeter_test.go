package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// meter reads what processes and a Prometheus use.
type meter struct {
	t       *testing.T
	url     string
	process int // of burnish; 0 where there is none
}

// reading is what was used up to an instant.
type reading struct {
	at                            time.Time
	burnish, prometheus, samples  float64
	requests                      float64
	resident, highest, resultSize float64
}

func (m meter) read() reading {
	m.t.Helper()
	page := get(m.url + "/metrics")
	r := reading{
		at: time.Now(), prometheus: sumOf(page, "process_cpu_seconds_total"), samples: sumOf(page, "prometheus_engine_query_samples_total"),
		requests:   sumOf(page, "prometheus_http_request_duration_seconds_count") - sumOf(page, `prometheus_http_request_duration_seconds_count{handler="/metrics"`),
		resultSize: sumOf(page, "prometheus_http_response_size_bytes_sum") - sumOf(page, `prometheus_http_response_size_bytes_sum{handler="/metrics"`),
	}
	if m.process == 0 {
		return r
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.process))
	require.NoError(m.t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	for _, field := range strings.Fields(rest)[11:13] { // utime and stime, in hundredths
		n, err := strconv.ParseFloat(field, 64)
		require.NoError(m.t, err)
		r.burnish += n / 100
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.process))
	require.NoError(m.t, err)
	for name, to := range map[string]*float64{"VmRSS:": &r.resident, "VmHWM:": &r.highest} {
		_, rest, ok := strings.Cut(string(status), name)
		require.True(m.t, ok)
		*to, err = strconv.ParseFloat(strings.Fields(rest)[0], 64)
		require.NoError(m.t, err)
		*to /= 1024
	}
	return r
}

// sumOf sums the series of an exposition whose lines begin so.
func sumOf(page, begin string) (sum float64) {
	for line := range strings.SplitSeq(page, "\n") {
		rest, ok := strings.CutPrefix(line, begin)
		if !ok || !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "{") && !strings.Contains(begin, "{") {
			continue
		}
		v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err == nil {
			sum += v
		}
	}
	return sum
}

// tell says what was used between two readings.
func (m meter) tell(what string, a, b reading) {
	m.t.Helper()
	s := b.at.Sub(a.at).Seconds()
	m.t.Logf("%-34s %4.0fs: prometheus %.3f cores, %.0f samples/s, %.1f requests/s, %.0f kB/s; burnish %.3f cores, %.0f MB (highest %.0f MB)", what, s,
		(b.prometheus-a.prometheus)/s, (b.samples-a.samples)/s, (b.requests-a.requests)/s, (b.resultSize-a.resultSize)/s/1000, (b.burnish-a.burnish)/s, b.resident, b.highest)
}

// over watches for a while.
func (m meter) over(what string, d time.Duration) (reading, reading) {
	m.t.Helper()
	a := m.read()
	time.Sleep(d) // the load is what happens in real time
	b := m.read()
	m.tell(what, a, b)
	return a, b
}
