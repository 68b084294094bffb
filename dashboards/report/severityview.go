package report

import (
	"fmt"

	"github.com/burnish-sre/burnish/noise"
)

type severityView struct {
	Rows         []severityRow
	Bar          []segment
	Unclassified string
	Known        bool
}

type severityRow struct {
	Level, Count, Share, Guide string
}

func newSeverityView(s *noise.Summary) severityView {
	m := s.Severity
	v := severityView{Known: m.Classified() > 0, Bar: newSeverityBar(m)}
	for _, l := range []struct {
		level noise.Level
		name  string
		n     int
		guide string
	}{
		{noise.LevelHigh, "High", m.High, "about 5%"},
		{noise.LevelMedium, "Medium", m.Medium, "about 15%"},
		{noise.LevelLow, "Low", m.Low, "about 80%"},
	} {
		v.Rows = append(v.Rows, severityRow{l.name, count(l.n), share(m.Share(l.level)), l.guide})
	}
	if m.Unclassified > 0 {
		v.Unclassified = fmt.Sprintf("%s (%s of all) had no severity that is understood, and are left out of these shares.",
			plural(m.Unclassified, "episode"), share(m.Share(noise.LevelUnclassified)))
	}
	return v
}
