// Package simulate writes the demo's month: a small online shop, the troubles
// that it had, and what the alert rules of its team said about them.
//
// [Run] computes the shop's traffic, errors and latencies minute by minute,
// turns them into the samples that Prometheus would have scraped, evaluates the
// team's rules with Prometheus' own query engine and rule state machine, and
// writes all of it as TSDB blocks beside the rule files, the list of incidents
// and a page that says what was planted. The shop and its story are data: see
// shop/shop.yml, shop/story.yml and shop/rules.
//
// The same options give the same bytes in every file. Nothing here reads a
// clock, a network or a file other than those built in.
package simulate
