package noise

// The kinds of findings that need history.
const (
	KindFlapping           Kind = "flapping"
	KindFleeting           Kind = "fleeting"
	KindStale              Kind = "stale"
	KindFlood              Kind = "flood"
	KindRepeating          Kind = "repeating"
	KindBadActor           Kind = "bad_actor"
	KindNonActionable      Kind = "non_actionable"
	KindTightThreshold     Kind = "tight_threshold"
	KindRedundant          Kind = "redundant"
	KindCascading          Kind = "cascading"
	KindMisleadingSeverity Kind = "misleading_severity"
	KindBlindSpot          Kind = "blind_spot"
	KindNearMiss           Kind = "near_miss"
	KindPipeline           Kind = "pipeline"
	KindInhibitRule        Kind = "inhibit_rule"
	KindGroupBy            Kind = "group_by"
)

// The kinds of findings that a rule's text can show; history adds evidence.
const (
	KindDuplicate        Kind = "duplicate"
	KindSubsumed         Kind = "subsumed"
	KindDead             Kind = "dead"
	KindTemplate         Kind = "template"
	KindMissingSummary   Kind = "missing_summary"
	KindMissingOwner     Kind = "missing_owner"
	KindMissingRunbook   Kind = "missing_runbook"
	KindRunbookLink      Kind = "runbook_link"
	KindValueInLabel     Kind = "value_in_label"
	KindShortFor         Kind = "short_for"
	KindShortRange       Kind = "short_range"
	KindUnroutedSeverity Kind = "unrouted_severity"
)

// More kinds of findings that a rule's text can show.
const (
	KindNoComparison Kind = "no_comparison"
	KindRawCounter   Kind = "raw_counter"
)

// HistoryKinds are the kinds that need history, in the order of their names.
func HistoryKinds() []Kind {
	return []Kind{
		KindBadActor, KindBlindSpot, KindCascading, KindFlapping, KindFleeting, KindFlood, KindGroupBy, KindInhibitRule,
		KindMisleadingSeverity, KindNearMiss, KindNonActionable, KindPipeline, KindRedundant, KindRepeating, KindStale, KindTightThreshold,
	}
}
