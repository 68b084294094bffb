package spec

import (
	"cmp"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo/spelling"
)

// object is a mapping that is being read. What it holds besides the keys that
// its format knows is an error in burnish's own format and a note in others.
// Its methods answer with the zero value where a key is absent or wrong, and
// the decoder has the error.
type object struct {
	d      *decoder
	at     *yaml.Node
	name   string // what it is, for people
	values map[string]*yaml.Node
}

// object opens a mapping. Where n is nil or null it is empty.
func (d *decoder) object(n *yaml.Node, name string, keys []string) object {
	o := object{d: d, at: n, name: name, values: map[string]*yaml.Node{}}
	if n == nil || isNull(n) || !d.visit(n) {
		return o
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping", name)
		return o
	}
	all, own := pairs(n, 0)
	for i, kv := range all {
		key := kv.key.Value
		_, twice := o.values[key]
		switch {
		case twice && i < own:
			d.fail(kv.key, "%s: key %q is there twice", name, key)
		case twice:
		case slices.Contains(keys, key):
			o.values[key] = kv.value
		default:
			o.unknown(kv.key, keys)
		}
	}
	return o
}

// extension is how keys begin that hold what anchors name, at the top of a
// document.
const extension = "x-"

func (o object) unknown(key *yaml.Node, keys []string) {
	hint := ""
	if near := spelling.Nearest(key.Value, keys); near != "" {
		hint = "; did you mean " + near + "?"
	}
	switch {
	case o.d.format != FormatBurnish:
		o.d.lost(key, "%s: key %q is unknown and was ignored%s", o.name, key.Value, hint)
	case o.name == "document" && strings.HasPrefix(key.Value, extension):
	default:
		o.d.fail(key, "%s: unknown key %q%s", o.name, key.Value, hint)
	}
}

// get is the value of a key; nil where it is absent or null.
func (o object) get(key string) *yaml.Node {
	if v := o.values[key]; v != nil && !isNull(v) {
		return v
	}
	return nil
}

// node is the value of a key, or the object where it is absent: a place for
// errors.
func (o object) node(key string) *yaml.Node { return cmp.Or(o.get(key), o.at) }

func (o object) fail(key, format string, args ...any) {
	o.d.fail(o.node(key), o.name+": "+key+": "+format, args...)
}

// child opens the mapping of a key.
func (o object) child(key, name string, keys []string) object {
	return o.d.object(o.get(key), name, keys)
}

// text is a text; any scalar is one, as it is written.
func (o object) text(key string) string {
	v := o.get(key)
	if v == nil {
		return ""
	}
	if !isText(v) {
		o.fail(key, "must be text")
		return ""
	}
	return v.Value
}

// needed is a text that has to be there.
func (o object) needed(key string) string {
	text := o.text(key)
	if text == "" && (o.get(key) == nil || isText(o.get(key))) {
		o.d.fail(o.node(key), "%s: %s is missing", o.name, key)
	}
	return text
}

// name is what an SLO or a service may be called.
var validName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// maxName is how long a name may be: it becomes part of file and rule names.
const maxName = 128

// called is a text that is fit for a name.
func (o object) called(key string) string {
	text := o.needed(key)
	if text != "" && (!validName.MatchString(text) || len(text) > maxName) {
		o.fail(key, "%.140q is no name: letters, digits, and after the first also - _ . (at most %d)", text, maxName)
		return ""
	}
	return text
}

func (o object) boolean(key string, otherwise bool) bool {
	v := o.get(key)
	if v == nil {
		return otherwise
	}
	var out bool
	if v.Kind != yaml.ScalarNode || v.Decode(&out) != nil {
		o.fail(key, "must be true or false")
		return otherwise
	}
	return out
}

// number is a number that is at least 0.
func (o object) number(key string) float64 {
	v := o.get(key)
	if v == nil {
		return 0
	}
	f, err := strconv.ParseFloat(scalar(v), 64)
	if err != nil || f < 0 || f > 1e18 || f != f {
		o.fail(key, "%q is not a number of 0 or more", scalar(v))
		return 0
	}
	return f
}

// percent is a percentage over 0 and under 100, or up to 100 where whole is
// set, as a ratio.
func (o object) percent(key string, whole bool) float64 {
	text := strings.TrimSpace(strings.TrimSuffix(o.needed(key), "%"))
	if text == "" {
		return 0
	}
	return o.ratio(key, text, 100, whole)
}

