package truth

import "math/bits"

// set is a set of small numbers. All sets that meet are made for the same size.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s set) add(i int32) { s[i/64] |= 1 << (i % 64) }

func (s set) has(i int32) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) unite(o set) {
	for i := range o {
		s[i] |= o[i]
	}
}

func (s set) remove(o set) {
	for i := range o {
		s[i] &^= o[i]
	}
}

func (s set) keep(o set) {
	for i := range o {
		s[i] &= o[i]
	}
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// each calls f with every member, ascending.
func (s set) each(f func(i int32)) {
	for n, w := range s {
		for ; w != 0; w &= w - 1 {
			f(int32(64*n + bits.TrailingZeros64(w)))
		}
	}
}

// appendKey appends the set as bytes, to look it up in a map.
func (s set) appendKey(b []byte) []byte {
	for _, w := range s {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
	}
	return append(b, '|')
}
