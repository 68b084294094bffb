package detect

// All is every detector, in the order of their kinds.
func All() []Detector {
	return []Detector{
		flapping(), fleeting(), stale(), flood(), repeating(), badActor(), nonActionable(), tightThreshold(),
		duplicate(), subsumed(), redundant(), cascading(), dead(), valueInLabel(),
		misleadingSeverity(), blindSpot(), nearMiss(), pipeline(), inhibitRule(), groupBy(),
	}
}
