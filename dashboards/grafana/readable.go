package grafana

import (
	"fmt"
	"unicode/utf8"
)

// readable writes the characters that encoding/json spares HTML as they are, so that
// expressions can be read in a diff, and escapes those that a terminal or YAML would
// not take as text.
func readable(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			n := 2
			if plain, ok := spared[string(text[i:min(len(text), i+6)])]; ok {
				out, n = append(out, plain), 6
			} else {
				out = append(out, text[i:i+2]...)
			}
			i += n
		case c < 0x7f:
			out = append(out, c)
			i++
		default:
			r, n := utf8.DecodeRune(text[i:])
			if r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
				out = fmt.Appendf(out, `\u%04x`, r)
			} else {
				out = append(out, text[i:i+n]...)
			}
			i += n
		}
	}
	return out
}

var spared = map[string]byte{`\u003c`: '<', `\u003e`: '>', `\u0026`: '&'}
