package truth

import "github.com/burnish-sre/burnish/noise"

// Answers is the first answer to each incident of a judgement, by its place in
// Judgement.Incidents: a silence that was made, no earlier than the first onset, on
// an alert about the incident while it fired. Without silences (nil) nobody can
// tell, and it is nil too.
func Answers(c Case, j Judgement, silences []noise.Silence) map[int]Ack {
	if silences == nil || !j.Known {
		return nil
	}
	return answersTo(c, j, silences)
}
