package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Reference is a Markdown table of every setting with its default, its
// environment variable and what it is, made from the Config type itself.
func Reference() string {
	var b strings.Builder
	b.WriteString("| setting | default | environment | what it is |\n|---|---|---|---|\n")
	section(&b, reflect.ValueOf(Default()).Elem(), "", true)
	return b.String()
}

// section writes a row for each field; a list of sources becomes its fields
// under sources[]. Only settings with a fixed name have an environment variable.
func section(b *strings.Builder, v reflect.Value, setting string, fixed bool) {
	for i := range v.NumField() {
		f, t := v.Field(i), v.Type().Field(i)
		if t.Tag.Get("yaml") == notASetting {
			continue
		}
		name := join(setting, t.Tag.Get("yaml"))
		env := ""
		if fixed && isScalar(f) {
			env = "`" + EnvName(name) + "`"
		}
		doc := strings.ReplaceAll(t.Tag.Get("doc"), "|", `\|`)
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, defaultText(f), env, doc)
		switch {
		case f.Kind() == reflect.Struct:
			section(b, f, name, fixed)
		case f.Type() == reflect.TypeFor[[]Source]():
			section(b, reflect.ValueOf(DefaultSource()), name+"[]", false)
		case f.Type() == reflect.TypeFor[[]Schedule]():
			section(b, reflect.ValueOf(DefaultSchedule()), name+"[]", false)
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			section(b, reflect.Zero(f.Type().Elem()), name+"[]", false)
		}
	}
}

func isScalar(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map:
		return false
	default:
		return true
	}
}

// defaultText is the default as it would stand in a file; empty where there is
// none.
func defaultText(v reflect.Value) string {
	if v.Kind() == reflect.Struct || v.IsZero() && v.Kind() != reflect.Bool {
		return ""
	}
	if list, ok := reflect.TypeAssert[[]string](v); ok {
		return "`[" + strings.Join(list, ", ") + "]`"
	}
	return fmt.Sprintf("`%v`", v.Interface())
}
