// Package lint finds what is wrong with alerting rules by reading them: faults
// that show in the text of a rule, its neighbours and the routes, without any
// history.
//
// [Run] asks every check of [All]; each check is a file and a page in
// docs/detectors. It opens no file and evaluates no expression.
package lint
