// Package grafana makes Grafana dashboards from objectives and from what burnish
// exposes as metrics: an overview of all SLOs, the detail of one, the hygiene of
// alerts, and burnish itself.
//
// [Generate] is pure: the same SLOs and options give the same bytes. What it makes
// are values of Grafana's own SDK types; [Dashboard.JSON] writes them as the
// dashboards' JSON model, and [Files] as what the usual ways of bringing dashboards
// into Grafana take. SLO dashboards read the series that room burnrate has recorded
// (or, if asked, those of Sloth or Pyrra), hygiene reads burnish's own metrics and
// ALERTS; nothing reads raw series of services. Package push, below this one, speaks
// to a Grafana; this one never does.
package grafana
