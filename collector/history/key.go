package history

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// idOf is the number by which something is known in the store: 63 bits of a hash
// of its key.
func idOf(key []byte) int64 {
	sum := sha256.Sum256(key)
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// appendPart appends a part of a key. Keys of the same parts compare as their
// parts do, one after the other: a part ends in 0 1, and a zero in it is 0 255.
func appendPart(key []byte, part string) []byte {
	for {
		before, after, found := strings.Cut(part, "\x00")
		key = append(key, before...)
		if !found {
			return append(key, 0, 1)
		}
		key = append(key, 0, 0xff)
		part = after
	}
}

// errKey: bytes in the store are no key.
var errKey = errors.New("a key in the history store is broken")

// cutPart takes the first part off a key.
func cutPart(key []byte) (part string, rest []byte, err error) {
	end := bytes.Index(key, []byte{0, 1})
	if end < 0 {
		return "", nil, errKey
	}
	return string(bytes.ReplaceAll(key[:end], []byte{0, 0xff}, []byte{0})), key[end+2:], nil
}

// alertKey is the key of an alert, or of a group of an SLO; the order of keys is that
// of name and labels.
func alertKey(rule string, ls labels.Labels) []byte {
	return appendLabels(appendPart(nil, rule), ls)
}

func appendLabels(key []byte, ls labels.Labels) []byte {
	ls.Range(func(l labels.Label) {
		if l.Value != "" { // which is the same as no label
			key = appendPart(appendPart(key, l.Name), l.Value)
		}
	})
	return key
}

// splitAlertKey reads what alertKey wrote.
func splitAlertKey(key []byte) (rule string, ls labels.Labels, err error) {
	if rule, key, err = cutPart(key); err != nil {
		return "", ls, err
	}
	ls, err = splitLabels(key)
	return rule, ls, err
}

// splitLabels reads what appendLabels wrote.
func splitLabels(key []byte) (labels.Labels, error) {
	var parts []string
	for len(key) > 0 {
		part, rest, err := cutPart(key)
		if err != nil {
			return labels.Labels{}, err
		}
		parts, key = append(parts, part), rest
	}
	if len(parts)%2 != 0 {
		return labels.Labels{}, errKey
	}
	return labels.FromStrings(parts...), nil
}

// plain is text as both databases take it: valid UTF-8 without zeros.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// millis is a time as the store holds it; nil for the zero time.
func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMilli())
}

// instant is a time of the store; zero for nil.
func instant(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return time.UnixMilli(*ms).UTC()
}
