// Package testclock tells tests what time it is.
//
// A test that reads the machine's clock passes on one day and fails on another. So no test calls time.Now: dates come
// from here, where TOH_TEST_NOW moves them, and measuring and waiting are done with this package too. Code of the
// product must never import it.
package testclock

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// Setting is the environment variable that says what time it is when a test program starts, in the form of RFC 3339.
// Without it the tests run at the machine's own time.
const Setting = "TOH_TEST_NOW"

var ahead = sync.OnceValue(func() time.Duration {
	text := os.Getenv(Setting)
	if text == "" {
		return 0
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(fmt.Sprintf("%s must be a time such as 2028-02-29T12:00:00Z: %v", Setting, err))
	}
	return time.Until(at)
})

// Now is the current instant in the tests: in UTC, truncated to microseconds, advancing like the machine's clock. It is
// not for measuring, since time.Since compares with the machine's clock: use Start.
func Now() time.Time { return time.Now().Add(ahead()).UTC().Truncate(time.Microsecond).Round(0) }

// Moving is a clock that advances by itself, for a service under test. It is a model.Clock. The zero value shows the
// same time as Now.
type Moving struct{ ahead time.Duration }

// From is a clock that shows the given instant now, and advances from there: for a test about one certain day.
func From(at time.Time) Moving { return Moving{at.Sub(Now())} }

// Today is a clock that shows the given hour of today in Berlin, and advances from there. At 23 tonight's shows are
// over.
func Today(hour int) Moving {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	today := Now().In(zone)
	return From(time.Date(today.Year(), today.Month(), today.Day(), hour, 0, 0, 0, zone))
}

// Now is the present instant on this clock.
func (m Moving) Now() time.Time { return Now().Add(m.ahead) }

// Real is the machine's own time, which no setting moves: for certificates and deadlines that the standard library
// compares with it.
func Real() time.Time { return time.Now() }

// Stopwatch measures how long something takes.
type Stopwatch struct{ began time.Time }

// Start starts one.
func Start() Stopwatch { return Stopwatch{time.Now()} }

// Elapsed is the time since it was started.
func (s Stopwatch) Elapsed() time.Duration { return time.Since(s.began) }
