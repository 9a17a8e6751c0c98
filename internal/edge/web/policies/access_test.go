package policies_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

const green = "badge good"

// TestAccessPage: what was read back is shown by role, and nothing is green that was not read lately and completely.
func TestAccessPage(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	stranger := h.Browser()
	show := func(a policy.Access) webtest.Page {
		t.Helper()
		h.Access.Says = a
		p := stranger.Get("/access")
		if p.Status != 200 {
			t.Fatalf("%d", p.Status)
		}
		return p
	}
	meant := []policy.Holding{{Ability: "deploy", Role: "roles/run.developer", Holder: "build", Count: 1,
		Expected: true}}
	now := h.Clock.Now()

	local := show(policy.Access{})
	webtest.Shows(t, local, 200, "Does not apply here", "There is no Google Cloud project")
	webtest.Lacks(t, local, green, "Nobody.", "Last read", "each hour")

	never := show(policy.Access{Cloud: true})
	webtest.Shows(t, never, 200, "Not read yet")
	webtest.Lacks(t, never, green, "Nobody.", "Last read")

	good := show(policy.Access{Cloud: true, At: now, Rows: meant})
	webtest.Shows(t, good, 200, "As it is meant", green, "Last read", "roles/run.developer", "The build", "Nobody.")

	old := show(policy.Access{Cloud: true, At: now.Add(-6 * time.Hour), Old: true, Rows: meant})
	webtest.Shows(t, old, 200, "Read too long ago", "Found then", "Last read")
	webtest.Lacks(t, old, green)

	partly := show(policy.Access{Cloud: true, At: now, Missing: 2, Rows: meant})
	webtest.Shows(t, partly, 200, "Not all could be read", "2 places")
	webtest.Lacks(t, partly, "As it is meant")

	more := show(policy.Access{Cloud: true, At: now, Rows: append(meant, policy.Holding{Ability: "rules",
		Role: "custom", Holder: "people", Count: 3})})
	webtest.Shows(t, more, 200, "Somebody can do more", "a role that the project made", "Not meant", "lastingly")
	webtest.Lacks(t, more, "As it is meant")

	briefly := show(policy.Access{Cloud: true, At: now, Rows: append(meant, policy.Holding{Ability: "data",
		Role: "roles/datastore.viewer", Holder: "briefly", Count: 1})})
	webtest.Shows(t, briefly, 200, "As it is meant", "Ends by itself")

	webtest.Shows(t, stranger.Get("/security"), 200, `href="/access"`)
	h.Access.Fails = errors.New("the database does not answer")
	if p := stranger.Get("/access"); p.Status != 500 || p.Has("database") {
		t.Errorf("a failure: %d %s", p.Status, p.Body)
	}
}
