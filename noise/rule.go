package noise

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Rule is an alerting rule as Prometheus knows it. Where only the alert history
// is known (no rules API, no rule files), Name and Labels[severity] are all
// there is, and every other field is zero.
type Rule struct {
	Name          string // the alertname
	Group         string
	File          string
	Line          int // 1-based line of the rule in File; 0 where unknown
	Expr          string
	For           time.Duration
	KeepFiringFor time.Duration
	Interval      time.Duration // the group's evaluation interval; 0 where unknown
	QueryOffset   time.Duration
	Labels        labels.Labels // as written: values may be templates
	Annotations   labels.Labels // as written: values may be templates
}

// Severity is the rule's severity label as written; empty where it has none.
func (r Rule) Severity() string { return r.Labels.Get("severity") }
