package route

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// SuggestOptions say what suggestions are made from. The zero value of each field
// but the first means its default.
type SuggestOptions struct {
	Options                    // of the replays
	Incidents []noise.Incident // none: nothing is known to be hidden, and suggestions say so
	// Lead is how long before an incident a notification still counts for it;
	// 15 minutes.
	Lead time.Duration
	// Most is how many candidates are replayed, the most promising first; 25.
	Most int
	// Least is how many notifications a week a suggestion has to save; 1.
	Least float64
	// Keep are labels that tell things apart, which grouping never gives up;
	// cluster, environment, namespace, region, service and others by default.
	Keep []string
}

func (o SuggestOptions) withDefaults() SuggestOptions {
	o.Options = o.Options.withDefaults()
	if o.Lead == 0 {
		o.Lead = 15 * time.Minute
	}
	if o.Most == 0 {
		o.Most = 25
	}
	if o.Least == 0 {
		o.Least = 1
	}
	if o.Keep == nil {
		o.Keep = strings.Fields("app application cluster component customer datacenter dc deployment env environment job namespace product project region service stage team tenant zone")
	}
	return o
}

// Suggestion is a change of the Alertmanager's configuration with its price.
type Suggestion struct {
	Change Change
	// Source and Target are the rules of an inhibition; zero otherwise.
	Source, Target noise.RuleKey
	Saves          Comparison // by replaying the same history with and without it
	// Hidden is how many incidents nobody would have been told of any more, or
	// paged for where somebody was; it is 0 in everything that is suggested.
	// Incidents is how many were looked at.
	Hidden, Incidents int
	// YAML is the change as it would stand in alertmanager.yml.
	YAML string
}

// YAML is the inhibition as an entry of inhibit_rules.
func (in Inhibition) YAML() string {
	var b strings.Builder
	b.WriteString("inhibit_rules:\n  - source_matchers: [" + matchers(in.Source) + "]\n    target_matchers: [" + matchers(in.Target) + "]\n")
	if len(in.Equal) > 0 {
		b.WriteString("    equal: [" + quotedAll(in.Equal) + "]\n")
	}
	return b.String()
}

// matchers writes matchers as Alertmanager reads them, each as a quoted scalar.
func matchers(ms []Match) string {
	out := make([]string, len(ms))
	for i, m := range ms {
		name := m.Name
		if strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
			name = quote(name)
		}
		out[i] = scalar(name + "=" + quote(m.Value))
	}
	return strings.Join(out, ", ")
}

// quote writes a value with the three escapes that every parser of Alertmanager
// knows.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func quotedAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = scalar(n)
	}
	return strings.Join(out, ", ")
}

func plain(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// scalar is a text as a YAML scalar, plain where it is a simple word.
func scalar(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) && strings.ContainsFunc(s, func(r rune) bool { return r > '9' && r != '_' }) && !reserved(s) {
		return s
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r > 0x7e }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.QuoteToASCII(s)
}

// reserved are the words that YAML takes for something else.
func reserved(s string) bool {
	return slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, strings.ToLower(s))
}
