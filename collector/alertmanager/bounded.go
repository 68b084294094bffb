package alertmanager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// bounded reads a message of JSON and stops at the first thing that is over the
// limits, so that a small message can't ask for much memory.
type bounded struct {
	it     *jsoniter.Iterator
	lim    Limits
	alerts int // read so far
	fault  *Refusal

	matched       map[matcherKey]*labels.Matcher // nil for what can't be compiled
	compiledBytes int
}

// newBounded checks the text as a whole and readies it for reading.
func newBounded(body []byte, lim Limits) (*bounded, error) {
	if !utf8.Valid(body) {
		return nil, refuse(FaultUTF8, "it is not UTF-8")
	}
	if !json.Valid(body) {
		return nil, refuse(FaultMalformed, "it is not JSON")
	}
	return &bounded{it: jsoniter.ParseBytes(jsoniter.ConfigDefault, body), lim: lim.withDefaults()}, nil
}

// err is what went wrong in reading.
func (b *bounded) err() error {
	switch {
	case b.fault != nil:
		return b.fault
	case b.it.Error != nil && b.it.Error != io.EOF: //nolint:errorlint // jsoniter's own mark of the end
		return refuse(FaultMalformed, "a value is of another type than it should be")
	}
	return nil
}

func (b *bounded) stop(f Fault, format string, args ...any) {
	if b.fault == nil {
		b.fault = refuse(f, format, args...)
	}
}

func (b *bounded) ok() bool { return b.fault == nil && (b.it.Error == nil || b.it.Error == io.EOF) } //nolint:errorlint // as in err

// object calls field for each name until something is wrong. What field does not
// read it has to skip.
func (b *bounded) object(field func(name string)) {
	if b.it.WhatIsNext() != jsoniter.ObjectValue {
		b.mismatch()
		return
	}
	b.it.ReadObjectCB(func(_ *jsoniter.Iterator, name string) bool {
		field(name)
		return b.ok()
	})
}

// list calls item for each of a list; a null is an empty one.
func (b *bounded) list(item func()) {
	if b.it.WhatIsNext() != jsoniter.ArrayValue {
		b.mismatch()
		return
	}
	b.it.ReadArrayCB(func(*jsoniter.Iterator) bool {
		item()
		return b.ok()
	})
}

// mismatch skips a null and refuses anything else.
func (b *bounded) mismatch() {
	if b.it.WhatIsNext() == jsoniter.NilValue {
		b.it.Skip()
		return
	}
	b.stop(FaultMalformed, "a value is of another type than it should be")
}

func (b *bounded) skip() { b.it.Skip() }

// text reads a text of at most so many bytes. Halves of surrogate pairs, which
// JSON can write and UTF-8 can't, are refused.
func (b *bounded) text(most int) string {
	if next := b.it.WhatIsNext(); next != jsoniter.StringValue {
		b.mismatch()
		return ""
	}
	s := b.it.ReadString()
	if len(s) > most {
		b.stop(FaultTooLong, "a text is longer than %d bytes", most)
		return ""
	}
	if !utf8.ValidString(s) || strings.Contains(s, "\x00") { // databases take no zero bytes
		b.stop(FaultUTF8, "a text is not UTF-8 or holds a zero byte")
		return ""
	}
	return s
}

// remark reads a text that people wrote and cuts it.
func (b *bounded) remark() string {
	return cut(b.text(1 << 20))
}

func (b *bounded) flag() bool {
	if b.it.WhatIsNext() != jsoniter.BoolValue {
		b.mismatch()
		return false
	}
	return b.it.ReadBool()
}

// count reads a number that is not negative. Protobuf writes large ones as text.
func (b *bounded) count() uint64 {
	if next := b.it.WhatIsNext(); next != jsoniter.NumberValue && next != jsoniter.StringValue {
		b.mismatch()
		return 0
	}
	s := string(bytes.Trim(b.it.SkipAndReturnBytes(), "\" \t\r\n"))
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		b.stop(FaultMalformed, "a count is no whole number")
	}
	return n
}

// time reads a time; a null and Alertmanager's year 1 are the zero time.
func (b *bounded) time() time.Time {
	s := b.text(64)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		b.stop(FaultMalformed, "a time is not of RFC 3339")
		return time.Time{}
	}
	if t = t.UTC(); t.Year() <= 1 {
		return time.Time{}
	}
	return t
}

// labelMap reads labels written as an object.
func (b *bounded) labelMap() labels.Labels {
	lb := labels.NewScratchBuilder(8)
	n := 0
	b.object(func(name string) {
		b.addLabel(&lb, &n, name, b.text(b.lim.LabelValue))
	})
	return b.finish(&lb)
}

func (b *bounded) addLabel(lb *labels.ScratchBuilder, n *int, name, value string) {
	*n++
	switch {
	case *n > b.lim.Labels:
		b.stop(FaultTooMany, "an alert has more than %d labels", b.lim.Labels)
	case len(name) > b.lim.LabelName:
		b.stop(FaultTooLong, "the name of a label is longer than %d bytes", b.lim.LabelName)
	case name == "" || !utf8.ValidString(name) || strings.Contains(name, "\x00"):
		b.stop(FaultUTF8, "the name of a label is empty, not UTF-8 or holds a zero byte")
	case value != "": // an empty one is the same as none
		lb.Add(name, value)
	}
}

func (b *bounded) finish(lb *labels.ScratchBuilder) labels.Labels {
	if !b.ok() {
		return labels.EmptyLabels()
	}
	lb.Sort()
	ls := lb.Labels()
	if name, twice := ls.HasDuplicateLabelNames(); twice && name != "" {
		b.stop(FaultMalformed, "an alert has a label twice")
		return labels.EmptyLabels()
	}
	return ls
}

// countAlert bounds the alerts of a message.
func (b *bounded) countAlert() {
	if b.alerts++; b.alerts > b.lim.Alerts {
		b.stop(FaultTooMany, "it names more than %d alerts", b.lim.Alerts)
	}
}

// fingerprint is Alertmanager's of a label set, as it writes it.
func fingerprint(ls labels.Labels) string {
	set := make(model.LabelSet, ls.Len())
	ls.Range(func(l labels.Label) { set[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
	return hex64(uint64(set.Fingerprint()))
}

func hex64(n uint64) string { return fmt.Sprintf("%016x", n) }
