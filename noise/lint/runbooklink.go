package lint

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

func runbookLinkCheck() Check {
	return Check{
		Kind: noise.KindRunbookLink, Action: noise.WrongTime, find: findRunbookLinks,
		Title: "the runbook is no link",
		Help: "The runbook is no http or https address, or there is a placeholder in it. Whoever follows it in the " +
			"night gets nowhere.",
	}
}

// findRunbookLinks finds runbooks that nobody can follow: no address, or one
// with a placeholder in it.
func findRunbookLinks(c *corpus) {
	placeholder := regexp.MustCompile(`(?i)\b(todo|fixme|tbd|change-?me|placeholder|xxx+)\b|://(www\.|[a-z0-9-]+\.)*example\.(com|org|net)\b|<[a-z][^>]*>|\[\[[a-z]|%\([a-z]|\$\{?\(?[a-z_]+[)}]`)
	for i := range c.in.Rules {
		r := &c.in.Rules[i]
		for _, name := range c.o.Runbooks {
			link := strings.TrimSpace(r.Annotations.Get(name))
			if link == "" || len(link) > longestText {
				continue
			}
			why := unfollowable(link, placeholder)
			if why == "" {
				continue
			}
			c.report(i, noise.Finding{
				Gravity:  c.pagesElse(r, noise.GravityInfo),
				Title:    fmt.Sprintf("The runbook %s %s", quoted(link), why),
				Advice:   "Link to a page that says what to do, or take the annotation out.",
				Evidence: []noise.Fact{text("annotation", name), text("link", link)},
			}, name)
		}
	}
}

// pagesElse is a warning for rules that page.
func (c *corpus) pagesElse(r *noise.Rule, otherwise noise.Gravity) noise.Gravity {
	if c.level(r) == noise.LevelHigh {
		return noise.GravityWarning
	}
	return otherwise
}

// unfollowable says what is wrong with a link; empty where nothing is, or where
// a template makes the part in question.
func unfollowable(link string, placeholder *regexp.Regexp) string {
	written, _, templated := strings.Cut(link, "{{")
	if placeholder.MatchString(outsideTemplates(link)) {
		return "holds a placeholder"
	}
	if templated && !strings.Contains(written, "://") {
		if strings.TrimSpace(written) == "" {
			return ""
		}
		return "is no http or https address"
	}
	u, err := url.Parse(strings.TrimSpace(written))
	switch {
	case err != nil:
		return "is no http or https address"
	case u.Scheme != "http" && u.Scheme != "https":
		return "is no http or https address"
	case u.Host == "" && !templated:
		return "names no host"
	}
	return ""
}

// outsideTemplates is a text with each {{…}} replaced by a space.
func outsideTemplates(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte(' ')
		_, s, ok = strings.Cut(rest, "}}")
		if !ok {
			return b.String()
		}
	}
}
