package lint

// All is every check, in the order of their kinds' names.
func All() []Check {
	return []Check{
		deadCheck(), duplicateCheck(), missingOwnerCheck(), missingRunbookCheck(),
		missingSummaryCheck(), noComparisonCheck(), rawCounterCheck(), runbookLinkCheck(),
		shortForCheck(), shortRangeCheck(), subsumedCheck(), templateCheck(),
		unroutedSeverityCheck(), valueInLabelCheck(),
	}
}
