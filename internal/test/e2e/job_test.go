package e2e

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/e2e/jobtest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestMainJob does the main job on an empty installation.
func TestMainJob(t *testing.T) {
	installation := servetest.Start(t, servetest.Options{Clock: testclock.Today(23)})
	jobtest.MainJob(t, jobtest.Service{
		Open: func(t testing.TB) *browsertest.Tab { return browsertest.Open(t, installation.URL()) },
		Link: func(t testing.TB, to string) string {
			_, link := installation.Mail(t, to, time.Time{})
			return link
		},
	})
}
