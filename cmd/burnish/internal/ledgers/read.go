package ledgers

import (
	"context"
	"time"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// reads are the ledgers to be read, by step and by the block from which on.
type reads map[blockOf][]*ledger

func (r reads) add(l *ledger, from time.Time) {
	length := int64(l.blocks.Length() / time.Second)
	seconds := from.Unix()
	seconds -= (seconds%length + length) % length
	key := blockOf{l.sli.Step, time.Unix(seconds, 0).UTC()}
	r[key] = append(r[key], l)
}

// read puts all blocks that are to be read.
func (b *Book) read(ctx context.Context, all reads, at time.Time) error {
	for block, ledgers := range all {
		if err := b.readFrom(ctx, block.from, ledgers, at); err != nil {
			for _, l := range ledgers {
				l.building = nil
			}
			return err
		}
		for _, l := range ledgers {
			l.built()
		}
	}
	return nil
}

// readFrom reads ledgers from a block on. The blocks come ledger by ledger, so that
// one that is through can be tidied up: not all are open at once.
func (b *Book) readFrom(ctx context.Context, from time.Time, ledgers []*ledger, at time.Time) error {
	slis := make([]history.SLI, len(ledgers))
	for i, l := range ledgers {
		slis[i] = l.sli
		if err := l.build(from); err != nil {
			return err
		}
	}
	var last *ledger
	return b.store.StepBlocks(ctx, slis, slo.Interval{From: from, To: at}, func(of history.SLI, steps *slo.Steps) error {
		l := b.ledgers[of.ID]
		if l != last && last != nil {
			last.tidy(at)
		}
		last = l
		if l.building != nil {
			return l.building.Put(steps)
		}
		return l.blocks.Put(steps)
	})
}

// build begins the ledger anew where all that it needs is read: what the store has
// lost since is then gone from it too.
func (l *ledger) build(from time.Time) (err error) {
	if !from.After(l.plan.reach.From) {
		l.building, err = slo.NewBlocks(l.sli.Step, history.BlockSteps)
	}
	return err
}

// built takes what was read anew.
func (l *ledger) built() {
	if l.building != nil {
		l.building.Trim()
		l.blocks, l.building = l.building, nil
	}
}
