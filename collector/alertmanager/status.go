package alertmanager

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Status is what an Alertmanager says of itself.
type Status struct {
	Version string
	// Config is the configuration in force as YAML, with secrets masked.
	Config string
	// Started is when the process began.
	Started time.Time
	// Peers is how many members its cluster has, itself included; 0 without one.
	Peers int
}

// Status asks for the configuration in force.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var told struct {
		Cluster     struct{ Peers []json.RawMessage }
		VersionInfo struct{ Version string }
		Config      struct{ Original string }
		Uptime      time.Time
	}
	err := c.fetch(ctx, "read the configuration", "/status", nil, func(from io.Reader) error {
		if err := json.NewDecoder(from).Decode(&told); err != nil {
			return fmt.Errorf("%w: %w", errShape, err)
		}
		if told.Config.Original == "" {
			return fmt.Errorf("%w: it holds no configuration", errShape)
		}
		return nil
	})
	if err != nil {
		return Status{}, err
	}
	return Status{
		Version: cut(told.VersionInfo.Version), Config: told.Config.Original,
		Started: told.Uptime.UTC(), Peers: len(told.Cluster.Peers),
	}, nil
}

// Alert is an alert that Alertmanager knows now.
type Alert struct {
	// Labels include the alertname, external labels and whatever Prometheus'
	// alert relabelling made of them.
	Labels      labels.Labels
	Annotations labels.Labels
	Fingerprint string // 16 hexadecimal digits
	// StartsAt is when it began to fire; EndsAt, while it fires, when it is
	// taken for resolved unless Prometheus says otherwise.
	StartsAt, EndsAt, UpdatedAt time.Time
	Receivers                   []string
	State                       string // "active", "suppressed" or "unprocessed"
	SilencedBy, InhibitedBy     []string
}

// alert is one as the API writes it.
type alert struct {
	Labels      map[string]string
	Annotations map[string]string
	Fingerprint string
	StartsAt    time.Time
	EndsAt      time.Time
	UpdatedAt   time.Time
	Receivers   []struct{ Name string }
	Status      struct {
		State       string
		SilencedBy  []string
		InhibitedBy []string
	}
}

// Alerts lists the alerts that have not ended, the suppressed ones included.
func (c *Client) Alerts(ctx context.Context) ([]Alert, error) {
	var out []Alert
	err := c.fetch(ctx, "list alerts", "/alerts", nil, func(from io.Reader) error {
		out = nil
		return list(from, func(a alert) error {
			got := Alert{
				Labels: labels.FromMap(a.Labels), Annotations: labels.FromMap(a.Annotations), Fingerprint: cut(a.Fingerprint),
				StartsAt: a.StartsAt.UTC(), EndsAt: a.EndsAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
				State: cut(a.Status.State), SilencedBy: a.Status.SilencedBy, InhibitedBy: a.Status.InhibitedBy,
			}
			for _, r := range a.Receivers {
				got.Receivers = append(got.Receivers, r.Name)
			}
			out = append(out, got)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
