package noise

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Deploy is a change that went out: a version of a service that was rolled out
// or back at an instant.
type Deploy struct {
	At     time.Time
	Labels labels.Labels // whose deploy it is; as Incident.Labels
	Note   string
}
