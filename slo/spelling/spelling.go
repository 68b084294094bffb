// Package spelling finds the word that a mistyped one was probably meant to be:
// a key of a spec, a metric, the value of a label. It knows no language and
// corrects nothing by itself.
package spelling

import "strings"

// longest bounds what is compared of a word, in bytes.
const longest = 128

// Nearest is the word that a mistyped one is nearest to, the first of several;
// empty where none is near: about a third of its letters, and two at least, may be
// wrong. Case, underscores and hyphens do not count.
func Nearest(word string, of []string) string {
	meant := plain(word)
	best, least := "", 1+max(2, (len(meant)+1)/3)
	for _, w := range of {
		p := plain(w)
		if abs(len(p)-len(meant)) >= least {
			continue
		}
		if n := edits(meant, p); n < least {
			best, least = w, n
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// plain takes out what spellings of one word differ by.
func plain(word string) string {
	if len(word) > longest {
		word = word[:longest]
	}
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(word))
}

// edits is how many bytes must be put in, taken out or changed to get from one
// word to the other (Levenshtein).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal, row[j+1] = row[j+1], min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
