package rulefile_test

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

var placed = regexp.MustCompile(`^f\.yml:(\d+):(\d+): .`)

// breaks are ways to spoil a file at a byte.
var breaks = map[string]func(text []byte, at int) []byte{
	"a tab":           func(b []byte, at int) []byte { return spliceLine(b, at, "\t") },
	"cut short":       func(b []byte, at int) []byte { return b[:at] },
	"an open quote":   func(b []byte, at int) []byte { return splice(b, at, `"`) },
	"an open bracket": func(b []byte, at int) []byte { return spliceLine(b, at, "{") },
	"no UTF-8":        func(b []byte, at int) []byte { return splice(b, at, "\xff") },
	"a zero byte":     func(b []byte, at int) []byte { return splice(b, at, "\x00") },
	"a stray colon":   func(b []byte, at int) []byte { return splice(b, at, ": : ") },
	"an alias":        func(b []byte, at int) []byte { return spliceLine(b, at, "x: *none\n") },
	"a bad duration":  func(b []byte, at int) []byte { return replaceAfter(b, at, "for: ", "for: soon") },
	"a broken expr":   func(b []byte, at int) []byte { return replaceAfter(b, at, "expr: ", "expr: sum( ") },
	"two of one key": func(b []byte, at int) []byte {
		return replaceAfter(b, at, "severity: ", "severity: a\n          severity: ")
	},
}

func splice(b []byte, at int, text string) []byte {
	return []byte(string(b[:at]) + text + string(b[at:]))
}

// spliceLine puts text at the beginning of the line that holds a byte.
func spliceLine(b []byte, at int, text string) []byte {
	return splice(b, bytes.LastIndexByte(b[:at], '\n')+1, text)
}

func replaceAfter(b []byte, at int, old, text string) []byte {
	return append(bytes.Clone(b[:at]), bytes.Replace(b[at:], []byte(old), []byte(text), 1)...)
}

// TestWhatIsSpoiledIsRefusedWithItsPlace spoils real files at random places. What
// is refused names a place in the file for each thing that is wrong; what is not
// can be edited still.
func TestWhatIsSpoiledIsRefusedWithItsPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	refused := map[string]int{}
	for path, file := range realFiles(t) {
		if len(file.text) > 20_000 || len(filepath.Base(path))%6 != 0 {
			continue
		}
		for name, spoil := range breaks {
			text := spoil(file.text, rng.IntN(len(file.text)))
			f, err := rulefile.Open("f.yml", text)
			if err == nil {
				same, err := f.Apply(nil)
				require.NoError(t, err)
				require.Equal(t, string(text), string(same))
				continue
			}
			refused[name]++
			lines := bytes.Count(text, []byte("\n")) + 1
			for one := range strings.SplitSeq(err.Error(), "\nf.yml:") {
				one = "f.yml:" + strings.TrimPrefix(one, "f.yml:")
				m := placed.FindStringSubmatch(one)
				if !assert.NotNil(t, m, "%s: %s: %s", path, name, one) {
					return
				}
				line, _ := strconv.Atoi(m[1])
				column, _ := strconv.Atoi(m[2])
				assert.True(t, line >= 1 && line <= lines && column >= 1, "%s: %s: %s", path, name, one)
			}
		}
	}
	for name := range breaks {
		assert.Greater(t, refused[name], 2, name)
	}
}
