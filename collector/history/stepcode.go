package history

import (
	"encoding/binary"
	"errors"
	"math"
)

// chunkSlots is how many steps lie in one row.
const chunkSlots = 120

// slot is one step: its events, whether it was looked at, and whether the whole
// step lay in what was read.
type slot struct {
	bad, total   float64
	known, whole bool
}

// chunk is the steps of a row.
type chunk [chunkSlots]slot

// chunkVersion is the first byte of an encoded chunk.
const chunkVersion = 1

// errChunk: bytes in the store are no steps.
var errChunk = errors.New("the steps of an SLI in the history store are broken")

// encode writes the chunk in few bytes: two bits a step and the counts, of which
// most are small whole numbers.
func (c *chunk) encode() []byte {
	out := make([]byte, 1, 512)
	out[0] = chunkVersion
	for i := 0; i < chunkSlots; i += 4 {
		var b byte
		for k, s := range c[i : i+4] {
			if s.known {
				b |= 1 << (2 * k)
			}
			if s.whole {
				b |= 2 << (2 * k)
			}
		}
		out = append(out, b)
	}
	for _, s := range c {
		out = appendCount(appendCount(out, s.bad), s.total)
	}
	return out
}

// appendCount writes a whole number below 2^53 as a varint of twice its value,
// anything else as 1 and its bits.
func appendCount(out []byte, v float64) []byte {
	if n := uint64(max(v, 0)); v < 1<<53 && float64(n) == v && !math.Signbit(v) {
		return binary.AppendUvarint(out, n<<1)
	}
	return binary.LittleEndian.AppendUint64(append(out, 1), math.Float64bits(v))
}

func cutCount(b []byte) (v float64, rest []byte, err error) {
	n, used := binary.Uvarint(b)
	switch {
	case used <= 0:
		return 0, nil, errChunk
	case n&1 == 0:
		return float64(n >> 1), b[used:], nil
	case n != 1 || len(b) < used+8:
		return 0, nil, errChunk
	}
	v = math.Float64frombits(binary.LittleEndian.Uint64(b[used:]))
	return v, b[used+8:], nil
}

// decodeChunk reads what encode wrote.
func decodeChunk(b []byte) (c chunk, err error) {
	const flags = chunkSlots / 4
	if len(b) < 1+flags || b[0] != chunkVersion {
		return c, errChunk
	}
	for i := range c {
		two := b[1+i/4] >> (2 * (i % 4))
		c[i].known, c[i].whole = two&1 != 0, two&2 != 0
	}
	b = b[1+flags:]
	for i := range c {
		if c[i].bad, b, err = cutCount(b); err != nil {
			return c, err
		}
		if c[i].total, b, err = cutCount(b); err != nil {
			return c, err
		}
	}
	if len(b) > 0 {
		return c, errChunk
	}
	return c, nil
}

// take puts a step that was read anew in place of what is known of it: a whole
// one always, a part where the step was never seen wholly and the part shows no
// fewer events.
func (s *slot) take(fresh slot) {
	if fresh.whole || !s.whole && (fresh.total >= s.total || !s.known) {
		*s = fresh
	}
}
