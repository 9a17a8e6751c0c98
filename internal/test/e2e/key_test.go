package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// theirRing is a key ring in somebody else's project.
const theirRing = "projects/teatro-keys/locations/local-machine1/keyRings/theirs"

const keyPath = "/w/demo/settings/key"

// locksmith is an installation in which a workspace brings its key.
type locksmith struct {
	*servetest.Installation
	t     *testing.T
	clock *modeltest.Clock
	away  atomic.Pointer[codes.Code] // what KMS answers while it is unavailable
	boss  *visitortest.Visitor
	key   string // the workspace's own
}

func newLocksmith(t *testing.T) *locksmith {
	t.Helper()
	h := &locksmith{t: t, clock: modeltest.NewClock(testclock.Now())}
	h.Installation = servetest.Start(t, servetest.Options{Demo: true, Clock: h.clock, Intercept: func(_ context.Context,
		method string) error {
		if code := h.away.Load(); code != nil && strings.HasSuffix(method, "KeyManagementService/Decrypt") {
			return status.Error(*code, "not now")
		}
		return nil
	}})
	boss := h.Sheet.Workspaces[0].Accounts[0]
	h.boss = visitortest.New(t, h.URL()).SignIn(boss.Email, boss.Password)
	kms := h.Cloud.Clients.KMS
	id := "toh-" + h.Sheet.Workspaces[0].ID
	h.key = theirRing + "/cryptoKeys/" + id
	if _, err := kms.CreateKeyRing(t.Context(), &kmspb.CreateKeyRingRequest{Parent: strings.TrimSuffix(theirRing,
		"/keyRings/theirs"), KeyRingId: "theirs"}); err != nil {
		t.Fatal(err)
	}
	if _, err := kms.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{
		Parent: theirRing, CryptoKeyId: id, CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	}); err != nil {
		t.Fatal(err)
	}
	return h
}

// turn enables or disables their key.
func (h *locksmith) turn(state kmspb.CryptoKeyVersion_CryptoKeyVersionState) {
	h.t.Helper()
	_, err := h.Cloud.Clients.KMS.UpdateCryptoKeyVersion(h.t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: h.key + "/cryptoKeyVersions/1", State: state},
		UpdateMask:       &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *locksmith) post(path string, form url.Values, want int) visitortest.Page {
	h.t.Helper()
	form.Set("proof", h.Sheet.Workspaces[0].Accounts[0].Password)
	p := h.boss.Do(http.MethodPost, path, form)
	if p.Status != want {
		h.t.Fatalf("POST %s: %d, want %d\n%s", path, p.Status, want, p.Body)
	}
	return p
}

func (h *locksmith) get(path string, want int) visitortest.Page {
	h.t.Helper()
	p := h.boss.Get(path)
	if p.Status != want {
		h.t.Errorf("GET %s: %d, want %d", path, p.Status, want)
	}
	return p
}

// api calls the API with the token of a workspace's member.
func (h *locksmith) api(workspace int, path string) (int, string) {
	h.t.Helper()
	place := h.Sheet.Workspaces[workspace]
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.URL()+"/api/v1/workspaces/"+place.ID+path,
		nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+place.Accounts[0].Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if err := resp.Write(&body); err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, body.String()
}

func (h *locksmith) bring() {
	h.t.Helper()
	h.post(keyPath, url.Values{"key": {h.key}}, http.StatusSeeOther)
	if p := h.get(keyPath, 200); !strings.Contains(p.Body, "A change is pending") ||
		strings.Contains(p.Body, keyPath+"/installation") {
		h.t.Error("the page does not tell of the change")
	}
	h.threeDays()
}

// threeDays lets the time pass in which a change of the key can be stopped, has the change made, and signs in again.
func (h *locksmith) threeDays() {
	h.t.Helper()
	place := h.Sheet.Workspaces[0]
	boss := access.Caller{Scope: model.Workspace(place.ID), Account: "boss", Name: "Boss", Role: access.Management}
	k, err := h.App.Workspaces.Key(h.t.Context(), boss)
	if err != nil || k.Pending == nil {
		h.t.Fatalf("nothing is pending: %+v %v", k, err)
	}
	h.clock.Advance(workspace.KeyPause)
	if err := h.App.Queue.Run(h.t.Context(), "key-"+k.Pending.ID+"-"+k.Pending.Due.UTC().Format("20060102")); err !=
		nil {
		h.t.Fatal(err)
	}
	h.boss = visitortest.New(h.t, h.URL()).SignIn(place.Accounts[0].Email, place.Accounts[0].Password)
}

