// Package remedy sets what can be done about a noisy rule side by side: to leave
// it, to change its limits, to delete it, to have another rule inhibit it, to
// lower its severity, or to have an SLO's burn-rate alerts in its place.
//
// [Compare] prices each by the counting of package tune, on the part of the
// history that changes were chosen on and on the part that was held out: what it
// would send to people, and which incidents would be told of in time no more. It
// is pure, and it asks for no data that tuning does not have.
package remedy
