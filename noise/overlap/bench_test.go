package overlap

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// crowd is a month of random, independent rules, each with so many episodes of
// five minutes on average, spread over its instances; without instances the
// alerts share no label at all.
func crowd(rules, episodes, instances int) noise.History {
	const days = 30
	rnd := rand.New(rand.NewPCG(5, 5))
	end := epoch.Add(days * 24 * time.Hour)
	h := noise.History{Window: slo.Interval{From: epoch, To: end}, Episodes: make([]noise.Episode, 0, rules*episodes)}
	for rule := range rules {
		name := fmt.Sprintf("Rule%05d", rule)
		for i := range max(1, instances) {
			ls := labels.FromStrings("severity", "page")
			if instances > 0 {
				ls = labels.FromStrings("instance", strconv.Itoa(i), "severity", "page")
			}
			count := episodes / max(1, instances)
			gap := float64(days*24*3600)/float64(count) - 300
			at := rnd.ExpFloat64() * gap
			for range count {
				fired := epoch.Add(time.Duration(at) * time.Second)
				length := 1 + rnd.ExpFloat64()*300
				h.Episodes = append(h.Episodes, noise.Episode{Rule: name, Labels: ls, ActiveAt: fired, FiredAt: fired, ResolvedAt: fired.Add(time.Duration(length) * time.Second)})
				at += length + 1 + rnd.ExpFloat64()*gap
			}
		}
	}
	return h
}

// BenchmarkMeasure is the whole of Measure over 5,000 rules and a million
// episodes, beside brute force in the same run. peak-MB is the largest heap
// seen, with the history itself; history-MB is what of it is the history.
func BenchmarkMeasure(b *testing.B) {
	for _, c := range []struct {
		name      string
		instances int
	}{{"as a whole", 0}, {"joined on 20 instances", 20}} {
		h := crowd(5000, 200, c.instances)
		base := heap()
		b.Run(c.name, func(b *testing.B) {
			peak := watchHeap(func() { Measure(h, Options{}) })
			for b.Loop() {
				require.Equal(b, 5000*4999/2, Measure(h, Options{}).Compared)
			}
			b.ReportMetric(float64(peak)/1e6, "peak-MB")
			b.ReportMetric(float64(base)/1e6, "history-MB")
		})
		if c.instances == 0 {
			b.Run("brute force", func(b *testing.B) {
				for b.Loop() {
					sets := rasterise(read(h, Options{}.withDefaults(h)))
					for i := range sets {
						for j := range i {
							sink.Add(int64(common(sets[i], sets[j])))
						}
					}
				}
			})
		}
	}
}

var sink atomic.Int64

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// watchHeap gives the largest heap while f runs once. It asks without stopping
// the world.
func watchHeap(f func()) (peak uint64) {
	runtime.GC()
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		most := uint64(0)
		for {
			select {
			case <-tick.C:
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			case <-done:
				result <- most
				return
			}
		}
	}()
	f()
	close(done)
	return <-result
}

// rasterise gives each rule a bit for each slot in which any alert of it fires.
func rasterise(r *record) [][]uint64 {
	sets := make([][]uint64, len(r.rows))
	for i := range sets {
		sets[i] = make([]uint64, (r.axis.slots+63)/64)
	}
	for _, a := range r.alerts {
		for _, s := range r.stretches[a.first:a.last] {
			for t := s.from; t < s.to(); t++ {
				sets[a.row][t/64] |= 1 << (t % 64)
			}
		}
	}
	return sets
}

func common(a, b []uint64) int {
	n := 0
	for i, w := range a {
		n += bits.OnesCount64(w & b[i])
	}
	return n
}
