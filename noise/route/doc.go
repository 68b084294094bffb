// Package route replays alert history through an Alertmanager: its route tree,
// grouping with its timers, inhibition, silences and time intervals, and tells
// which notifications would really have been sent, to whom, and why.
//
// [Replay] takes a [Config] (made from a real alertmanager.yml by Alertmanager's
// own packages) and episodes and gives the [Notification]s. It sends nothing,
// reads no file and no clock.
package route
