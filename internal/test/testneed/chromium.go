package testneed

import (
	"os/exec"
	"testing"
)

// Chromium is the path of a browser of the Chromium family.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "a Chromium browser")
	return ""
}
