package slo

import (
	"encoding/binary"
	"math"
)

// entry is the events of a step or of a block of steps, and how many of its steps
// were looked at.
type entry struct {
	bad, total float64
	known      int64
}

// The lowest bits of an entry: it is written plainly, and all of its steps are known.
const (
	entryPlain = 1 << iota
	entryKnown
	entryBits = iota
)

// appendEntry writes an entry of so many steps: whole counts of which all steps are
// known or none are as two numbers, anything else as it is.
func appendEntry(out []byte, e entry, whole int64) []byte {
	if (e.known == 0 || e.known == whole) && isCount(e.bad) && isCount(e.total) {
		bits := uint64(entryPlain)
		if e.known > 0 {
			bits |= entryKnown
		}
		out = binary.AppendUvarint(out, uint64(e.bad)<<entryBits|bits)
		return binary.AppendUvarint(out, uint64(e.total))
	}
	out = binary.AppendUvarint(out, uint64(e.known)<<entryBits)
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(e.bad))
	return binary.LittleEndian.AppendUint64(out, math.Float64bits(e.total))
}

// isCount tells whether a number is whole and small enough to be written as such.
func isCount(v float64) bool {
	return v >= 0 && v < 1<<53 && v == math.Trunc(v) && !math.Signbit(v)
}

// cutEntry reads what appendEntry wrote, and gives what comes after it.
func cutEntry(b []byte, whole int64) (entry, []byte) {
	head, n := binary.Uvarint(b)
	b = b[n:]
	if head&entryPlain == 0 {
		e := entry{
			bad:   math.Float64frombits(binary.LittleEndian.Uint64(b)),
			total: math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
			known: int64(head >> entryBits),
		}
		return e, b[16:]
	}
	total, n := binary.Uvarint(b)
	e := entry{bad: float64(head >> entryBits), total: float64(total)}
	if head&entryKnown != 0 {
		e.known = whole
	}
	return e, b[n:]
}
