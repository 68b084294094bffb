//go:build race

package implies

// pairs is fewer under the race detector, which makes the engine ten times
// slower; nothing here runs concurrently.
const pairs = 5_000
