package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/burnish-sre/burnish/config"
)

// The headers of a message to a webhook.
const (
	// SignatureHeader is t=SECONDS,v1=HEX: when it was signed, in unix seconds,
	// and the HMAC-SHA256 of these seconds, a dot and the body.
	SignatureHeader = "Burnish-Signature"
	// DeliveryHeader is the same for every try to deliver a report to a target.
	DeliveryHeader = "Burnish-Delivery"
)

// Sign is the value of SignatureHeader.
func Sign(key, body []byte, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// webhook is an address that takes JSON.
type webhook struct {
	o   config.Webhook
	now func() time.Time
}

func (h webhook) name() string { return h.o.Name }
func (webhook) kind() string   { return "webhook" }

func (h webhook) send(ctx context.Context, r Report) error {
	body, err := r.JSON()
	if err != nil {
		return backoff.Permanent(fmt.Errorf("make the JSON: %w", err))
	}
	req, secrets, err := h.request(ctx, r, body)
	if err != nil {
		return err
	}
	c, err := client(h.o.CAFile)
	if err != nil {
		return err
	}
	defer c.CloseIdleConnections()
	resp, err := c.Do(req)
	if err != nil {
		return hide(withoutURL(err), secrets...)
	}
	defer resp.Body.Close()
	words, _ := io.ReadAll(resp.Body) // only to say what went wrong
	return hide(answered(resp.StatusCode, resp.Header, string(words)), secrets...)
}

// request is the message, and the secrets that are in it.
func (h webhook) request(ctx context.Context, r Report, body []byte) (req *http.Request, secrets []string, err error) {
	address := h.o.URL
	if h.o.URLFile != "" {
		if address, err = secret(h.o.URLFile); err != nil {
			return nil, nil, err
		}
		secrets = append(secrets, partsOf(address)...)
	}
	req, err = http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, nil, hide(withoutURL(err), secrets...)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "burnish")
	req.Header.Set(DeliveryHeader, deliveryID(r.Name(), h.o.Name))
	if h.o.BearerTokenFile != "" {
		token, err := secret(h.o.BearerTokenFile)
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		secrets = append(secrets, token)
	}
	if h.o.SecretFile != "" {
		key, err := secret(h.o.SecretFile)
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set(SignatureHeader, Sign([]byte(key), body, h.now()))
		secrets = append(secrets, key)
	}
	return req, secrets, nil
}

// deliveryID is the same for each try to deliver something to somebody.
func deliveryID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
