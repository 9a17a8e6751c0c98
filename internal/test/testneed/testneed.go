// Package testneed gives tests what not every machine has: official emulators, a browser.
//
// What is missing skips a test on a laptop, and fails it where TOH_REQUIRE=all is set, as in continuous integration:
// there a skipped test must not look like a passed one. It must never be imported by anything but tests.
package testneed

import (
	"os"
	"testing"
)

// Missing ends a test that cannot run because what it needs is not there.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("TOH_REQUIRE") == "all" {
		t.Fatalf("required but missing: %s", what)
	}
	t.Skipf("missing: %s", what)
}
