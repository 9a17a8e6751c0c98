package model

import "time"

// Clock tells the time. Everything that depends on time takes one, so that tests can control it.
type Clock interface {
	Now() time.Time
}

// SystemClock is the machine's clock, in UTC, truncated to the microseconds that the database keeps.
type SystemClock struct{}

// Now is the present instant.
func (SystemClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
