package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// How much of a file is read at once, and how many events and bytes of it are
// submitted together.
const (
	readBytes  = 256 << 10
	mostEvents = 2000
	mostBytes  = 2 << 20
)

// read takes all lines that have ended, from the offset on.
func (f *follower) read(ctx context.Context) error {
	in := bufio.NewReaderSize(io.NewSectionReader(f.file, f.at, 1<<62-f.at), readBytes)
	at := f.at
	var events []alertmanager.Event
	held := 0
	for {
		line, size, err := f.line(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("follow: %w", err)
		}
		at += size
		events = append(events, f.parse(line)...)
		if held += len(line); len(events) >= mostEvents || held >= mostBytes {
			if err := f.submit(ctx, events, held, at); err != nil {
				return err
			}
			events, held = nil, 0
		}
	}
	if at == f.at {
		return nil
	}
	return f.submit(ctx, events, held, at)
}

// line reads one line and tells its length. One that is longer than a delivery
// may be comes out empty. A line that has not ended is io.EOF.
func (f *follower) line(in *bufio.Reader) (line []byte, size int64, err error) {
	most := f.in.o.MaxBody
	for {
		part, err := in.ReadSlice('\n')
		size += int64(len(part))
		if size <= int64(most) {
			line = append(line, part...)
		} else {
			line = nil
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, 0, err
		}
	}
	if size > int64(most) {
		f.in.metrics.refused.WithLabelValues(string(doorFile), whyLarge).Inc()
	}
	return bytes.TrimSpace(line), size, nil
}

func (f *follower) parse(line []byte) []alertmanager.Event {
	if len(line) == 0 {
		return nil
	}
	f.in.metrics.received.WithLabelValues(string(doorFile)).Inc()
	events, err := alertmanager.ParseRecorded(line, f.in.o.limits())
	if refused, ok := errors.AsType[*alertmanager.Refusal](err); ok {
		f.in.metrics.refused.WithLabelValues(string(doorFile), string(refused.Fault)).Inc()
		return nil
	}
	f.in.metrics.alerts.WithLabelValues(string(doorFile)).Add(float64(len(events)))
	return events
}
