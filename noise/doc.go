// Package noise is the vocabulary of alert history and what can be said of it:
// rules, episodes, the spells in which the pipeline itself was unwell, and the
// measures of how noisy a rule and a whole are.
//
// Its main types are [Rule], [Episode], [Spell] and [Summary]. It is pure:
// values in, values out, and the instant of "now" is always a parameter. It
// never reads a server, a file or a clock, and it never blames a rule for what
// the pipeline did.
package noise
