package mail

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

func TestWhatResendTells(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 19, 32, 0, 0, time.UTC)
	message := func(kind, tags string) string {
		return `{"type":"` + kind +
			`","created_at":"2026-03-14T19:32:00Z","data":{"email_id":"56761188-7520-42d8-8898",` +
			`"to":["bo@teatro.org"],"subject":"x","tags":` + tags + `,"bounce":{"message":"no such user"}}}`
	}
	tags := `{"kind":"invitation","about":"abc_-1"}`
	for text, want := range map[string]Returned{
		message("email.bounced", tags):    {Bounced, Invitation, "abc_-1", at},
		message("email.complained", tags): {Complained, Invitation, "abc_-1", at},
		message("email.failed", tags):     {Failed, Invitation, "abc_-1", at},
		message("email.suppressed", tags): {Suppressed, Invitation, "abc_-1", at},
		message("email.bounced", `[{"name":"kind","value":"reset"},{"name":"about","value":"x"}]`): {Bounced, Reset,
			"x", at},
		message("email.bounced", `{"kind":"newsletter"}`): {Bounced, "", "",
			at},
		message("email.bounced", `{"kind":"invitation","about":"../x"}`): {Bounced,
			Invitation, "", at},
		message("email.bounced", `{"about":"`+strings.Repeat("a", maxAbout+1)+`"}`): {Bounced, "", "",
			at},
		message("email.bounced", `null`): {Bounced, "", "",
			at},
	} {
		if got, ours, err := ReadResend([]byte(text)); err != nil || !ours || got != want {
			t.Errorf("%s: %+v, %t, %v", text, got, ours, err)
		}
	}
	for _, kind := range []string{"email.sent", "email.delivered", "email.opened", "email.delivery_delayed",
		"contact.created"} {
		if _, ours, err := ReadResend([]byte(message(kind, tags))); ours || err != nil {
			t.Errorf("%s: %t, %v", kind, ours, err)
		}
	}
	for _, text := range []string{"", "x", "[]", "{}", `{"type":1}`, message("email.bounced", "7")} {
		if _, ours, err := ReadResend([]byte(text)); ours || !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: %t, %v", text, ours, err)
		}
	}
}

// TestWhatAMailIsAboutTravels: About goes to the vendor as a tag, and comes back in the vendor's report.
func TestWhatAMailIsAboutTravels(t *testing.T) {
	t.Parallel()
	v, server := newVendor(t)
	r := v.sender(server, v.key)
	m, err := letters(t).Write(Invitation, Recipient{"bo@teatro.org", "Bo"}, facts())
	if err != nil {
		t.Fatal(err)
	}
	m.About = "sealed_-words"
	if _, err := r.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if tags := v.mails[0].Tags; len(tags) != 2 || tags[1] != (resendTag{"about", "sealed_-words"}) {
		t.Errorf("%+v", tags)
	}
	for _, bad := range []string{"a b", "a.b", "é", strings.Repeat("a", maxAbout+1)} {
		if m.About = bad; m.Check() == nil {
			t.Errorf("%q can be sent", bad)
		}
	}
}
