package promapi

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/golang/snappy"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// The content types of remote read's two forms.
const (
	streamedType = "application/x-streamed-protobuf"
	sampledType  = "application/x-protobuf"
)

// alertsByRemoteRead reads alert history with its staleness markers.
func (c *Client) alertsByRemoteRead(ctx context.Context, t *intake) (collector.AlertsInfo, error) {
	info := collector.AlertsInfo{Route: collector.RouteRemoteRead}
	if t.empty() {
		return info, nil
	}
	err := c.remoteRead(ctx, t, alertMatchers())
	info.BytesRead = t.bytes.Load()
	return info, err
}

// alertMatchers select what the rule engine writes about alerts.
func alertMatchers() []*labels.Matcher {
	return []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, collector.AlertsSelector)}
}

// Raw streams raw samples over remote read; see collector.RawReader. It fails
// with collector.ErrRawUnknown where the options or the server do not allow it.
func (c *Client) Raw(ctx context.Context, ms []*labels.Matcher, w slo.Interval, series func(labels.Labels) func(ts int64, v float64)) error {
	if c.options.RemoteRead == RemoteReadOff {
		return fmt.Errorf("%w: remote read is switched off", collector.ErrRawUnknown)
	}
	t := &intake{window: window{from: max(0, ceilMilli(w.From)), to: ceilMilli(w.To)}, open: series}
	if t.empty() {
		return nil
	}
	err := c.remoteRead(ctx, t, ms)
	if err != nil && c.options.RemoteRead == RemoteReadAuto && c.mayFallBack(ctx, t, err) {
		return fmt.Errorf("%w: %w", collector.ErrRawUnknown, err)
	}
	return err
}

// remoteRead takes in the raw samples of the series that the matchers select, by
// the labels that the query API gives them.
func (c *Client) remoteRead(ctx context.Context, t *intake, ms []*labels.Matcher) error {
	outside, err := c.externalLabels(ctx, t.window, ms)
	if err != nil {
		return err
	}
	request, err := readRequest(t.window, ms)
	if err != nil {
		return err
	}
	named := func(ls labels.Labels) func(int64, float64) { return t.series(outside.strip(ls)) }
	return c.do(ctx, request, func(ans *answer) error {
		defer func() { t.bytes.Add(ans.wire.bytes) }()
		return c.readHistory(ans, named)
	})
}

// matcherTypes are the types of matchers as remote read numbers them.
var matcherTypes = map[labels.MatchType]prompb.LabelMatcher_Type{
	labels.MatchEqual: prompb.LabelMatcher_EQ, labels.MatchNotEqual: prompb.LabelMatcher_NEQ,
	labels.MatchRegexp: prompb.LabelMatcher_RE, labels.MatchNotRegexp: prompb.LabelMatcher_NRE,
}

// readRequest asks for the raw samples of a window, both of whose ends are
// included in remote read.
func readRequest(w window, ms []*labels.Matcher) (ask, error) {
	query := &prompb.Query{StartTimestampMs: w.from, EndTimestampMs: w.to - 1}
	for _, m := range ms {
		query.Matchers = append(query.Matchers, &prompb.LabelMatcher{Type: matcherTypes[m.Type], Name: m.Name, Value: m.Value})
	}
	body, err := (&prompb.ReadRequest{
		Queries: []*prompb.Query{query},
		AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{
			prompb.ReadRequest_STREAMED_XOR_CHUNKS, prompb.ReadRequest_SAMPLES,
		},
	}).Marshal()
	if err != nil {
		return ask{}, fmt.Errorf("write a remote read request: %w", err)
	}
	return ask{
		verb: "read raw samples", path: "/api/v1/read", stream: true,
		body: snappy.Encode(nil, body),
		header: map[string]string{
			"Content-Type": sampledType, "Content-Encoding": "snappy",
			"Accept": streamedType + ", " + sampledType, "Accept-Encoding": "identity, snappy",
			"X-Prometheus-Remote-Read-Version": "0.1.0",
		},
	}, nil
}

