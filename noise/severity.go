package noise

import (
	"maps"
	"strings"

	"github.com/burnish-sre/burnish/slo"
)

// Level is one of the three priorities that alarm standards speak of, or none.
type Level string

// The levels, from the one that wakes people to the one that says nothing.
const (
	LevelHigh         Level = "high"
	LevelMedium       Level = "medium"
	LevelLow          Level = "low"
	LevelUnclassified Level = "unclassified"
)

// DefaultSeverities maps the values of the severity label that are in common
// use, in lower case, to levels. Other values are unclassified. The caller may
// change the map.
func DefaultSeverities() map[string]Level {
	return map[string]Level{
		"critical": LevelHigh, "page": LevelHigh, "emergency": LevelHigh, "error": LevelHigh, "high": LevelHigh,
		"warning": LevelMedium, "ticket": LevelMedium, "medium": LevelMedium,
		"info": LevelLow, "low": LevelLow, "notice": LevelLow, "none": LevelLow,
	}
}

// classifier maps severity labels to levels, whatever their case.
type classifier map[string]Level

func newClassifier(of map[string]Level) classifier {
	if of == nil {
		return DefaultSeverities()
	}
	c := maps.Clone(of)
	for value, level := range of {
		c[strings.ToLower(value)] = level
	}
	return c
}

func (c classifier) level(severity string) Level {
	if l, ok := c[strings.ToLower(severity)]; ok {
		return l
	}
	return LevelUnclassified
}

// SeverityMix counts the episodes of a window by level.
type SeverityMix struct {
	High, Medium, Low, Unclassified int
}

// Classified is how many episodes have a level; shares are of these.
func (m SeverityMix) Classified() int { return m.High + m.Medium + m.Low }

// Share is the share of a level among the classified episodes. For
// LevelUnclassified it is the share of all episodes.
func (m SeverityMix) Share(l Level) slo.Proportion {
	switch l {
	case LevelHigh:
		return slo.Proportion{Count: m.High, Of: m.Classified()}
	case LevelMedium:
		return slo.Proportion{Count: m.Medium, Of: m.Classified()}
	case LevelLow:
		return slo.Proportion{Count: m.Low, Of: m.Classified()}
	case LevelUnclassified:
	}
	return slo.Proportion{Count: m.Unclassified, Of: m.Classified() + m.Unclassified}
}

func (m *SeverityMix) add(l Level) {
	switch l {
	case LevelHigh:
		m.High++
	case LevelMedium:
		m.Medium++
	case LevelLow:
		m.Low++
	case LevelUnclassified:
		m.Unclassified++
	}
}