func TestAWorkspaceBringsItsOwnKey(t *testing.T) {
	h := newLocksmith(t)
	first := h.get(keyPath, 200).Body
	for _, want := range []string{"serviceAccount:toh-web@toh-local.iam.gserviceaccount.com",
		"in the location local-machine1.", "serviceAccount:toh-tasks@", "roles/cloudkms.cryptoKeyEncrypterDecrypter",
		"--location=local-machine1"} {
		if !strings.Contains(first, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for name, key := range map[string]string{
		"nothing": "", "no key": "opera", "a version": h.key + "/cryptoKeyVersions/1",
		"elsewhere": strings.Replace(h.key, "local-machine1", "global", 1),
		"not there": h.key + "x", "not for us": theirRing + "/cryptoKeys/opera", "ours": h.Config.KMSKey,
	} {
		p := h.post(keyPath, url.Values{"key": {key}}, http.StatusBadRequest)
		if name == "not there" && (!strings.Contains(p.Body, h.key[strings.LastIndex(h.key, "/")+1:]+"x<") ||
			!strings.Contains(p.Body, ">--project=teatro-keys<")) {
			t.Errorf("%s: the command does not name the key\n%s", name, p.Body)
		}
	}
	reporter := h.Sheet.Workspaces[0].Accounts[2]
	other := visitortest.New(t, h.URL()).SignIn(reporter.Email, reporter.Password)
	if p := other.Do(http.MethodPost, keyPath, url.Values{"key": {h.key}}); p.Status != http.StatusForbidden {
		t.Errorf("a %s brings a key: %d", reporter.Role, p.Status)
	}
	h.bring()
	if p := h.get(keyPath, 200); !strings.Contains(p.Body, h.key) ||
		!strings.Contains(p.Body, keyPath+"/installation") {
		t.Error("the page does not name the workspace's key")
	}
	h.clock.Advance(10 * time.Minute) // what is sealed from now on has new keys
	h.get("/w/demo/reports", 200)
	if code, _ := h.api(0, "/reports"); code != 200 {
		t.Errorf("API: %d", code)
	}
	h.whileOff()
	h.turn(kmspb.CryptoKeyVersion_ENABLED)
	h.get("/w/demo/reports", 200)
	if code, _ := h.api(0, "/reports"); code != 200 {
		t.Errorf("API after the key is back: %d", code)
	}
	h.post(keyPath+"/installation", url.Values{}, http.StatusSeeOther)
	h.threeDays()
	h.turn(kmspb.CryptoKeyVersion_DISABLED)
	h.clock.Advance(10 * time.Minute)
	h.get("/w/demo/reports", 200)
	h.trails()
}

// whileOff disables the key and requests everything.
func (h *locksmith) whileOff() {
	h.t.Helper()
	title := h.title()
	h.turn(kmspb.CryptoKeyVersion_DISABLED)
	if p := h.get("/w/demo/productions", 200); !strings.Contains(p.Body, title) { // for the rest of a minute
		h.t.Errorf("no %q before", title)
	}
	h.clock.Advance(time.Minute)
	for _, r := range h.App.Routes() {
		if r.For != frame.Member {
			continue
		}
		p := h.boss.Do(r.Method, at(r.Path, nil), form(r.Method))
		if p.Status != http.StatusLocked || strings.Contains(p.Body, title) ||
			!strings.Contains(p.Body, "is disabled, or access") {
			h.t.Errorf("%s %s: %d, %q", r.Method, r.Path, p.Status, title)
		}
	}
	for _, path := range []string{"/reports", "/productions", "/audit"} {
		if code, body := h.api(0, path); code != http.StatusLocked ||
			!strings.Contains(body, "application/problem+json") || strings.Contains(body, title) {
			h.t.Errorf("API %s: %d\n%s", path, code, body)
		}
		if code, _ := h.api(1, path); code == http.StatusLocked || code >= 500 {
			h.t.Errorf("API %s of another workspace: %d", path, code)
		}
	}
	for _, path := range []string{"/account", "/account/sessions", "/workspaces"} {
		h.get(path, 200)
	}
	h.others()
	kind := codes.Unavailable // an outage is not a disabled key
	h.away.Store(&kind)
	h.get("/w/demo/reports", http.StatusServiceUnavailable)
	h.away.Store(nil)
	h.get("/w/demo/reports", http.StatusLocked)
}

func form(method string) url.Values {
	if method == http.MethodPost {
		return url.Values{"name": {"x"}}
	}
	return nil
}

// others are those who get the same answers whatever the state of the key.
func (h *locksmith) others() {
	h.t.Helper()
	account := h.Sheet.Workspaces[1].Accounts[0]
	stranger := visitortest.New(h.t, h.URL()).SignIn(account.Email, account.Password)
	if p := stranger.Get("/w/demo/reports"); p.Status != http.StatusNotFound {
		h.t.Errorf("a stranger learns that it is locked: %d", p.Status)
	}
	if p := visitortest.New(h.t, h.URL()).Get("/w/demo/reports"); p.Status != http.StatusSeeOther {
		h.t.Errorf("nobody: %d", p.Status)
	}
	member := h.Sheet.Workspaces[0].Accounts[1]
	// a locked workspace does not keep anybody out of their account
	left := visitortest.New(h.t, h.URL()).SignIn(member.Email, member.Password)
	if p := left.Get("/w/demo/reports"); p.Status != http.StatusLocked {
		h.t.Errorf("a member who signs in now: %d", p.Status)
	}
}

// trails checks what was recorded: the change in the workspace's trail, the refusals in the platform's.
func (h *locksmith) trails() {
	h.t.Helper()
	boss := access.Caller{Scope: model.Workspace(h.Sheet.Workspaces[0].ID), Account: "boss", Name: "Boss",
		Role: access.Management}
	page, err := h.App.Gate.History(h.t.Context(), records.By(boss, access.AuditRead),
		audit.Filter{Action: access.KeyUpdate}, 50,
		"")
	if err != nil {
		h.t.Fatal(err)
	}
	told := map[audit.Outcome]int{}
	for _, e := range page.Entries {
		told[e.Outcome]++
	}
	if told[audit.Begun] != 2 || told[audit.Done] != 2 || told[audit.Failed] != 1 || told[audit.Denied] != 1 {
		h.t.Errorf("entries: %v", told)
	}
	if n := h.turnedAway(); n < 2 {
		h.t.Errorf("%d refusals with the platform", n)
	}
}

// turnedAway counts the refusals for the locked workspace in the log bucket, where an operator can read them.
func (h *locksmith) turnedAway() int {
	h.t.Helper()
	list := h.Cloud.Clients.Logging.ListLogEntries(h.t.Context(), &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + h.Config.Project + "/locations/" + h.Config.Region +
			"/buckets/audit/views/_AllLogs"},
		PageSize: 1000,
		Filter:   fmt.Sprintf("timestamp >= %q", h.clock.Now().Add(-13*24*time.Hour).UTC().Format(time.RFC3339)),
	})
	n := 0
	for {
		e, err := list.Next()
		if errors.Is(err, iterator.Done) {
			return n
		}
		if err != nil {
			h.t.Fatal(err)
		}
		l := e.GetLabels()
		if l["action"] == string(access.WorkspaceLocked) && l["outcome"] == string(audit.Denied) &&
			e.GetJsonPayload().GetFields()["record"].GetStringValue() == "workspace/"+h.Sheet.Workspaces[0].ID {
			n++
		}
	}
}

