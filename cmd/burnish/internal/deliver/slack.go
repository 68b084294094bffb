package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/cenkalti/backoff/v5"
	"github.com/slack-go/slack"

	"github.com/burnish-sre/burnish/config"
)

// passing are the errors of Slack's API that pass.
var passing = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited", "rate_limited"}

// slackChannel is a channel of Slack.
type slackChannel struct{ o config.Slack }

func (s slackChannel) name() string { return s.o.Name }
func (slackChannel) kind() string   { return "slack" }

func (s slackChannel) send(ctx context.Context, r Report) error {
	message, err := r.Slack()
	if err != nil {
		return backoff.Permanent(fmt.Errorf("make the message: %w", err))
	}
	var blocks slack.Blocks
	if len(message.Blocks) > 0 {
		if err := json.Unmarshal(message.Blocks, &blocks); err != nil {
			return backoff.Permanent(fmt.Errorf("make the message: %w", err))
		}
	}
	if s.o.WebhookURLFile != "" {
		return s.byWebhook(ctx, message.Text, blocks)
	}
	return s.byToken(ctx, message.Text, blocks)
}

func (s slackChannel) byWebhook(ctx context.Context, text string, blocks slack.Blocks) error {
	address, err := secret(s.o.WebhookURLFile)
	if err != nil {
		return err
	}
	c, err := client("")
	if err != nil {
		return err
	}
	m := &slack.WebhookMessage{Text: text}
	if len(blocks.BlockSet) > 0 {
		m.Blocks = &blocks
	}
	err = slack.PostWebhookCustomHTTPContext(ctx, address, c, m)
	return hide(judged(err), partsOf(address)...)
}

func (s slackChannel) byToken(ctx context.Context, text string, blocks slack.Blocks) error {
	token, err := secret(s.o.TokenFile)
	if err != nil {
		return err
	}
	c, err := client("")
	if err != nil {
		return err
	}
	options := []slack.Option{slack.OptionHTTPClient(c)}
	if s.o.APIURL != "" {
		options = append(options, slack.OptionAPIURL(strings.TrimSuffix(s.o.APIURL, "/")+"/"))
	}
	parts := []slack.MsgOption{slack.MsgOptionText(text, false)}
	if len(blocks.BlockSet) > 0 {
		parts = append(parts, slack.MsgOptionBlocks(blocks.BlockSet...))
	}
	_, _, err = slack.New(token, options...).PostMessageContext(ctx, s.o.Channel, parts...)
	return hide(judged(err), token)
}

// judged tells what may work later from what can't.
func judged(err error) error {
	if err == nil {
		return nil
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return laterError(errors.New("Slack asks to come again later"), int(limited.RetryAfter.Seconds())) //nolint:revive // a name
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return answered(status.Code, nil, "")
	}
	if said, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		plain := fmt.Errorf("Slack answered%s", quoted(said.Err)) //nolint:revive // a name
		if slices.Contains(passing, said.Err) {
			return plain
		}
		return backoff.Permanent(plain)
	}
	return withoutURL(err)
}

// partsOf are an address that is a secret, and what of it an error may quote.
func partsOf(address string) []string {
	out := []string{address}
	if u, err := url.Parse(address); err == nil {
		out = append(out, strings.TrimPrefix(u.Path, "/"), u.Host, u.Hostname())
	}
	return out
}
