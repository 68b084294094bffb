package promapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/burnish-sre/burnish/collector"
)

// How alert history is cut for the query API, in milliseconds: how much is asked
// for at once, the least before a server's complaint is final, the most that is
// passed over at once where there is nothing, and the length of a window from
// which on the index is asked where alerts begin.
const (
	usualPiece   = int64(24 * 60 * 60 * 1000)
	leastPiece   = int64(5 * 60 * 1000)
	largestPiece = 32 * usualPiece
	worthLooking = 8 * usualPiece
)

// rangeReader reads alert history by instant queries with a range selector, piece
// by piece: several are fetched ahead, and all are taken in the order of time.
type rangeReader struct {
	*Client
	*intake
	said  remarks
	piece int64 // how much the next request asks for
	quiet bool  // the last piece was empty
	blind bool  // the server does not say what its index holds
}

// parcel is the answer to one piece, as it came over the wire.
type parcel struct {
	window
	packed   []byte
	encoding string
	err      error
}

// alertsByQuery reads alert history without staleness markers.
func (c *Client) alertsByQuery(ctx context.Context, t *intake) (collector.AlertsInfo, error) {
	r := &rangeReader{Client: c, intake: t, piece: usualPiece}
	err := r.readAll(ctx)
	return collector.AlertsInfo{Route: collector.RouteQuery, Warnings: r.said.warnings, BytesRead: t.bytes.Load()}, err
}

func (r *rangeReader) readAll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := r.narrow(ctx, r.window)
	if err != nil {
		return err
	}
	var ahead []<-chan parcel
	defer func() { // no request outlives the call
		cancel()
		for _, p := range ahead {
			<-p
		}
	}()
	for next := w.from; next < w.to || len(ahead) > 0; {
		if next, err = r.skip(ctx, next); err != nil {
			return err
		}
		for next < w.to && len(ahead) < r.options.Concurrency {
			piece := window{from: next, to: min(next+r.piece, w.to)}
			ahead = append(ahead, r.fetchAhead(ctx, piece))
			next = piece.to
		}
		if len(ahead) == 0 {
			return nil
		}
		p := <-ahead[0]
		ahead = ahead[1:]
		if err := r.take(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *rangeReader) fetchAhead(ctx context.Context, w window) <-chan parcel {
	out := make(chan parcel, 1)
	go func() { out <- r.fetch(ctx, w) }()
	return out
}

// fetch asks for one piece. Prometheus 3 takes the samples after the left edge
// of a range up to its right edge, Prometheus 2 and others also the one at the
// left edge: asked from a millisecond before the piece, all give every sample of
// the piece, and what lies before is dropped with the samples that came before.
func (r *rangeReader) fetch(ctx context.Context, w window) parcel {
	p := parcel{window: w}
	p.err = r.do(ctx, r.ask(w), func(ans *answer) error {
		defer func() { r.bytes.Add(ans.wire.bytes) }()
		var err error
		p.packed, err = io.ReadAll(ans)
		p.encoding = ans.header.Get("Content-Encoding")
		return err
	})
	return p
}

func (r *rangeReader) ask(w window) ask {
	a := instant(fmt.Sprintf("%s[%dms]", alertSelector, w.to-w.from), w.to-1)
	a.verb, a.packed = "read alert history", true
	return a
}

// take feeds a piece to the builder. One that is too much for the server, or for
// the limit of this client, is asked for again in halves, and so are those after.
func (r *rangeReader) take(ctx context.Context, p parcel) error {
	before, err := r.samples, p.err
	if err == nil {
		err = r.unpackInto(p)
	}
	if err != nil {
		if !tooMuch(err) || p.to-p.from < 2*leastPiece || ctx.Err() != nil {
			return err
		}
		return r.takeHalves(ctx, p)
	}
	r.quiet = r.samples == before
	switch {
	case !r.quiet:
		r.piece = min(r.piece, usualPiece)
	case r.blind: // no telling how far it is to the next alert
		r.piece = min(2*r.piece, largestPiece)
	}
	return nil
}

func (r *rangeReader) takeHalves(ctx context.Context, p parcel) error {
	half := (p.to - p.from + 1) / 2
	r.piece = min(r.piece, half)
	r.log.InfoContext(ctx, "asking for less at once", "piece", time.Duration(half)*time.Millisecond)
	for _, w := range []window{{p.from, p.from + half}, {p.from + half, p.to}} {
		if err := r.take(ctx, r.fetch(ctx, w)); err != nil {
			return err
		}
	}
	return nil
}

// unpackInto decodes a piece straight into the builder.
func (r *rangeReader) unpackInto(p parcel) error {
	in, err := unpack(p.encoding, bytes.NewReader(p.packed))
	if err == nil {
		var said remarks
		var over error
		said, err = decodeQuery(&limited{from: in, left: r.options.MaxBytes, failed: &over}, r.series)
		r.said.add(said)
		if over != nil {
			err = over
		}
	}
	if err == nil {
		return nil
	}
	a := r.ask(p.window)
	if statusOf(err) != 0 {
		return r.told(a, nil, err)
	}
	return r.transport(a, err)
}

// narrow cuts off the beginning of a long window in which there can't be any
// alert, so that a window may begin at the epoch. It only asks for values of a
// label, which servers answer from their indexes, to the block or the day.
func (r *rangeReader) narrow(ctx context.Context, w window) (window, error) {
	if w.empty() || w.to-w.from < worthLooking {
		return w, nil
	}
	some, err := r.mayHave(ctx, w)
	if !some || err != nil {
		return window{}, err
	}
	lo, hi := w.from, w.to // alerts may begin after lo and have begun by hi
	for hi-lo > usualPiece && !r.blind {
		mid := lo + (hi-lo)/2
		some, err := r.mayHave(ctx, window{w.from, mid})
		if err != nil {
			return w, err
		}
		if some {
			hi = mid
		} else {
			lo = mid
		}
	}
	return window{lo, w.to}, nil
}

// skip goes over a stretch in which the index knows of no alert. It is needed
// inside of a window too, and where an index answers long stretches carelessly,
// as that of VictoriaMetrics does.
func (r *rangeReader) skip(ctx context.Context, next int64) (int64, error) {
	for r.quiet && !r.blind && next < r.to {
		stretch := window{next, min(next+largestPiece, r.to)}
		some, err := r.mayHave(ctx, stretch)
		if some || err != nil {
			return next, err
		}
		next = stretch.to
	}
	return next, nil
}

// mayHave tells whether the server's index knows of an alert in a window. A
// server that doesn't say leaves it open.
func (r *rangeReader) mayHave(ctx context.Context, w window) (bool, error) {
	names, err := get[[]string](ctx, r.Client, ask{
		verb: "look for alert names", path: "/api/v1/label/alertname/values",
		form: url.Values{"match[]": {alertSelector}, "start": {seconds(w.from)}, "end": {seconds(w.to - 1)}},
	})
	if err != nil && absent(err) {
		r.blind = true
		return true, nil
	}
	return len(names) > 0, err
}
