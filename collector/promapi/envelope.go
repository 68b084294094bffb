package promapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// envelope is every other answer of the API.
type envelope[T any] struct {
	Status    string   `json:"status"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
	Data      *T       `json:"data"`
}

// decodeData reads the data of an answer that is small enough to be held.
func decodeData[T any](from io.Reader) (data T, said remarks, err error) {
	in, err := sniff(from)
	if err != nil {
		return data, said, err
	}
	var e envelope[T]
	if err := json.NewDecoder(in).Decode(&e); err != nil {
		if errors.Is(err, errTooLarge) {
			return data, said, err
		}
		return data, said, malformed(err)
	}
	for _, w := range e.Warnings {
		said.warnings = addOnce(said.warnings, w)
	}
	switch {
	case e.Status == "error":
		return data, said, &APIError{
			Status: http.StatusOK, Type: printable(e.ErrorType, shownText), Message: printable(e.Error, errorBytes),
		}
	case e.Status != "success":
		return data, said, fmt.Errorf("%w: it has no status", errShape)
	case e.Data == nil:
		return data, said, nil
	}
	return *e.Data, said, nil
}
