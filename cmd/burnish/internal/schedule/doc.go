// Package schedule does something once for every period: a report each Monday at
// eight in Berlin, say.
//
// [Parse] makes a [Schedule] of a cron expression and a time zone; [Run] waits for
// its times and does a [Job]. That a period is done exactly once, also over
// restarts and by several replicas, is what [Claims] are for, which a store
// keeps. After a time of being down the newest period that was missed is made up
// for, and only that. What the job is, and where its result goes, is not its
// business.
package schedule
