package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// bound is what the numbers of a part of a recurrence rule may be (RFC 5545,
// section 3.3.10). Below least, -most to -1 count from the end where signed.
type bound struct {
	least, most int
	signed      bool
}

var ruleNumbers = map[string]bound{
	"BYSECOND": {0, 59, false}, "BYMINUTE": {0, 59, false}, "BYHOUR": {0, 23, false},
	"BYMONTHDAY": {1, 31, true}, "BYYEARDAY": {1, 366, true}, "BYWEEKNO": {1, 53, true},
	"BYMONTH": {1, 12, false}, "BYSETPOS": {1, 366, true},
}

var (
	ruleFrequencies = []string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"}
	ruleDay         = regexp.MustCompile(`^([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)$`)
	ruleWeekday     = regexp.MustCompile(`^(MO|TU|WE|TH|FR|SA|SU)$`)
)

// checkRule tells what is wrong with a recurrence rule (RFC 5545, RRULE). Rules
// that recur more often than each hour are refused: too little would be left to
// count.
func checkRule(rule string) error {
	parts := map[string]string{}
	for part := range strings.SplitSeq(rule, ";") {
		key, value, ok := strings.Cut(part, "=")
		if _, twice := parts[key]; !ok || value == "" || twice {
			return fmt.Errorf("%q: each part is KEY=VALUE, and is there once", part)
		}
		parts[key] = value
	}
	if !slices.Contains(ruleFrequencies, parts["FREQ"]) {
		return fmt.Errorf("FREQ must be one of %s", strings.Join(ruleFrequencies, ", "))
	}
	if parts["COUNT"] != "" && parts["UNTIL"] != "" {
		return errors.New("COUNT and UNTIL exclude each other")
	}
	for _, key := range sortedKeys(parts) {
		if err := checkRulePart(key, parts[key], parts["FREQ"]); err != nil {
			return err
		}
	}
	if parts["BYSETPOS"] != "" && !slices.ContainsFunc(sortedKeys(parts), func(k string) bool { return k != "BYSETPOS" && strings.HasPrefix(k, "BY") }) {
		return errors.New("BYSETPOS needs another BY part")
	}
	option, err := rrule.StrToROption(rule)
	if err == nil {
		_, err = rrule.NewRRule(*option)
	}
	if err != nil {
		return fmt.Errorf("%q is no recurrence rule: %w", rule, err)
	}
	return nil
}

func checkRulePart(key, value, freq string) error {
	switch key {
	case "FREQ":
		return nil
	case "INTERVAL", "COUNT":
		if n, err := strconv.ParseUint(value, 10, 31); err != nil || n == 0 {
			return fmt.Errorf("%s=%s is not a whole number over 0", key, value)
		}
		return nil
	case "UNTIL":
		if !isRuleTime(value) {
			return fmt.Errorf("UNTIL=%s is not a time: write 20260104T020000Z or 20260104", value)
		}
		return nil
	case "WKST":
		if !ruleWeekday.MatchString(value) {
			return fmt.Errorf("WKST=%s is none of MO, TU, WE, TH, FR, SA and SU", value)
		}
		return nil
	case "BYDAY":
		return checkRuleDays(value, freq)
	}
	limits, ok := ruleNumbers[key]
	if !ok {
		return fmt.Errorf("%s is not a part of a recurrence rule", key)
	}
	return limits.check(key, value)
}

func (b bound) check(key, value string) error {
	for text := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(text)
		if b.signed && n < 0 {
			n = -n
		}
		if err != nil || n < b.least || n > b.most {
			return fmt.Errorf("%s=%s: %q is not between %d and %d", key, value, text, b.least, b.most)
		}
	}
	return nil
}

func checkRuleDays(value, freq string) error {
	for text := range strings.SplitSeq(value, ",") {
		m := ruleDay.FindStringSubmatch(text)
		if m == nil {
			return fmt.Errorf("BYDAY=%s: %q is no day such as MO or -1FR", value, text)
		}
		if m[1] != "" && freq != "MONTHLY" && freq != "YEARLY" {
			return fmt.Errorf("BYDAY=%s: the number of %q needs FREQ=MONTHLY or YEARLY", value, text)
		}
	}
	return nil
}

func isRuleTime(text string) bool {
	for _, layout := range []string{"20060102T150405Z", "20060102"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}
