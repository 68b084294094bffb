package promapi

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"
)

// vectorAt is the answer of an instant query at a time in milliseconds.
func vectorAt(ms int64) io.Reader {
	return bytes.NewBufferString(fmt.Sprintf(
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[%d.%03d,"1"]}]}}`, ms/1000, ms%1000))
}

func discard(labels.Labels) func(int64, float64) { return func(int64, float64) {} }

// Whatever a server sends, a decoder ends and keeps within the times it may give.
func FuzzDecodeQuery(f *testing.F) {
	f.Add([]byte(nothing))
	f.Add([]byte(`{"status":"success","warnings":["w"],"data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"1"],[2.5,"NaN"]],"histograms":[[1,{}]]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`))
	f.Add([]byte(`{"status":"error","errorType":"x","error":"y"}`))
	f.Add([]byte(`{"status":"success","data":{"result":[{"values":[[1,"1"]]}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n := 0
		_, err := decodeQuery(bytes.NewReader(body), func(labels.Labels) func(int64, float64) {
			return func(ts int64, _ float64) {
				n++
				require.LessOrEqual(t, math.Abs(float64(ts)), 1e15)
			}
		})
		require.LessOrEqual(t, n, len(body))
		if err == nil {
			require.True(t, bytes.Contains(body, []byte("success")) || bytes.Contains(body, []byte(`\u`)))
		}
	})
}

func FuzzReadFrames(f *testing.F) {
	chunk := chunkenc.NewXORChunk()
	app, err := chunk.Appender()
	require.NoError(f, err)
	app.Append(0, 1000, 1)
	app.Append(0, 2000, 1)
	good := framed(prompb.ChunkedSeries{
		Labels: []prompb.Label{{Name: "__name__", Value: "ALERTS"}},
		Chunks: []prompb.Chunk{{Type: prompb.Chunk_XOR, Data: chunk.Bytes()}},
	})
	f.Add(good)
	f.Add(append(bytes.Clone(good), good...))
	f.Add(good[:len(good)-1])
	f.Fuzz(func(_ *testing.T, stream []byte) {
		_ = readFrames(bytes.NewReader(stream), discard)
		// A checksum stops most of what a fuzzer makes up, so the same bytes are
		// tried as the data of a chunk too.
		for _, encoding := range []prompb.Chunk_Encoding{prompb.Chunk_XOR, prompb.Chunk_XOR2, 9} {
			_ = readFrames(bytes.NewReader(framed(prompb.ChunkedSeries{
				Chunks: []prompb.Chunk{{Type: encoding, Data: stream}},
			})), discard)
		}
	})
}
