// Package deliver sends a finished report to where people read it: a folder,
// Slack, mail, or a webhook of their own.
//
// Its main type is [Deliverer], made from [config.Delivery] by [New]. It sends a
// [Report], which renders itself for each kind of target, to one target at a time, repeats
// what may work later, and tells the [Outcome]. Secrets stand in files and in no log
// and no error. When a report is due and whether it was sent is not its business.
package deliver
