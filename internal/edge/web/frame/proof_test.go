package frame_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

var pathVariable = regexp.MustCompile(`\{[a-z]+\}`)

// late is a manager's browser in which nobody has given a password for ten minutes.
func late(t *testing.T) (*webtest.Fixture, *webtest.Browser) {
	t.Helper()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Management)
	h.Clock.Advance(10 * time.Minute)
	return h, b
}

// Every form whose action asks for a proof is answered with the page that asks, which carries the form along, and a
// wrong password changes nothing about that.
func TestEveryDangerousFormAsksForThePassword(t *testing.T) {
	t.Parallel()
	h, b := late(t)
	tried := 0
	for _, r := range h.Site.Routes() {
		if r.Method != "POST" || !access.AsksProof(r.Action) || r.Asks {
			continue
		}
		tried++
		path := pathVariable.ReplaceAllString(strings.ReplaceAll(r.Path, "{ws}", "lyric"), "aaaaaaaaaaaaaaaaaaaaaaaaaa")
		t.Run(r.Name, func(t *testing.T) {
			p := b.Post(path+"?x=%22", "a<b", `can"ary`, "twice", "one", "twice", "two", "password", "secret-canary")
			webtest.Shows(t, p, 403, "Is it really you?", access.Says(r.Action), `action="`+path+`?x=%22"`,
				`name="a<b" value="can"ary"`, `name="twice" value="one"`, `name="twice" value="two"`)
			if p.Has("secret-canary") || strings.Contains(p.Body, `can"ary`) {
				t.Error("the page shows a password, or is not escaped")
			}
			if tried > 8 {
				return // tries at passwords are counted
			}
			webtest.Shows(t, b.Post(path, "a", "canary", "proof", "wrong-canary"), 400, "This is not your password.",
				`name="a" value="canary"`)
			webtest.Shows(t, b.Post(path, "a", "canary", "proof", ""), 400, "Please fill this in.",
				`name="a" value="canary"`)
		})
	}
	if tried < 8 {
		t.Errorf("only %d forms ask", tried)
	}
}

func TestAFormWithThePasswordDoesWhatWasAsked(t *testing.T) {
	t.Parallel()
	h, b := late(t)
	form := []string{"name", "import", "scopes", "reports:read", "scopes", "reports:write", "days", "30", "workspace",
		""}
	webtest.Shows(t, b.Post("/account/tokens", form...), 403, `name="scopes" value="reports:write"`)
	webtest.Shows(t, b.Get("/account/tokens"), 200, "No tokens")
	p := b.Post("/account/tokens", append(form, "proof", webtest.Password)...)
	webtest.Shows(t, p, 200, "toh_")
	if strings.Contains(p.Body, webtest.Password) || strings.Contains(h.Log.String(), webtest.Password) {
		t.Error("the password is shown or logged")
	}
	viewer := h.ID(t, "viewer@lyric.example")
	// ten minutes more
	webtest.LeadsTo(t, b.Post("/w/lyric/members/"+viewer+"/role", "role", "organizer"), "/w/lyric/members")
	h.Clock.Advance(10 * time.Minute)
	webtest.Shows(t, b.Post("/w/lyric/members/"+viewer+"/remove"), 403, "Is it really you?")
	webtest.LeadsTo(t, b.Post("/w/lyric/members/"+viewer+"/remove", "proof", webtest.Password), "/w/lyric/members")
	h.Clock.Advance(10 * time.Minute)
	for range 10 {
		b.Post("/w/lyric/leave", "proof", "wrong")
	}
	webtest.Shows(t, b.Post("/w/lyric/leave", "proof", webtest.Password), 429, "too many attempts", "Is it really you?")
}

// Roles and addresses of others are decided before anybody is asked for a password.
func TestOnlyWhoMayIsAsked(t *testing.T) {
	t.Parallel()
	h, _ := late(t)
	viewer := h.As(t, "lyric", access.Viewer)
	h.Clock.Advance(10 * time.Minute)
	webtest.Shows(t, viewer.Post("/w/lyric/invitations", "email", "a@b.example", "role", "viewer"), 403,
		"Your role does not allow this")
	webtest.Shows(t, viewer.Post("/w/other/invitations"), 404)
	webtest.LeadsTo(t, h.Browser().Post("/account/tokens", "name", "x"), "/signin")
	b := h.As(t, "lyric", access.Viewer)
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	webtest.Shows(t, b.Post("/account/tokens", "proof", webtest.Password), 403, "another site")
}

// Forms that ask for the password themselves do so whatever was proved, and their fields for passwords are never
// carried along.
func TestPasswordsAreNeverCarried(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Viewer)
	asks := 0
	for _, r := range h.Site.Routes() {
		if r.Asks {
			asks++
			if p := b.Post(r.Path, "email", "new@lyric.example", "new",
				"gravel sleeps beneath other anchors"); p.Status != 400 {
				t.Errorf("%s without a password: %d", r.Name, p.Status)
			}
		}
	}
	if asks != 2 {
		t.Errorf("%d forms ask themselves", asks)
	}
	names := regexp.MustCompile(`Name:\s+(?:"([a-z_]+)"|ProofField), Kind: (?:frame\.)?KindPassword`)
	found := 0
	err := filepath.WalkDir("..", func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".go" {
			return err
		}
		text, err := os.ReadFile(file)
		for _, m := range names.FindAllStringSubmatch(string(text), -1) {
			found++
			if m[1] != "" && !frame.SecretField(m[1]) {
				t.Errorf("%s: the field %q for passwords would be carried along in a page", file, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 5 {
		t.Errorf("found only %d fields", found)
	}
}
