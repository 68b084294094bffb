package report

import (
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

type floodsView struct {
	Rows                 []floodView
	Intro, Caption, More string
}

type floodView struct {
	From, Lasted, Starts, Peak string
	Rules                      []countedText
}

type countedText struct {
	Text  text
	Count string
}

func newFloodsView(s *noise.Summary) floodsView {
	v := floodsView{Intro: fmt.Sprintf(
		"A flood starts when %d alerts have started within 10 minutes and ends when fewer than %d have.", s.Options.FloodStart, s.Options.FloodEnd)}
	if len(s.Floods) == 0 {
		v.Intro += " There was none."
		return v
	}
	v.Intro += fmt.Sprintf(" There %s, together %s: %s of the %s.",
		wasCount(len(s.Floods), "flood"), span(s.FloodFor), percent(s.FloodFor.Seconds()/s.Window.Duration().Seconds()), length(s.Window))
	largest := slices.SortedStableFunc(slices.Values(s.Floods), func(a, b noise.Flood) int { return b.Starts - a.Starts })
	for _, f := range largest[:min(floodsShown, len(largest))] {
		v.Rows = append(v.Rows, newFloodView(f))
	}
	v.Caption = "The floods, the largest first"
	if rest := largest[len(v.Rows):]; len(rest) > 0 {
		v.Caption = fmt.Sprintf("The %d largest of %s", len(v.Rows), plural(len(largest), "flood"))
		starts := 0
		for _, f := range rest {
			starts += f.Starts
		}
		v.More = fmt.Sprintf("Not shown: %s with %s. All are in the JSON.", plural(len(rest), "more flood"), plural(starts, "start"))
	}
	return v
}

func newFloodView(f noise.Flood) floodView {
	v := floodView{From: minute(f.From), Lasted: span(f.Duration()), Starts: count(f.Starts), Peak: count(f.Peak)}
	if f.Ongoing {
		v.Lasted += ", not over"
	}
	for _, r := range f.Rules {
		v.Rules = append(v.Rules, countedText{newText(r.Name, 60), count(r.Starts)})
	}
	return v
}
