package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// scoped makes a token of a workspace's management with some scopes.
func (w *town) scoped(t *testing.T, scopes ...string) string {
	t.Helper()
	me := w.ask(t, "GET", "/api/v1/me", w.token(0, access.Management), "").is(t, 200).
		json(t)["account"].(map[string]any)
	self := access.Caller{Scope: model.Account(me["id"].(string)), Account: me["id"].(string), Role: access.Self}
	token, _, err := w.App.Accounts.CreateToken(t.Context(), self, account.NewToken{Name: "scoped", Scopes: scopes,
		Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

const (
	canary  = "Wolverine"
	newFile = `{"name":"` + canary + `.txt","size":5}`
)

// prepared makes what a change is made to, with a canary in all that can hold one, and gives its id and the body to
// send.
func (w *town) prepared(t *testing.T, name string) (id, body string) {
	t.Helper()
	token, base := w.token(0, access.Management), "/api/v1/workspaces/"+w.id(0)
	make := func(path, body string) string {
		return w.ask(t, "POST", base+path, token, body).is(t, 201).json(t)["id"].(string)
	}
	production := func() string {
		return make("/productions", `{"title":"`+canary+`","company":"`+canary+`","zone":"Europe/Berlin"}`)
	}
	report := func() string {
		return make("/reports", `{"production":"`+production()+`","day":"2026-01-05","title":"`+canary+`","body":"`+
			canary+`","sections":[{"department":"sound","text":"`+canary+`"}]}`)
	}
	filed := func() string {
		id := report()
		w.ask(t, "POST", base+"/reports/"+id+"/file", token, "").is(t, 200)
		return id
	}
	switch name {
	case "begin-report-file":
		return filed(), newFile
	case "begin-production-file":
		return production(), newFile
	case "send-part":
		return make("/reports/"+filed()+"/files", newFile), "Hello"
	case "remove-file":
		return make("/reports/"+filed()+"/files", newFile), ""
	case "complete-file":
		id := make("/reports/"+filed()+"/files", newFile)
		w.ask(t, "PUT", base+"/files/"+id+"/parts/0?generation=1", token, "Hello").is(t, 204)
		return id, "{}"
	case "create-production":
		return "", `{"title":"` + canary + `","zone":"Europe/Berlin"}`
	case "create-performance":
		return production(), `{"start":"19:30","day":"2026-05-01","notes":"` + canary + `"}`
	case "create-report":
		return "", `{"production":"` + production() + `","title":"` + canary + `"}`
	case "change-report":
		return report(), `{"title":"Another"}`
	case "file-report":
		return report(), ""
	case "trash-report", "accept-report":
		return filed(), ""
	case "query-report":
		return filed(), `{"text":"Why?"}`
	case "amend-report":
		return filed(), `{"reason":"A slip","title":"Another"}`
	}
	t.Fatalf("the change %s is not tried", name)
	return "", ""
}

// Whoever may write and not read learns of a change that it was made, and nothing else: of every route of the table.
func TestATokenThatOnlyWritesReadsNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	writing, both := w.scoped(t, "reports:write"), w.scoped(t, "reports:write", "reports:read")
	for name, op := range operations(w.api(t, true).OpenAPI()) {
		method, path, _ := strings.Cut(name, " ")
		path = strings.NewReplacer("{ws}", w.id(0), "{n}", "0").Replace(path)
		if method == "PUT" {
			path += "?generation=1"
		}
		if method == "GET" {
			if strings.Contains(name, "{ws}") {
				w.ask(t, method, strings.ReplaceAll(path, "{id}", model.NewID()), writing, "").is(t, 403)
			}
			continue
		}
		t.Run(op.OperationID, func(t *testing.T) {
			do := func(token, key string) answer {
				id, body := w.prepared(t, op.OperationID)
				at := strings.ReplaceAll(path, "{id}", id)
				first := w.ask(t, method, at, token, body, "Idempotency-Key", key).is(t, op.DefaultStatus)
				if method == "POST" {
					again := w.ask(t, method, at, token, body, "Idempotency-Key", key).is(t, op.DefaultStatus)
					if again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
						t.Errorf("sent again: %s, first: %s", again.body, first.body)
					}
				}
				return first
			}
			got := do(writing, model.NewID())
			if strings.Contains(got.body+text(got.header), canary) {
				t.Errorf("a token that only writes reads %s", got.body)
			}
			if op.DefaultStatus == 204 {
				return
			}
			fields := slices.Sorted(maps.Keys(got.json(t)))
			if !slices.Equal(fields, []string{"created_at", "id", "updated_at", "version"}) ||
				got.header.Get("ETag") == "" {
				t.Errorf("the receipt: %v %s", got.header, got.body)
			}
			if whole := do(both, model.NewID()); !strings.Contains(whole.body, canary) {
				t.Errorf("nothing to hide in %s", whole.body)
			}
			w.shownTo(t, got.json(t)["id"].(string))
		})
	}
}

// shownTo fails if the trail says that a change by the writing token showed the record.
func (w *town) shownTo(t *testing.T, id string) {
	t.Helper()
	trail := "/api/v1/workspaces/" + w.id(0) + "/audit?record=" + id
	for i, e := range w.ask(t, "GET", trail, w.token(0, access.Management), "").is(t, 200).items(t) {
		if i == 0 && e["shown"] != nil { // the newest is the change
			t.Errorf("the trail tells of a reading: %v", e)
		}
	}
}
