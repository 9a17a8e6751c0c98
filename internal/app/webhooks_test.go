package app_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestReturnedMailIsTold: the mail vendor reports, over the public address, that an invitation did not arrive, and
// whoever looks at the invitations sees it.
func TestReturnedMailIsTold(t *testing.T) {
	t.Parallel()
	installation := servetest.Start(t, servetest.Options{Demo: true})
	key := make([]byte, 24)
	_, _ = rand.Read(key)
	secret := base64.StdEncoding.EncodeToString(key)
	putSecret(t, installation, installation.Config.Secrets.MailWebhook, "whsec"+"_"+secret)
	second := withResend(t, installation)

	home := installation.Sheet.Workspaces[0]
	boss := management(t, installation, home.ID)
	began := testclock.Now().Add(-time.Second)
	if _, err := installation.App.Workspaces.Invite(t.Context(), boss, workspace.NewInvite{Email: "gone@elsewhere.org",
		Role: access.Viewer}); err != nil {
		t.Fatal(err)
	}
	m, _ := installation.Mail(t, "gone@elsewhere.org", began)
	if m.About == "" || strings.Contains(m.About, home.ID) {
		t.Fatalf("the mail is about %q", m.About)
	}
	returned := func() bool {
		t.Helper()
		list, err := installation.App.Workspaces.ListInvites(t.Context(), boss)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			if i.Body.Email == "gone@elsewhere.org" {
				return !i.Body.Returned.IsZero()
			}
		}
		t.Fatal("the invitation is gone")
		return false
	}
	tell := func(app http.Handler, key []byte, id, about string) int {
		body := fmt.Sprintf(`{"type":"email.bounced","created_at":"2026-03-14T19:32:00Z","data":{"tags":{"kind":"invitation","about":%q}}}`, about)
		return post(t, app, installation.Config.BaseURL, key, id, body)
	}
	if code := tell(second.Handler, []byte("another key, 24 bytes..."), "msg_1",
		m.About); code != http.StatusUnauthorized {
		t.Errorf("a stranger is answered %d", code)
	}
	if code := tell(installation.App.Handler, key, "msg_1", m.About); code != http.StatusNotFound {
		t.Errorf("an installation without this vendor answers %d", code)
	}
	for _, about := range []string{"", "AAAA", m.About[:20]} { // authentic, but about nothing of ours
		if code := tell(second.Handler, key, "msg_2"+about, about); code != http.StatusNoContent {
			t.Errorf("about %q: %d", about, code)
		}
	}
	for range 2 {
		if code := tell(second.Handler, key, "msg_3", m.About); code != http.StatusNoContent {
			t.Errorf("the vendor is answered %d", code)
		}
	}
	for range 200 {
		if returned() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Error("the invitation does not say that its mail did not arrive")
}

// management is a manager of a workspace.
func management(t *testing.T, installation *servetest.Installation, id string) access.Caller {
	t.Helper()
	c := access.Caller{Scope: model.Workspace(id), Account: model.NewID(), Name: "Boss", Role: access.Management,
		Proven: true}
	list, err := installation.App.Workspaces.ListMembers(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Body.Role == access.Management {
			c.Account = m.ID
		}
	}
	return c
}

func post(t *testing.T, app http.Handler, base string, key []byte, id, body string) int {
	t.Helper()
	at := fmt.Sprint(testclock.Now().Unix())
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	r := httptest.NewRequestWithContext(t.Context(), "POST", base+"/hooks/resend", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("svix-id", id)
	r.Header.Set("svix-timestamp", at)
	r.Header.Set("svix-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Code
}

// withResend is another instance of the installation, which sends mail by Resend.
func withResend(t *testing.T, installation *servetest.Installation) *app.App {
	t.Helper()
	cfg := installation.Config
	cfg.Mail = config.Mail{Vendor: config.Resend, From: "house@opera.example"}
	cfg.Role = config.Web
	second, err := app.New(t.Context(), app.Options{Config: cfg, Clients: installation.Cloud.Clients,
		Clock:  testclock.Moving{},
		Logger: slog.New(slog.DiscardHandler), Patience: 15 * time.Second, CheapPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close(t.Context()) })
	return second
}

func putSecret(t *testing.T, installation *servetest.Installation, name, value string) {
	t.Helper()
	client, project := installation.Cloud.Clients.Secrets, "projects/"+installation.Config.Project
	if _, err := client.CreateSecret(t.Context(), &secretmanagerpb.CreateSecretRequest{Parent: project, SecretId: name,
		Secret: &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
			Replication: &secretmanagerpb.Replication_Automatic_{
				Automatic: &secretmanagerpb.Replication_Automatic{}}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
		Parent: project + "/secrets/" + name, Payload: &secretmanagerpb.SecretPayload{Data: []byte(value)}}); err !=
		nil {
		t.Fatal(err)
	}
}
