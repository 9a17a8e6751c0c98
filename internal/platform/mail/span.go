package mail

import (
	"fmt"
	"time"
)

// span is a duration in words, in the largest unit that fits exactly.
func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}} {
		if d >= unit.size && d%unit.size == 0 {
			return count(int(d/unit.size), unit.name)
		}
	}
	return count(max(1, int(d/time.Minute)), "minute")
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
