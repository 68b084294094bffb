// Package rulefile reads Prometheus rule files: plain ones and PrometheusRule
// resources, several documents a file.
//
// [Parse] turns text into the alerting rules it holds, each with its line, and
// reports everything that is wrong with it at once. It never opens a file and
// never evaluates an expression.
package rulefile
