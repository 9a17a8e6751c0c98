// Package clock tells the servers of the local cloud what time it is. Whoever opens a cloud may pass it a clock that
// tests control.
//
// It must be the only place here that reads a date from the machine.
package clock

import "time"

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock, in UTC, truncated to the microseconds that Google's services keep.
type System struct{}

// Now is the present instant.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
