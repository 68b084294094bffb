// Package gatecase asks a source what the deploy gate needs to know: how the SLOs
// stand, how old their newest data are, what a canary and its baseline served, and
// how a roll-out has to bake. It gathers a [gate.Case] and decides nothing, so that
// the command and the daemon ask alike.
package gatecase
