//go:build race

package cost_test

// slower is the most by which the race detector slows a request down.
const slower = 5
