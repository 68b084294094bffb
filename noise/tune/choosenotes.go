package tune

import (
	"fmt"
	"time"
)

// shortHistory is what a recommendation should rest on at least.
const shortHistory = 7 * 24 * time.Hour

// notes say plainly what the evidence is too thin for.
func (f *fitted) notes(subjects []Subject, p *Plan) []string {
	if !p.Judged {
		return []string{"Nothing tells which alerts were needless, so only what is safe without incidents is recommended: bridging gaps, waiting a little, and rules that another implies."}
	}
	var out []string
	if f.Policy != p.Policy {
		out = append(out, fmt.Sprintf("Today's rules caught only %s; that is too few for one rule to stand in for another, so each keeps what it catches.", count(f.Caught, "incident")))
	}
	if p.HeldOut.Empty() || p.Proof.HeldOut.Before.Caught == 0 {
		out = append(out, "No incident that today's rules catch lies in the part of the history that was held out, so the proof says nothing of incidents.")
	}
	if d := p.HeldOut.To.Sub(p.Train.From); d < shortHistory {
		out = append(out, fmt.Sprintf("The history is of %s; a week at least would show what comes back weekly.", d.Round(time.Hour)))
	}
	if who, ok := f.one(); ok {
		out = append(out, fmt.Sprintf("All incidents are of %s; of others nothing is known.", who))
	}
	unproven := 0
	for i := range f.menus {
		if f.menus[i].unproven && !f.menus[i].silent {
			unproven++
		}
	}
	if unproven > 0 {
		out = append(out, fmt.Sprintf("No incident concerned %s that fired; what is recommended for them is safe without one.", count(unproven, "rule")))
	}
	if n := len(p.Proof.HeldOut.Lost); n > 0 {
		out = append(out, fmt.Sprintf("On the part that was held out the recommendation would have missed %d of the %d incidents that today's rules catch; look at them before you take it over.", n, p.Proof.HeldOut.Before.Caught))
	}
	return out
}

// one tells whether all incidents bear the same labels, and which.
func (f *fitted) one() (string, bool) {
	who := ""
	for i, in := range f.history.incidents {
		if f.history.block(i) < 0 {
			continue
		}
		text := in.Labels.String()
		if in.Labels.IsEmpty() || who != "" && who != text {
			return "", false
		}
		who = text
	}
	return who, who != ""
}
