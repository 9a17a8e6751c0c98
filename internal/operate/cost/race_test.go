//go:build race

package cost_test

// slower is by how much the race detector makes a request dearer, at most.
const slower = 5
