package report

// section is a place of the page that its contents lead to.
type section struct{ ID, Title string }

// contents are the sections that the page has, in their order.
func (v *view) contents() []section {
	var out []section
	for _, s := range []struct {
		there bool
		section
	}{
		{v.Changes.Intro != "", section{"changes", "What to change"}},
		{v.Advice.Title != "", section{"advice", "Earlier advice"}},
		{len(v.Promises.Rows) > 0, section{"promises", "Promises"}},
		{v.Happened.Asked, section{"happened", "Incidents"}},
		{len(v.Teams.Rows) > 0, section{"teams", "Teams"}},
		{!v.NoData, section{"rules", "Noisiest rules"}},
		{v.Scores.Intro != "", section{"scores", "How well rules tell"}},
		{v.Alike.Intro != "", section{"alike", "Rules alike"}},
		{v.Woken.Intro != "" || len(v.Woken.Hours) > 0, section{"woken", "Who was woken"}},
		{!v.NoData, section{"kpis", "Standards"}},
		{len(v.Watched.Rows) > 0, section{"watched", "Blind spots"}},
		{true, section{"quality", "How sure"}},
	} {
		if s.there {
			out = append(out, s.section)
		}
	}
	return out
}
