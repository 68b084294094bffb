package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// answerError is an answer that is not 200, in words of what to do.
type answerError struct {
	status int
	words  string
}

// Error is what to do about the answer.
func (e *answerError) Error() string { return e.words }

func isNotFound(err error) bool { return hasStatus(err, http.StatusNotFound) }

func isRefused(err error) bool {
	return hasStatus(err, http.StatusUnauthorized) || hasStatus(err, http.StatusForbidden)
}

func hasStatus(err error, status int) bool {
	var answer *answerError
	return errors.As(err, &answer) && answer.status == status
}

func newAnswerError(resp *http.Response, body []byte) error {
	var said struct{ Message, Status string }
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		said.Message = string(body)
	}
	words := fmt.Sprintf("Grafana answers %d: %s", resp.StatusCode, short(said.Message))
	return &answerError{status: resp.StatusCode, words: words + hint(resp, said.Status)}
}

// hint is what to do about an answer.
func hint(resp *http.Response, status string) string {
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized:
		return "; give the token of a service account in --grafana.token-file"
	case code == http.StatusForbidden:
		return "; the service account needs the role Editor, or the right to write dashboards and folders"
	case code == http.StatusPreconditionFailed && status == "version-mismatch":
		return "; somebody saved it in the meantime, push again to write over that"
	case code == http.StatusPreconditionFailed && status == "name-exists":
		return "; rename or remove the other dashboard, or use another --grafana.folder"
	case code == http.StatusPreconditionFailed:
		return "; look at the dashboard in Grafana, then push again"
	case code >= 300 && code < 400:
		return "; it leads to " + short(resp.Header.Get("Location")) + ", give the address that answers in --grafana.url"
	case code >= 500:
		return "; its log says more, and a push can be repeated at any time"
	}
	return ""
}

// longestMessage bounds what is shown of what a server says.
const longestMessage = 300

// short makes a server's text safe to show: one line, of a bounded length.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if s = strings.Join(strings.Fields(s), " "); s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > longestMessage {
		return string(r[:longestMessage]) + "…"
	}
	return s
}
