package report

import (
	"bufio"
	"encoding/json"
	"io"
	"reflect"
	"strings"
)

// writeParts writes a struct as an encoder that indents by two spaces would, but field
// by field, and the elements of a slice one by one: a report of thousands of SLOs and
// rules takes fifty megabytes, which then never lie in memory as a whole. Every field
// has the name that its tag says, and none is left out where it is empty.
func writeParts(w io.Writer, of reflect.Value) error {
	out := bufio.NewWriterSize(w, 64<<10)
	text := func(parts ...string) {
		for _, p := range parts {
			_, _ = out.WriteString(p) // Flush tells of every error
		}
	}
	before := "{\n"
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Type().Field(i).Tag.Get("json"), ",")
		text(before, `  "`, name, `": `)
		before = ",\n"
		if err := writePart(out, of.Field(i)); err != nil {
			return err
		}
	}
	text("\n}\n")
	return out.Flush()
}

// writePart writes a field.
func writePart(out *bufio.Writer, field reflect.Value) error {
	if field.Kind() != reflect.Slice || field.Len() == 0 {
		return writeIndented(out, "  ", field)
	}
	before := "[\n    "
	for i := range field.Len() {
		_, _ = out.WriteString(before) // Flush tells of every error
		before = ",\n    "
		if err := writeIndented(out, "    ", field.Index(i)); err != nil {
			return err
		}
	}
	_, err := out.WriteString("\n  ]")
	return err
}

func writeIndented(out *bufio.Writer, prefix string, v reflect.Value) error {
	text, err := json.MarshalIndent(v.Interface(), prefix, "  ")
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}