// ratio is text divided by one (1 or 100), to the last digit.
func (o object) ratio(key, text string, one int64, whole bool) float64 {
	limit := float64(one)
	f, err := strconv.ParseFloat(text, 64)
	decimal, exact := new(big.Rat), false
	if err == nil && f > 1e-9 && f <= limit {
		decimal, exact = decimal.SetString(text)
	}
	if !exact {
		o.fail(key, "%q is not a number over 0 and under %d", text, one)
		return 0
	}
	ratio, _ := decimal.Quo(decimal, big.NewRat(one, 1)).Float64()
	if ratio == 1 && !whole {
		o.fail(key, "%s leaves no budget: it must be under %d", text, one)
		return 0
	}
	return ratio
}

// duration is a duration as Prometheus writes them; 0 where it is absent.
func (o object) duration(key string) time.Duration {
	v := o.get(key)
	if v == nil {
		return 0
	}
	d, err := model.ParseDuration(scalar(v))
	if err != nil {
		o.fail(key, "%v; write 30d, 1h30m or 300ms", err)
		return 0
	}
	return time.Duration(d)
}

// positive is a duration that has to be there and over 0.
func (o object) positive(key string) time.Duration {
	before := o.d.faults
	d := o.duration(key)
	if d == 0 && o.d.faults == before {
		o.fail(key, "a duration over 0 is needed, as in 5m")
	}
	return d
}

// instant is a time as RFC 3339 writes them.
func (o object) instant(key string) time.Time {
	text := o.needed(key)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.UTC().Year() < 1970 || t.UTC().Year() > 9999 {
		o.fail(key, "%q is not a time: write 2026-01-04T02:00:00Z", text)
		return time.Time{}
	}
	return t.UTC()
}

// link is a URL of the web.
func (o object) link(key string) string {
	text := o.text(key)
	if text == "" {
		return ""
	}
	if !isLink(text) {
		o.fail(key, "%q is not a URL with http or https", text)
		return ""
	}
	return text
}

func isLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// list is the items of a list.
func (o object) list(key string) []*yaml.Node {
	v := o.get(key)
	if v == nil {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		o.fail(key, "must be a list")
		return nil
	}
	out := make([]*yaml.Node, 0, min(len(v.Content), 1000))
	for _, item := range v.Content {
		if !o.d.visit(item) {
			return nil
		}
		out = append(out, resolve(item))
	}
	return out
}

// texts is a list of texts.
func (o object) texts(key string) []string {
	var out []string
	for _, item := range o.list(key) {
		if !isText(item) {
			o.d.fail(item, "%s: %s: must be text", o.name, key)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

// labelNames is a list of label names, sorted.
func (o object) labelNames(key string) []string {
	var out []string
	for _, item := range o.list(key) {
		switch name := scalar(item); {
		case !model.LabelName(name).IsValidLegacy():
			o.d.fail(item, "%s: %s: %q is no label name", o.name, key, name)
		case slices.Contains(out, name):
			o.d.fail(item, "%s: %s: %q is there twice", o.name, key, name)
		default:
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// labels is a mapping of label names to texts; nil where it is empty.
func (o object) labels(key string) map[string]string {
	v := o.get(key)
	if v == nil {
		return nil
	}
	if v.Kind != yaml.MappingNode {
		o.fail(key, "must be a mapping of names to texts")
		return nil
	}
	out := map[string]string{}
	all, own := pairs(v, 0)
	for i, kv := range all {
		name := kv.key.Value
		_, twice := out[name]
		switch {
		case !o.d.visit(kv.key):
			return nil
		case twice && i < own:
			o.d.fail(kv.key, "%s: %s: %q is there twice", o.name, key, name)
		case twice:
		case !validLabel(name):
			o.d.fail(kv.key, "%s: %s: %q is no name that a rule may set", o.name, key, name)
		case !isText(kv.value):
			o.d.fail(kv.value, "%s: %s: %s: must be text", o.name, key, name)
		default:
			out[name] = kv.value.Value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// validLabel tells whether a rule may set a label or annotation.
func validLabel(name string) bool {
	return model.LabelName(name).IsValidLegacy() && !strings.HasPrefix(name, "__") && name != model.AlertNameLabel
}
