package implies

// Verdict is what could be proven.
type Verdict string

// The verdicts.
const (
	// Equal: each fires whenever the other does.
	Equal Verdict = "equal"
	// Implies: whenever the first fires, the second does.
	Implies Verdict = "implies"
	// Unknown: neither is proven, which does not mean that it is false.
	Unknown Verdict = "unknown"
)

// Reason says what a proof rests on.
type Reason string

// The reasons.
const (
	ByText      Reason = "equal after normalisation"
	ByThreshold Reason = "by threshold"
	ByMatchers  Reason = "by matchers"
	BySets      Reason = "by and, or, unless"
	ByFor       Reason = "by for"
	ByKeep      Reason = "by keep_firing_for"
)

// Proof is a verdict and what it rests on; without reasons it is unknown.
type Proof struct {
	Verdict Verdict
	Reasons []Reason
}

// Prove tells whether it is certain that whenever an alert of a fires, an alert
// of b fires with the same labels from the expression. A condition that can't be
// read or can't be true proves nothing.
func Prove(a, b Condition) Proof {
	if !a.covers(b) {
		return Proof{Verdict: Unknown}
	}
	ca, err := compile(a)
	if err != nil {
		return Proof{Verdict: Unknown}
	}
	cb, err := compile(b)
	if err != nil {
		return Proof{Verdict: Unknown}
	}
	return ca.prove(cb)
}

func (a *compiled) prove(b *compiled) Proof {
	there, ok := a.implies(b)
	if !ok {
		return Proof{Verdict: Unknown}
	}
	if _, ok := b.implies(a); ok {
		return Proof{Verdict: Equal, Reasons: there}
	}
	return Proof{Verdict: Implies, Reasons: there}
}

// implies is the proof in one direction.
func (a *compiled) implies(b *compiled) ([]Reason, bool) {
	if !a.covers(b.Condition) {
		return nil, false
	}
	if a.text == b.text {
		return append([]Reason{ByText}, a.timing(b)...), true
	}
	if len(a.worlds) == 0 || !b.unique {
		return nil, false
	}
	for _, part := range b.risky {
		if !a.contains(part) {
			return nil, false
		}
	}
	p := &prover{}
	for i := range a.worlds {
		if !p.holds(&a.worlds[i], b.form) {
			return nil, false
		}
	}
	return append(p.used.reasons(), a.timing(b)...), true
}

// timing are the reasons that lie in how long the condition has to hold.
func (a *compiled) timing(b *compiled) []Reason {
	var out []Reason
	if a.For > b.For {
		out = append(out, ByFor)
	}
	if a.KeepFiringFor < b.KeepFiringFor {
		out = append(out, ByKeep)
	}
	return out
}

func (e evidence) reasons() []Reason {
	var out []Reason
	if e.threshold || !e.matchers && !e.sets { // arithmetic that amounts to one threshold
		out = append(out, ByThreshold)
	}
	if e.matchers {
		out = append(out, ByMatchers)
	}
	if e.sets {
		out = append(out, BySets)
	}
	return out
}
