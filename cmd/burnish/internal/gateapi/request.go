package gateapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/slo/gate"
)

// read reads a request; the status is for when it can't be read.
func read(w http.ResponseWriter, r *http.Request) (asked, int, error) {
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, r.Method) {
		return asked{}, http.StatusMethodNotAllowed, fmt.Errorf("%.20s is not how the gate is asked", r.Method)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return asked{}, http.StatusRequestEntityTooLarge, fmt.Errorf("a question has at most %d bytes", maxBody)
	}
	if err != nil {
		return asked{}, http.StatusBadRequest, errors.New("the question could not be read to its end")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return asked{}, http.StatusBadRequest, errors.New("the query of the URL can't be read")
	}
	out, err := readBody(body)
	if err == nil {
		err = out.overlay(query)
	}
	if err == nil {
		err = out.check()
	}
	if err != nil {
		return asked{}, http.StatusBadRequest, err
	}
	return out, http.StatusOK, nil
}

// flaggerCall is the payload of a Flagger webhook. Checksum and namespace change
// nothing in the answer.
type flaggerCall struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Phase     string            `json:"phase"`
	Checksum  string            `json:"checksum"`
	Metadata  map[string]string `json:"metadata"`
}

// ownCall is a question in burnish's own form, which web metrics send too.
type ownCall struct {
	SLO      texts  `json:"slo"`
	SLOs     texts  `json:"slos"`
	Service  texts  `json:"service"`
	Services texts  `json:"services"`
	Change   string `json:"change"`
	Share    string `json:"share"`
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON reads a text, which commas divide, or a list of texts.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = split(one)
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// split divides a text at commas and leaves out what is empty.
func split(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// readBody reads the body; an empty one asks nothing by itself. A call of Flagger
// is told by its namespace and phase, which it always sends.
func readBody(body []byte) (asked, error) {
	out := asked{shape: shapeMetric}
	if len(bytes.TrimSpace(body)) == 0 {
		return out, nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(body, &keys); err != nil {
		return out, errors.New("the body is no JSON object")
	}
	_, namespace := keys["namespace"]
	_, phase := keys["phase"]
	if namespace || phase {
		return readFlagger(body)
	}
	var own ownCall
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&own); err != nil {
		return out, fmt.Errorf("read the question: %w", err)
	}
	out.SLOs, out.Services = slices.Concat(own.SLO, own.SLOs), slices.Concat(own.Service, own.Services)
	out.Change = own.Change
	return out, out.share(own.Share)
}

// readFlagger takes the SLOs, services and the kind of change from the metadata of
// the webhook; without them it is about the service that is called as the canary.
func readFlagger(body []byte) (asked, error) {
	out := asked{shape: shapeFlagger}
	var call flaggerCall
	if err := json.Unmarshal(body, &call); err != nil {
		return out, fmt.Errorf("read the webhook: %w", err)
	}
	out.SLOs, out.Services = split(call.Metadata["slo"]), split(call.Metadata["service"])
	out.Change = call.Metadata["change"]
	if len(out.SLOs)+len(out.Services) == 0 {
		if call.Name == "" {
			return out, errors.New("the webhook has neither a name nor the metadata slo or service")
		}
		out.Services, out.guessed = []string{call.Name}, true
	}
	return out, out.share(call.Metadata["share"])
}

func (a *asked) share(text string) error {
	if text == "" || text == "0" || text == "0%" {
		return nil
	}
	var err error
	a.Share, err = gate.ParseShare(text)
	return err
}

// overlay takes what the query of the URL says: slo, service, change, share, and
// for Flagger hook.
func (a *asked) overlay(q url.Values) error {
	if a.guessed && (q.Has("slo") || q.Has("service")) {
		a.Services = nil
	}
	for key, values := range q {
		names := split(strings.Join(values, ","))
		if (key == "slo" || key == "service") && len(names) == 0 {
			return fmt.Errorf("%s is empty: leave it out to ask about all", key)
		}
		switch key {
		case "slo":
			a.SLOs = append(a.SLOs, names...)
		case "service":
			a.Services = append(a.Services, names...)
		case "change":
			a.Change = values[0]
		case "share":
			if err := a.share(values[0]); err != nil {
				return err
			}
		case "hook":
			a.hook = hook(values[0])
			a.shape = shapeFlagger
		default:
			return fmt.Errorf("%.40q is nothing to ask the gate: it knows slo, service, change, share and hook", key)
		}
	}
	return nil
}

// check bounds what was asked.
func (a *asked) check() error {
	names := slices.Concat(a.SLOs, a.Services, []string{a.Change})
	if len(names) > maxNames {
		return fmt.Errorf("a question names at most %d SLOs and services", maxNames-1)
	}
	for _, name := range names {
		if len(name) > maxName {
			return fmt.Errorf("a name has at most %d bytes", maxName)
		}
	}
	switch a.hook {
	case hookGate, hookRollback, hookEvent:
		return nil
	case "gate":
		a.hook = hookGate
		return nil
	}
	return fmt.Errorf("hook %.40q is none of gate, rollback and event", string(a.hook))
}
