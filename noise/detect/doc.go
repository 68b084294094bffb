// Package detect finds what is wrong with alerts in their history: one detector
// a kind, each in a file of its own, each with a page in docs/detectors.
//
// [Run] asks every detector of [All] and orders what they find by expected
// effect. A detector looks at an [Input] (history, judgement, overlap, replayed
// notifications) and gives findings with their evidence; what an input does not
// hold, a detector does not claim. Nothing here reads a clock, a file or a
// server, and no rule is charged with what the pipeline did.
package detect
