package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const soundPolicy = `version: burnish/gate-policy/v1
unknown: warn
budget: {min_remaining: 10%, min_lasts: 1d}
burn:
- {window: 1h, max: 10}
incidents: {max_open: 1}
data: {min_coverage: 95%, max_age: 5m}
max_at_risk: 2%
overrides:
- {tier: "3", budget: {min_remaining: -50%}}
freeze:
- {name: winter, reason: few people are here, from: 2026-12-23, to: 2027-01-02, time_zone: Europe/Berlin}
- {name: weekend, rrule: FREQ=WEEKLY;BYDAY=FR, start: 2026-01-02T16:00, duration: 64h, time_zone: Europe/Berlin, services: [checkout]}
duties:
- {below: 0%, who: everybody, does: mends it}
exempt: [rollback]
canary: {alpha: 1%, power: 90%, times: 3, burn: 2, clumping: 1.5}
phases: [2%, 50%, 1]
`

func TestParsePolicy(t *testing.T) {
	p, err := ParsePolicy("p.yml", []byte(soundPolicy), nil)
	require.NoError(t, err)
	assert.Equal(t, Limits{
		MinRemaining: 0.1, MinLasts: 24 * time.Hour, Burn: []BurnLimit{{time.Hour, 10}}, MaxOpen: 1,
		MinCoverage: 0.95, MaxAge: 5 * time.Minute, Unknown: UnknownWarn, MaxAtRisk: 0.02,
	}, p.Limits)
	assert.InDelta(t, -0.5, p.Overrides[0].Limits.MinRemaining, 0)
	assert.Equal(t, UnknownWarn, p.Overrides[0].Limits.Unknown, "an override changes only what it names")
	assert.Equal(t, "2026-12-22T23:00:00Z", p.Freezes[0].Interval.From.Format(time.RFC3339), "midnight in Berlin")
	assert.Equal(t, []Duty{{0, "everybody", "mends it"}}, p.Duties)
	assert.Equal(t, Sensitivity{Alpha: 0.01, Power: 0.9, Times: 3, Burn: 2, Clumping: 1.5}, p.Canary)
	assert.Equal(t, []float64{0.02, 0.5, 1}, p.Phases)

	p, err = ParsePolicy("p.yml", []byte("version: burnish/gate-policy/v1\n"), nil)
	require.NoError(t, err)
	assert.Equal(t, DefaultPolicy(), p)
}

func TestParsePolicyTellsEveryFault(t *testing.T) {
	text := `version: burnish/gate-policy/v9
unknwon: allow
budget: {min_remaining: 120%}
burn: [{window: 0s, max: 1}, {window: 1h}]
overrides: [{budget: {}}, {slo: "["}]
freeze:
- {name: a, from: 2026-12-23, to: 2026-12-22}
- {name: b, rrule: FREQ=SECONDLY, start: 2026-12-23, duration: 1h}
- {name: c, rrule: FREQ=DAILY, start: yesterday, duration: 1h, time_zone: Atlantis}
- {name: d, rrule: FREQ=DAILY;BYHOUR=1, start: 2026-12-23, duration: 1h}
- {name: e, rrule: FREQ=DAILY;BYDAY=XX, start: 2026-12-23, duration: 1h}
- {from: 2026-12-23}
duties: [{who: me}]
phases: [50%, 2%]
`
	_, err := ParsePolicy("p.yml", []byte(text), nil)
	require.Error(t, err)
	for _, want := range []string{
		"p.yml:1:10: policy: version:", `p.yml:2:1: policy: unknown key "unknwon"; did you mean unknown?`,
		"p.yml:3:25: budget: min_remaining:", "p.yml:4:17: burn: window:", "p.yml:4:30: burn: max:",
		"p.yml:5:13: override: slo or tier is missing", "p.yml:5:33: override: slo:", "p.yml:7:35: freeze: to: it is not after from",
		"p.yml:8:20: freeze: rrule:", "p.yml:9:39: freeze: start:", "p.yml:9:75: freeze: time_zone:", "p.yml:10:20: freeze: rrule: BYHOUR",
		"p.yml:11:20: freeze: rrule:", "p.yml:12:3: freeze: name is missing", "p.yml:12:3: freeze: to is missing",
		"p.yml:13:10: duty: below is missing", "p.yml:13:10: duty: does is missing", "p.yml:14:9: policy: phases:",
	} {
		assert.Contains(t, err.Error(), want)
	}
}

func TestRecurringFreezeKeepsItsLocalTime(t *testing.T) {
	p, err := ParsePolicy("p.yml", []byte(soundPolicy), nil)
	require.NoError(t, err)
	weekend := p.Freezes[1]
	for name, c := range map[string]struct {
		at   string
		want string // its end, empty where it is off
	}{
		"a winter friday, before": {"2026-11-20T14:59:00Z", ""},
		"a winter friday, on":     {"2026-11-20T15:00:00Z", "2026-11-23T07:00:00Z"},
		"a sunday":                {"2026-11-22T12:00:00Z", "2026-11-23T07:00:00Z"},
		"its end":                 {"2026-11-23T07:00:00Z", ""},
		"a summer friday, before": {"2026-07-03T13:59:00Z", ""},
		"a summer friday, on":     {"2026-07-03T14:00:00Z", "2026-07-06T06:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			require.NoError(t, err)
			got, on := weekend.At(at)
			assert.Equal(t, c.want != "", on)
			if on {
				assert.Equal(t, c.want, got.To.Format(time.RFC3339))
			}
		})
	}
}

func TestDailyFreezesThatTouchAreOne(t *testing.T) {
	f := Freeze{Rule: "FREQ=DAILY;COUNT=3", Start: noon, Duration: 24 * time.Hour}
	got, on := f.At(noon.Add(30 * time.Hour))
	assert.True(t, on)
	assert.Equal(t, noon.Add(72*time.Hour), got.To)
}

func TestParseCountsAndShares(t *testing.T) {
	c, err := ParseCounts("12 / 3400")
	require.NoError(t, err)
	assert.Equal(t, Counts{12, 3400}, c)
	for _, text := range []string{"", "12", "a/b", "5/4", "-1/4", "NaN/4", "1/Inf", "1e300/1e301"} {
		_, err := ParseCounts(text)
		require.Error(t, err, text)
	}
	s, err := ParseShare("5%")
	require.NoError(t, err)
	assert.InDelta(t, 0.05, s, 1e-12)
	for _, text := range []string{"", "0", "101%", "NaN", "-1", "x%"} {
		_, err := ParseShare(text)
		require.Error(t, err, text)
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(soundPolicy)
	f.Add("version: burnish/gate-policy/v1\nfreeze: [{name: x, rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30, start: 2026-01-01, duration: 1h}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy("p", []byte(text), func(string) (*time.Location, error) { return time.UTC, nil })
		if err != nil {
			assert.Empty(t, p.Phases, "never an error and a policy")
			return
		}
		if strings.Count(text, "rrule") > 2 {
			return // each costs its time
		}
		Decide(sound(), p)
	})
}
