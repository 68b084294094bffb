package gather

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// setsOfAll is into how many sets SLOs are divided. An SLO stays in its set
// whatever others come and go, so that one that is new has the few of its own set
// counted anew and not all: a set has one watermark.
const setsOfAll = 64

// apartFor is how long the SLOs of a set are read one by one after some of them
// could not be read.
const apartFor = time.Hour

// set is SLOs that are read and stored together.
type set struct {
	slos    []slo.SLO
	stream  string
	overlap time.Duration
	reader  *collector.SLIReader
	mark    time.Time // zero where the store was not asked
	apart   time.Time // until when they are read one by one
}

// place is which set an SLO is in.
type place struct {
	overlap time.Duration
	number  uint32
}

// arrange divides the SLOs into sets, and those that PromQL counts. It does nothing
// for the SLOs that it was given last.
func (g *Gatherer) arrange(slos []slo.SLO) error {
	if len(slos) == len(g.slos) && (len(slos) == 0 || &slos[0] == &g.slos[0]) {
		return nil
	}
	sets, alone := map[place]*set{}, []slo.SLO(nil)
	var order []place
	for _, s := range slos {
		if !collector.Countable(s) {
			alone = append(alone, s)
			continue
		}
		at := placeOf(s)
		if sets[at] == nil {
			sets[at] = &set{overlap: at.overlap}
			order = append(order, at)
		}
		sets[at].slos = append(sets[at].slos, s)
	}
	slices.SortFunc(order, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.overlap, b.overlap), cmp.Compare(a.number, b.number))
	})
	g.sets, g.alone, g.slos = nil, alone, nil
	for _, at := range order {
		one := sets[at]
		var err error
		if one.reader, err = collector.NewSLIReader(one.slos); err != nil {
			return err
		}
		one.stream = streamOfSet(at, one.slos)
		g.sets = append(g.sets, one)
	}
	g.slos = slos
	return nil
}

func placeOf(s slo.SLO) place {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.ID())) // a hash takes everything
	return place{overlap: overlapOf(s), number: h.Sum32() % setsOfAll}
}

// streamOfSet is the stream of a set's watermark. It changes with its SLOs and with
// what they count.
func streamOfSet(at place, slos []slo.SLO) string {
	streams := make([]string, len(slos))
	for i, s := range slos {
		streams[i] = streamOf(s)
	}
	slices.Sort(streams)
	sum := sha256.Sum256([]byte(strings.Join(streams, "\xff")))
	return fmt.Sprintf("slos/%s/%d/%s", at.overlap, at.number, hex.EncodeToString(sum[:16]))
}
