// Package rulefile reads and edits Prometheus rule files: plain ones and
// PrometheusRule resources, in lists and in several documents a file. It takes
// text and gives text; it never opens a file and never evaluates an expression.
//
// [Parse] turns text into the alerting rules it holds, each with its line, and
// reports everything that is wrong with it at once. [Open] keeps the text beside
// the rules, so that [File.Apply] can change single values and leave every other
// byte as it was. An edit is made on the text itself, at the place where the
// value stands; then the new text is read again and must differ from the old in
// the wanted values alone, and must hold for Prometheus' own parser. What can't
// be edited so (values that an anchor shares) is refused with its reason.
//
// Sources that a template engine makes rule files from (jsonnet, Helm, Jinja) are
// no rule files. [OpenTemplate] looks for the alerts in them, and
// [DescribeHandwork] tells a person what to change there, and where.
//
// [Diff] gives the change as a patch, [UnitTest] a promtool test for a rule.
package rulefile