// title is the title of one production of the workspace.
func (h *locksmith) title() string {
	h.t.Helper()
	boss := access.Caller{Scope: model.Workspace(h.Sheet.Workspaces[0].ID), Account: "boss", Name: "Boss",
		Role: access.Management}
	list, err := h.App.Stage.Productions(h.t.Context(), boss, shows.ListInput{})
	if err != nil || len(list.Records) == 0 {
		h.t.Fatal(err)
	}
	return list.Records[0].Body.Title
}

// TestTheKeyPages looks at them in a browser.
func TestTheKeyPages(t *testing.T) {
	h := newLocksmith(t)
	boss := h.Sheet.Workspaces[0].Accounts[0]
	tab := browsertest.Open(t, h.URL())
	signIn := func() {
		tab.Go("/signin")
		tab.Fill("email", boss.Email)
		tab.Fill("password", boss.Password)
		tab.Press("Sign in")
	}
	signIn()
	look := func(name, path string) {
		t.Helper()
		for _, width := range []int64{360, 1280} {
			for _, theme := range []string{"light", "dark"} {
				tab.Size(width, 800, theme)
				tab.Go(path)
				tab.Axe()
				tab.Shot(name + "-" + theme + map[int64]string{360: "-360", 1280: "-1280"}[width])
				if wide := browsertest.Eval[int](tab,
					"document.documentElement.scrollWidth - window.innerWidth"); wide > 0 {
					t.Errorf("%s is %d wider than a window of %d", path, wide, width)
				}
			}
		}
	}
	look("key-house", keyPath)
	tab.Fill("key", h.key+"x")
	tab.Press("Protect the workspace with this key")
	tab.Sees("We cannot use this key yet", "--keyring=theirs", "--project=teatro-keys")
	tab.Axe()
	tab.Shot("key-refused")
	tab.Fill("key", h.key)
	tab.Press("Protect the workspace with this key")
	tab.Sees("The change takes effect in three days", h.key, "A change is pending", boss.Name+" asked for it.")
	look("key-waits", keyPath)
	tab.Press("Stop the change")
	tab.Sees("The change was stopped.")
	tab.Fill("key", h.key)
	tab.Press("Protect the workspace with this key")
	h.threeDays()
	signIn()
	tab.Go(keyPath)
	tab.Sees(h.key, "Go back to our key")
	look("key-own", keyPath)
	title := h.title()
	h.turn(kmspb.CryptoKeyVersion_DISABLED)
	h.clock.Advance(6 * time.Minute)
	look("locked", "/w/demo/reports")
	tab.Sees("This workspace is locked")
	tab.SeesNot(title)
	h.turn(kmspb.CryptoKeyVersion_ENABLED)
	tab.Go(keyPath)
	tab.Press("Go back to our key")
	tab.Sees("The change takes effect in three days")
}
