package lint

import "github.com/burnish-sre/burnish/noise"

// All is every check, in the order of their kinds' names.
func All() []Check {
	return []Check{
		{
			Kind: noise.KindDead, Action: noise.NotGiven, find: findDead,
			Title: "the condition can never be true",
			Help: "The condition of the rule can't be true of any series, by its text alone. Nobody will ever be told " +
				"of what the rule is there for, and nothing shows that.",
		},
		{
			Kind: noise.KindDuplicate, Action: noise.GivenNeedlessly, find: findDuplicates,
			Title: "two rules have the same condition",
			Help: "Two rules have the same condition, though it may be written in another way. Whenever one fires the " +
				"other does too, so one fault is told twice, and whoever changes one threshold forgets the other.",
		},
		{
			Kind: noise.KindMissingOwner, Action: noise.WrongTime, find: findMissingOwners,
			Title: "nothing says whose alert it is",
			Help: "Neither a label nor an annotation says which team the alert belongs to. It goes to whoever gets " +
				"everything, who has to find out first who can act.",
		},
		{
			Kind: noise.KindMissingRunbook, Action: noise.WrongTime, find: findMissingRunbooks,
			Title: "a page without a runbook",
			Help: "A rule that wakes people links to no page that says what to do. Whoever is woken has to work it out," +
				" at night, each time.",
		},
		{
			Kind: noise.KindMissingSummary, Action: noise.WrongTime, find: findMissingSummaries,
			Title: "the alert says nothing",
			Help:  "The alert has no summary, message or description: all that its reader gets is its name and labels.",
		},
		{
			Kind: noise.KindNoComparison, Action: noise.GivenNeedlessly, find: findNoComparisons,
			Title: "the alert fires whatever the value",
			Help: "The condition compares nothing. Prometheus fires for every series that an expression gives, whatever" +
				" its value, so the alert fires as long as the series exists; a comparison with bool, which gives 0 " +
				"where it is false, does the same.",
		},
		{
			Kind: noise.KindRawCounter, Action: noise.WrongDuration, find: findRawCounters,
			Title: "a counter is compared without rate or increase",
			Help: "A counter, by its name, is compared with a number as it is. A counter only grows, so once over the " +
				"threshold the alert fires until the process restarts, and then it forgets.",
		},
		{
			Kind: noise.KindRunbookLink, Action: noise.WrongTime, find: findRunbookLinks,
			Title: "the runbook is no link",
			Help: "The runbook is no http or https address, or there is a placeholder in it. Whoever follows it in the " +
				"night gets nowhere.",
		},
		{
			Kind: noise.KindShortFor, Action: noise.GivenNeedlessly, find: findShortFors,
			Title: "for is under two intervals",
			Help: "The rule waits for less than two scrapes or evaluations, so one or two samples decide. A wait that " +
				"short keeps out nothing but a single bad sample, or not even that.",
		},
		{
			Kind: noise.KindShortRange, Action: noise.NotGiven, find: findShortRanges,
			Title: "a range is under two scrapes",
			Help: "A range selector is shorter than two scrapes. rate() and its like need two samples and give nothing " +
				"where there is one; averages and maxima of one sample smooth nothing; and a range under one scrape " +
				"is empty at some evaluations.",
		},
		{
			Kind: noise.KindSubsumed, Action: noise.GivenNeedlessly, find: findSubsumed,
			Title: "a rule fires only while another does",
			Help: "Whenever the rule fires, another one fires as well: its condition implies the other's. Where it is " +
				"no louder than the other it tells nothing new; where it is, both notify of one fault unless one " +
				"inhibits the other.",
		},
		{
			Kind: noise.KindTemplate, Action: noise.WrongTime, find: findTemplates,
			Title: "a template that fails or shows nothing",
			Help: "A template in a label or an annotation does not parse, fails when it is filled in, or shows a label " +
				"that the expression can't give. Prometheus refuses a file over the first; the others send an error " +
				"or a hole to whoever reads the alert.",
		},
		{
			Kind: noise.KindUnroutedSeverity, Action: noise.NotGiven, find: findUnrouted,
			Title: "nobody routes on the severity",
			Help: "No route of Alertmanager looks at the rule's severity, so the alert goes where everything else goes:" +
				" often to nobody. The severity is misspelled, or a route is missing.",
		},
		{
			Kind: noise.KindValueInLabel, Action: noise.GivenNeedlessly, find: findValuesInLabels,
			Title: "a label changes with the value",
			Help: "A label of the alert holds the value of the expression, the time or the result of a query. Labels " +
				"are what an alert is known by: every new value is another alert, which waits anew, notifies anew and" +
				" leaves its predecessor as resolved.",
		},
	}
}
