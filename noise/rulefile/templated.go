package rulefile

import (
	"path"
	"regexp"
	"strings"
)

// The marks of sources that a template engine reads first.
var (
	jsonnetMark = regexp.MustCompile(`(?m)^\s*(local\s+\w+\s*=|\(?import\s+['"]|[\w'"]+\s*\+?::)|\bimport\s+['"][^'"]+\.(lib|json)sonnet['"]|\w\+:{1,3}`)
	helmMark    = regexp.MustCompile(`\{\{-?\s*(/\*|if\b|else\b|end\b|range\b|with\b|define\b|template\b|include\b|block\b|tpl\b|toYaml\b|printf\b|\.Values\b|\.Release\b|\.Chart\b|\$?\.Values\b|` + "`" + `|"\{\{)`)
	helmObject  = regexp.MustCompile(`\{\{[^}\n]{0,200}(\$?\.(Values|Release|Chart|Capabilities|Files)\b|\binclude\s+")`)
	jinjaMark   = regexp.MustCompile(`\{%-?\s*\w+`)
	anyTemplate = regexp.MustCompile(`(?m)(^\s*(-\s+)?(\w+:\s*)?|^\s*\S*)\{\{`)
)

// jsonnet tells whether a file is jsonnet, by its name or its text.
func jsonnet(file string, text []byte) error {
	switch ext := strings.ToLower(path.Ext(file)); ext {
	case ".jsonnet", ".libsonnet":
		at := jsonnetMark.FindIndex(text)
		if at == nil {
			at = []int{0}
		}
		return templateAt(file, text, at[0], languageJsonnet)
	}
	return nil
}

// templated is the error for a text that is no sound rule file: a TemplatedError
// where that is because of a template's marks, else the error that was found.
func templated(file string, text []byte, found error) error {
	if at := jinjaMark.FindIndex(text); at != nil {
		return templateAt(file, text, at[0], languageJinja)
	}
	if at := helmMark.FindIndex(text); at != nil {
		return templateAt(file, text, at[0], languageGo)
	}
	if at := bareTemplate(text); at >= 0 {
		return templateAt(file, text, at, languageGo)
	}
	if at := jsonnetMark.FindIndex(text); at != nil && !strings.Contains(string(text), "\ngroups:") {
		return templateAt(file, text, at[0], languageJsonnet)
	}
	return found
}

// bareTemplate finds {{ where YAML would have a key or a value without quotes;
// -1 where there is none.
func bareTemplate(text []byte) int {
	at := anyTemplate.FindIndex(text)
	if at == nil {
		return -1
	}
	return at[1] - 2
}

// helmObjects finds, in a text that is YAML all the same, what only Helm knows.
func helmObjects(file string, text []byte) error {
	if at := helmObject.FindIndex(text); at != nil {
		return templateAt(file, text, at[0], languageGo)
	}
	return nil
}

func templateAt(file string, text []byte, at int, language string) error {
	src := newSource(text)
	for at < len(text) && (isBlank(text[at]) || breakWidth(text, at) > 0) {
		at++
	}
	line, column := src.place(at)
	return &TemplatedError{
		Where:    Error{file, line, column, "the source is written for " + language + ", which makes the rule file"},
		Language: language,
	}
}
