package browsertest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// TestLook takes pictures of pages of a running installation, for people: TOH_LOOK is "base email password path…".
func TestLook(t *testing.T) {
	args := strings.Fields(os.Getenv("TOH_LOOK"))
	if len(args) < 4 {
		return
	}
	tab := browsertest.Open(t, args[0])
	tab.Go("/signin")
	tab.Fill("email", args[1])
	tab.Fill("password", args[2])
	tab.Press("Sign in")
	for _, look := range []struct {
		width int64
		theme string
	}{{1280, "light"}, {360, "dark"}} {
		tab.Size(look.width, 900, look.theme)
		for _, path := range args[3:] {
			tab.Go(path)
			tab.Shot(look.theme + strings.NewReplacer("/", "_", "?", "_", "&", "_").Replace(path))
			tab.Axe()
		}
	}
}
