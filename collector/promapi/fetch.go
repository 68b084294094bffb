package promapi

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
)

// Fetch is a request of something that is not Prometheus' API but is asked in the
// same way: with the same log-in, limits, tries and care with secrets.
type Fetch struct {
	What  string // what is asked for, for errors: "list silences"
	API   string // whose API it is, for errors: "Alertmanager API"
	Path  string // below the client's URL
	Query url.Values
}

// Fetch gets a page and hands the body of its 2xx answer to take, unpacked and
// bounded by Options.MaxBytes. It asks again where that may help, so take begins
// afresh at every call. Errors say what was asked and what to do, and hold no
// credentials; a refusal is an *APIError.
func (c *Client) Fetch(ctx context.Context, f Fetch, take func(io.Reader) error) error {
	err := c.do(ctx, ask{verb: f.What, path: f.Path, form: f.Query, get: true}, func(a *answer) error {
		in, err := sniff(a)
		if err != nil {
			return err
		}
		return take(in)
	})
	return f.name(err)
}

// name puts the API's own name into the advice of an error.
func (f Fetch) name(err error) error {
	swap := strings.NewReplacer("Prometheus API", f.API, "? Mimir's ends in /prometheus, for one", "?")
	var api *APIError
	var known *failure
	switch {
	case errors.As(err, &api):
		api.hint = swap.Replace(api.hint)
	case errors.As(err, &known):
		known.came, known.hint = swap.Replace(known.came), swap.Replace(known.hint)
	}
	return err
}
