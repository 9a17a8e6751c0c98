// Package testneed provides tests with what not every machine has: official emulators, a browser.
//
// If something is missing, the test is skipped on a laptop, and fails where TOH_REQUIRE=all is set, as in continuous
// integration, because a skipped test must not look like a passed one there. It must never be imported by anything but
// tests.
package testneed

import (
	"os"
	"testing"
)

// Missing ends a test that cannot run because what it needs is missing.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("TOH_REQUIRE") == "all" {
		t.Fatalf("required but missing: %s", what)
	}
	t.Skipf("missing: %s", what)
}
