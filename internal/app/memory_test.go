package app

import (
	"math"
	"testing"
)

func TestMemTotal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"MemTotal:       16384 kB\nMemFree: 1 kB\n": 16 << 20,
		"MemTotal: 16384 kB":                        16 << 20,
		"MemTotal: 16384 MB\n":                      math.MaxInt64,
		"MemTotal: many kB\n":                       math.MaxInt64,
		"MemTotal: -1 kB\n":                         math.MaxInt64,
		"MemTotal: 9223372036854775807 kB\n":        math.MaxInt64,
		"MemFree: 5 kB\n":                           math.MaxInt64,
		"":                                          math.MaxInt64,
	} {
		if got := memTotal([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
	if memoryThere() < 1<<20 {
		t.Error("no memory at all")
	}
}
