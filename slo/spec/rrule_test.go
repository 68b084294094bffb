package spec

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

func TestRecurrenceRules(t *testing.T) {
	for rule, wrong := range map[string]string{
		"FREQ=WEEKLY;BYDAY=SU":                                 "",
		"FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=2,14;BYMINUTE=30":      "",
		"FREQ=DAILY;INTERVAL=2;UNTIL=20270101T000000Z;WKST=MO": "",
		"FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=-1;COUNT=4":        "",
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1":        "",
		"FREQ=HOURLY;UNTIL=20270101":                           "",
		"BYDAY=SU":                                             "FREQ must be one of",
		"FREQ=SECONDLY":                                        "FREQ must be one of",
		"FREQ=MINUTELY":                                        "FREQ must be one of",
		"freq=weekly":                                          "FREQ must be one of",
		"FREQ=WEEKLY;FREQ=DAILY":                               "is there once",
		"FREQ=WEEKLY;":                                         "each part is KEY=VALUE",
		"FREQ=WEEKLY;BYDAY":                                    "each part is KEY=VALUE",
		"FREQ=WEEKLY;BYDAY=":                                   "each part is KEY=VALUE",
		"FREQ=WEEKLY;BYFEAST=EASTER":                           "BYFEAST is not a part",
		"FREQ=WEEKLY;DTSTART=20260101T000000Z":                 "DTSTART is not a part",
		"FREQ=WEEKLY;COUNT=3;UNTIL=20270101":                   "exclude each other",
		"FREQ=WEEKLY;COUNT=0":                                  "COUNT=0 is not a whole number",
		"FREQ=WEEKLY;INTERVAL=-1":                              "INTERVAL=-1",
		"FREQ=WEEKLY;UNTIL=tomorrow":                           "UNTIL=tomorrow is not a time",
		"FREQ=WEEKLY;BYDAY=1MO":                                "needs FREQ=MONTHLY or YEARLY",
		"FREQ=WEEKLY;BYHOUR=24":                                `"24" is not between 0 and 23`,
		"FREQ=YEARLY;BYMONTH=-1":                               `"-1" is not between 1 and 12`,
		"FREQ=YEARLY;BYMONTHDAY=0":                             `"0" is not between 1 and 31`,
		"FREQ=WEEKLY;WKST=XX":                                  "WKST=XX",
		"FREQ=MONTHLY;BYSETPOS=1":                              "BYSETPOS needs another BY part",
	} {
		t.Run(rule, func(t *testing.T) {
			err := checkRule(rule)
			if wrong != "" {
				assert.ErrorContains(t, err, wrong)
				return
			}
			require.NoError(t, err)
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			e := slo.Exclusion{Rule: rule, Start: start, Duration: time.Hour}
			starts, err := e.Starts(slo.Interval{From: start, To: start.AddDate(1, 0, 0)})
			require.NoError(t, err, "what is checked here can be followed there")
			assert.NotEmpty(t, starts)
		})
	}
}
