package promapi

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// largestFrame bounds a frame of streamed remote read. Servers keep frames near
// 1 MiB; Prometheus' own reader takes up to 50 MB.
const largestFrame = 50_000_000

// castagnoli is the polynomial of the frames' checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frameReader cuts a stream into frames: a varint length, a big-endian CRC-32C
// and as many bytes (prompb/remote.proto). Unlike the one in Prometheus' storage
// package it tells a stream that ends between frames from one that breaks off
// inside the head of one, and it does not trust the length before the bytes come.
type frameReader struct {
	from *bufio.Reader
	buf  []byte
}

func newFrameReader(from io.Reader) *frameReader {
	return &frameReader{from: bufio.NewReaderSize(from, 64<<10)}
}

// next is the next frame, valid until the call after; io.EOF after the last one,
// errBroken for a stream that is damaged or cut.
func (f *frameReader) next() ([]byte, error) {
	if _, err := f.from.Peek(1); err != nil {
		return nil, err
	}
	size, err := binary.ReadUvarint(f.from)
	if err != nil {
		return nil, cutShort(err)
	}
	if size > largestFrame {
		return nil, fmt.Errorf("%w: it announces a frame of %d bytes", errBroken, size)
	}
	var sum [4]byte
	if _, err := io.ReadFull(f.from, sum[:]); err != nil {
		return nil, cutShort(err)
	}
	if err := f.fill(int(size)); err != nil {
		return nil, err
	}
	if crc32.Checksum(f.buf, castagnoli) != binary.BigEndian.Uint32(sum[:]) {
		return nil, fmt.Errorf("%w: a frame's checksum is wrong", errBroken)
	}
	return f.buf, nil
}

// fill reads a frame's body, growing with what has come.
func (f *frameReader) fill(size int) error {
	const piece = 1 << 20
	f.buf = f.buf[:0]
	for len(f.buf) < size {
		n := len(f.buf)
		more := min(piece, size-n)
		if cap(f.buf) < n+more {
			f.buf = append(make([]byte, 0, max(2*cap(f.buf), n+more)), f.buf...)
		}
		f.buf = f.buf[:n+more]
		if _, err := io.ReadFull(f.from, f.buf[n:]); err != nil {
			return cutShort(err)
		}
	}
	return nil
}

// cutShort makes the end of a stream inside a frame an error that is no io.EOF.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends inside a frame", errBroken)
	}
	return err
}