// readHistory reads either form of an answer.
func (c *Client) readHistory(ans *answer, into sink) error {
	switch ans.contentType {
	case streamedType:
		return readFrames(ans, into)
	case sampledType:
		return c.readSamples(ans, into)
	case "text/html":
		return errWebPage
	}
	return fmt.Errorf("%w: remote read gave content of type %q", errShape, printable(ans.contentType, 80))
}

// readFrames reads STREAMED_XOR_CHUNKS: frames of chunks, series after series.
func readFrames(from io.Reader, into sink) error {
	frames := newFrameReader(from)
	var (
		frame prompb.ChunkedReadResponse
		lb    labels.ScratchBuilder
		it    chunkenc.Iterator
	)
	for {
		raw, err := frames.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		frame.Reset()
		if err := frame.Unmarshal(raw); err != nil {
			return fmt.Errorf("%w: a frame is no ChunkedReadResponse", errBroken)
		}
		for _, s := range frame.ChunkedSeries {
			put := into(toLabels(&lb, s.Labels))
			if it, err = readChunks(s.Chunks, it, put); err != nil {
				return err
			}
		}
	}
}

// shortestChunk is the header of a chunk: its number of samples.
const shortestChunk = 2

// readChunks reads the float chunks of a series; histograms are passed over. The
// iterator is given back to be used again.
func readChunks(chunks []prompb.Chunk, it chunkenc.Iterator, put func(int64, float64)) (chunkenc.Iterator, error) {
	for i := range chunks {
		encoding := chunkenc.Encoding(chunks[i].Type)
		switch chunks[i].Type {
		case prompb.Chunk_XOR, prompb.Chunk_XOR2:
		case prompb.Chunk_HISTOGRAM, prompb.Chunk_FLOAT_HISTOGRAM, prompb.Chunk_HISTOGRAM_ST, prompb.Chunk_FLOAT_HISTOGRAM_ST:
			continue
		default:
			return it, fmt.Errorf("%w %d; read with remote read off, or use a newer burnish", errEncoding, chunks[i].Type)
		}
		if len(chunks[i].Data) <= shortestChunk {
			continue
		}
		chunk, err := chunkenc.FromData(encoding, chunks[i].Data)
		if err != nil {
			return it, fmt.Errorf("%w: %w", errEncoding, err)
		}
		it = chunk.Iterator(it)
		for it.Next() == chunkenc.ValFloat {
			put(it.At())
		}
		if it.Err() != nil {
			return it, fmt.Errorf("%w: a chunk of encoding %s can't be read", errEncoding, encoding)
		}
	}
	return it, nil
}

// readSamples reads SAMPLES, which come in one piece.
func (c *Client) readSamples(ans *answer, into sink) error {
	packed, err := io.ReadAll(ans)
	if err != nil {
		return err
	}
	size, err := snappy.DecodedLen(packed)
	if err != nil {
		return fmt.Errorf("%w: remote read gave no snappy block", errShape)
	}
	if int64(size) > c.options.MaxBytes {
		return errTooLarge
	}
	raw, err := snappy.Decode(nil, packed)
	if err != nil {
		return fmt.Errorf("%w: remote read gave no snappy block", errShape)
	}
	var response prompb.ReadResponse
	if err := response.Unmarshal(raw); err != nil {
		return fmt.Errorf("%w: remote read gave no ReadResponse", errShape)
	}
	var lb labels.ScratchBuilder
	for _, result := range response.Results {
		for _, s := range result.Timeseries {
			put := into(toLabels(&lb, s.Labels))
			for _, sample := range s.Samples {
				put(sample.Timestamp, sample.Value)
			}
		}
	}
	return nil
}

func toLabels(lb *labels.ScratchBuilder, from []prompb.Label) labels.Labels {
	lb.Reset()
	for _, l := range from {
		if l.Value != "" {
			lb.Add(l.Name, l.Value)
		}
	}
	lb.Sort()
	return lb.Labels()
}
