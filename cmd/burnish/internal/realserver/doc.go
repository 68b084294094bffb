// Package realserver starts real servers for tests: the distribution's
// Prometheus 2, a Prometheus 3 built from its module, Alertmanagers of both kinds,
// VictoriaMetrics and PostgreSQL, each on a free loopback port, stopped when the test
// ends.
//
// Its main type is [Server]; [Prometheus], [Alertmanager], [VictoriaMetrics] and [StartPostgres] start one, and
// [TSDB] hands out a data directory of real series with the alert history that
// rules left behind. What is expensive (a built server, a built directory) is
// made once per machine and kept in the user's cache directory. Where a machine
// lacks what a test needs, the test is skipped and says why; with CI=true in the
// environment it fails instead, so that a check which did not run is never
// taken for one that passed.
//
// It is for tests only: nothing outside _test files may import it.
package realserver
