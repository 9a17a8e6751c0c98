package api_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
)

// What looks like a slip is asked about, and made once it is confirmed: this very slip, and once.
func TestDoubtfulRequestsAreConfirmed(t *testing.T) {
	t.Parallel()
	w := open(t)
	organizer := w.token(0, access.Organizer)
	nights := strings.TrimSuffix(w.reports(0), "/reports") + "/productions/" + w.production(t, 0) + "/performances"
	count := func() int { return len(w.ask(t, "GET", nights+"?limit=100", organizer, "").is(t, 200).items(t)) }
	before := count()
	early, long := `{"day":"2031-05-01","start":"03:30"}`, `{"day":"2031-05-02","start":"19:30","house_open":"12:00"}`
	asked := w.ask(t, "POST", nights, organizer, early, "Idempotency-Key", "night").is(t, 409).json(t)
	confirm, _ := asked["confirm"].(string)
	if confirm == "" || asked["fields"].(map[string]any)["start"] == "" || count() != before {
		t.Fatalf("%v", asked)
	}
	w.ask(t, "POST", nights+"?confirm=yes", organizer, early).is(t, 409)
	w.ask(t, "POST", nights+"?confirm="+confirm, organizer, long).is(t, 409) // another slip
	if n := count(); n != before {
		t.Fatalf("%d performances more", n-before)
	}
	made := w.ask(t, "POST", nights+"?confirm="+confirm, organizer, early, "Idempotency-Key", "night").is(t, 201)
	again := w.ask(t, "POST", nights+"?confirm="+confirm, organizer, early, "Idempotency-Key", "night").is(t, 201)
	if made.json(t)["id"] != again.json(t)["id"] || again.header.Get("Idempotency-Replayed") != "true" ||
		count() != before+1 {
		t.Errorf("%s %s, %d performances more", made.body, again.body, count()-before)
	}
}
