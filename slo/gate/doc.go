// Package gate answers whether a service may be changed now, and how a change may
// be let out: it holds the state of SLOs against a [Policy], compares a canary
// with its baseline, and plans how long each phase of a roll-out has to run.
//
// [Decide] gives an [Answer] with every reason as a figure beside its limit.
// What is not known is told apart and is never taken for a yes, unless the policy
// says so. [Compare] and [PlanBake] count failures by exact distributions, since
// a canary sees few of them.
//
// The package is pure: the instant is a parameter, and policies are texts that
// [ParsePolicy] reads.
package gate
