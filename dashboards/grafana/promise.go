package grafana

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// promise is an SLO and what its rules make of it.
type promise struct {
	slo.SLO

	policy burnrate.Policy
	period time.Duration
}

func newPromises(slos []slo.SLO, shortest time.Duration) ([]promise, error) {
	var out []promise
	var errs []error
	seen := map[string]bool{}
	for _, s := range slos {
		if seen[s.ID()] {
			errs = append(errs, fmt.Errorf("show SLO %s: there are two of that name; rename one", s.ID()))
			continue
		}
		seen[s.ID()] = true
		policy, _, err := burnrate.For(s, shortest)
		if err != nil {
			errs = append(errs, fmt.Errorf("show SLO %s: %w", s.ID(), err))
			continue
		}
		out = append(out, promise{s, policy, burnrate.Period(s.Window)})
	}
	return out, errors.Join(errs...)
}

// byService tells whether the SLO is kept apart by a label service of its series, so
// that its own service is in the label slo_service.
func (p promise) byService() bool { return slices.Contains(p.GroupBy, "service") }

// periods are the window lengths of SLOs, the shortest first.
func periods(all []promise) []time.Duration {
	seen := map[time.Duration]bool{}
	for _, p := range all {
		seen[p.period] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// mostGroupLabels is how many group labels become variables and parts of legends.
const mostGroupLabels = 6

// groupLabels are the labels by which SLOs are kept apart, the most common first,
// after the cluster's. Label names that a variable can't have are left out, and the
// service, which has a variable already.
func groupLabels(all []promise, cluster string) []string {
	count := map[string]int{}
	for _, p := range all {
		for _, l := range p.GroupBy {
			if validLabel(l) && !strings.HasPrefix(l, "__") && l != "service" && l != "slo" && l != cluster {
				count[l]++
			}
		}
	}
	names := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	return append([]string{cluster}, names[:min(len(names), mostGroupLabels)]...)
}

func validLabel(s string) bool { return model.LegacyValidation.IsValidLabelName(s) }

// A uid of Grafana has at most 40 characters.
const (
	longestUID    = 40
	longestPrefix = 16
)

func validUID(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// plainName is a text as RFC 1123 has names: lower case, digits, hyphens.
func plainName(s string) string {
	fit := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return strings.Trim(fit, "-")
}

// detailName names the dashboard of one SLO for good: it is made from the SLO's id,
// with a hash of it, since different ids may look the same as plain names.
func detailName(p *promise) string {
	sum := sha256.Sum256([]byte(p.ID()))
	name := plainName(p.Service + "-" + p.Name)
	if len(name) > 60 {
		name = strings.TrimRight(name[:60], "-")
	}
	return "slo-" + name + "-" + hex.EncodeToString(sum[:4])
}

// detailUID is the uid of the dashboard of one SLO.
func detailUID(prefix string, p *promise) string {
	sum := sha256.Sum256([]byte(p.ID()))
	return (prefix + "-slo-" + hex.EncodeToString(sum[:]))[:min(longestUID, len(prefix)+5+20)]
}
