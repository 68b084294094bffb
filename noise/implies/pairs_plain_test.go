//go:build !race

package implies

// pairs is how many pairs of conditions are drawn.
const pairs = 100_000
