package config

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// position is a place in the configuration file, counted from 1.
type position struct{ line, column int }

// decoder walks a YAML tree beside the Config it fills. Unlike the YAML
// library's own strict mode it goes on after a fault, knows columns, and
// remembers where each setting stands for the checks that come later.
type decoder struct {
	file   string
	seen   map[string]position // where a setting stands in the file
	origin map[string]string   // what set it, where that was not the file
	errs   Errors
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, seen: map[string]position{}, origin: map[string]string{}}
}

// fail notes a fault of a setting at the place where it stands, or where what
// encloses it stands.
func (d *decoder) fail(setting, format string, args ...any) {
	fault := Error{File: d.file, Setting: setting, Message: fmt.Sprintf(format, args...)}
	if from, ok := d.origin[setting]; ok {
		fault.File = from
	} else {
		at := d.place(setting)
		fault.Line, fault.Column = at.line, at.column
	}
	d.errs = append(d.errs, fault)
}

// place is where a setting stands, or the nearest that encloses it; the whole
// document always has a place.
func (d *decoder) place(setting string) position {
	for {
		if at, ok := d.seen[setting]; ok || setting == "" {
			return at
		}
		setting = parent(setting)
	}
}

// parent is the setting that encloses another: a.b[0] is in a.b, a.b in a.
func parent(setting string) string {
	return setting[:max(0, strings.LastIndexAny(setting, ".["))]
}

// syntaxLine finds the line in the YAML library's own words.
var syntaxLine = regexp.MustCompile(`^yaml: line (\d+): `)

func (d *decoder) document(text []byte, into *Config) {
	d.seen[""] = position{1, 1}
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return
	} else if err != nil {
		d.syntax(err)
		return
	}
	d.value(doc.Content[0], reflect.ValueOf(into).Elem(), "")
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		d.seen[""] = position{second.Line, second.Column}
		d.fail("", "a second document; a configuration is one")
		return
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
}

func (d *decoder) syntax(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil {
		if line, numErr := strconv.Atoi(m[1]); numErr == nil {
			d.seen[""] = position{line, 1}
			message = err.Error()[len(m[0]):]
		}
	}
	d.fail("", "not YAML: %s", message)
}

// value fills v from n. A null leaves the default.
func (d *decoder) value(n *yaml.Node, v reflect.Value, setting string) {
	d.seen[setting] = position{n.Line, n.Column}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == "!!null" {
		return
	}
	switch {
	case isText(v), v.Kind() == reflect.String, v.Kind() == reflect.Int, v.Kind() == reflect.Float64, v.Kind() == reflect.Bool:
		d.scalar(n, v, setting)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, setting)
	case v.Kind() == reflect.Slice:
		d.list(n, v, setting)
	case v.Kind() == reflect.Map:
		d.texts(n, v, setting)
	}
}

func isText(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
	return ok
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, setting string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(setting, "want a single value, not %s", kindName(n))
		return
	}
	if err := setText(v, n.Value); err != nil {
		d.fail(setting, "%v", err)
	}
}

// setText sets a scalar from its text.
func setText(v reflect.Value, text string) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("%q is no duration; write it like 30s, 5m, 7d", text)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%q is no number", text)
		}
		v.SetFloat(f)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(text == "true")
	default:
		v.SetString(text)
	}
	return nil
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, setting string) {
	if n.Kind != yaml.MappingNode {
		d.fail(setting, "want settings by name (%s), not %s", strings.Join(fieldNames(v.Type()), ", "), kindName(n))
		return
	}
	d.pairs(n, setting, func(key, value *yaml.Node) {
		f, ok := fieldByName(v, key.Value)
		name := join(setting, key.Value)
		if !ok {
			d.seen[name] = position{key.Line, key.Column}
			d.fail(name, "no such setting%s", suggestion(key.Value, fieldNames(v.Type())))
			return
		}
		d.value(value, f, name)
	})
}

// pairs calls f for each key of a mapping and faults a key that comes twice or
// is no plain text.
func (d *decoder) pairs(n *yaml.Node, setting string, f func(key, value *yaml.Node)) {
	known := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := join(setting, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			d.seen[name] = position{key.Line, key.Column}
			d.fail(name, "a name has to be plain text, not %s", kindName(key))
		case known[key.Value]:
			d.seen[name] = position{key.Line, key.Column}
			d.fail(name, "given twice")
		default:
			known[key.Value] = true
			f(key, value)
		}
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, setting string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(setting, "want a list, not %s", kindName(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		if s, ok := reflect.TypeAssert[*Source](v.Index(i).Addr()); ok {
			*s = DefaultSource()
		}
		if s, ok := reflect.TypeAssert[*Schedule](v.Index(i).Addr()); ok {
			*s = DefaultSchedule()
		}
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", setting, i))
	}
}

func (d *decoder) texts(n *yaml.Node, v reflect.Value, setting string) {
	if n.Kind != yaml.MappingNode {
		d.fail(setting, "want values by name, not %s", kindName(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(n, setting, func(key, value *yaml.Node) {
		name := join(setting, key.Value)
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(value, item, name)
		v.SetMapIndex(reflect.ValueOf(key.Value), item)
	})
}

func join(setting, name string) string {
	if setting == "" {
		return name
	}
	return setting + "." + name
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "settings by name"
	default:
		return "a single value"
	}
}

func fieldByName(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag == name && tag != notASetting {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// notASetting is the tag of a field that no file can set.
const notASetting = "-"

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != notASetting {
			names = append(names, tag)
		}
	}
	return names
}

// suggestion names the known settings: the one that was probably meant, else
// all.
func suggestion(name string, known []string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(s))
	}
	i := slices.IndexFunc(known, func(k string) bool {
		a, b := plain(name), plain(k)
		return a == b || a+"s" == b || a == b+"s"
	})
	if i >= 0 {
		return "; did you mean " + known[i] + "?"
	}
	return "; known here: " + strings.Join(known, ", ")
}
