package api_test

import (
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/api"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/program"
)

// may is what each operation asks of a role; "" needs a token only.
var may = map[string]access.Action{
	"GET /api/v1/me": "", "GET /api/v1/workspaces": "", "GET /api/v1/report-types": "",
	"GET /api/v1/workspaces/{ws}/productions":                    access.ProductionList,
	"POST /api/v1/workspaces/{ws}/productions":                   access.ProductionCreate,
	"GET /api/v1/workspaces/{ws}/productions/{id}/performances":  access.PerformanceList,
	"POST /api/v1/workspaces/{ws}/productions/{id}/performances": access.PerformanceCreate,
	"GET /api/v1/workspaces/{ws}/reports":                        access.ReportList,
	"POST /api/v1/workspaces/{ws}/reports":                       access.ReportCreate,
	"GET /api/v1/workspaces/{ws}/reports/{id}":                   access.ReportRead,
	"PATCH /api/v1/workspaces/{ws}/reports/{id}":                 access.ReportUpdate,
	"DELETE /api/v1/workspaces/{ws}/reports/{id}":                access.ReportTrash,
	"POST /api/v1/workspaces/{ws}/reports/{id}/file":             access.ReportFile,
	"POST /api/v1/workspaces/{ws}/reports/{id}/accept":           access.ReportAccept,
	"POST /api/v1/workspaces/{ws}/reports/{id}/query":            access.ReportQuery,
	"POST /api/v1/workspaces/{ws}/reports/{id}/amend":            access.ReportAmend,
	"GET /api/v1/workspaces/{ws}/reports/{id}/files":             access.FileList,
	"POST /api/v1/workspaces/{ws}/reports/{id}/files":            access.FileAdd,
	"GET /api/v1/workspaces/{ws}/productions/{id}/files":         access.FileList,
	"POST /api/v1/workspaces/{ws}/productions/{id}/files":        access.FileAdd,
	"GET /api/v1/workspaces/{ws}/files/{id}":                     access.FileRead,
	"DELETE /api/v1/workspaces/{ws}/files/{id}":                  access.FileRemove,
	"PUT /api/v1/workspaces/{ws}/files/{id}/parts/{n}":           access.FileAdd,
	"POST /api/v1/workspaces/{ws}/files/{id}/complete":           access.FileAdd,
	"GET /api/v1/workspaces/{ws}/files/{id}/content":             access.FileRead,
	"GET /api/v1/workspaces/{ws}/files/{id}/previews/{n}":        access.FileRead,
	"GET /api/v1/workspaces/{ws}/audit":                          access.AuditRead,
	"GET /api/v1/workspaces/{ws}/audit/check":                    access.AuditCheck,
}

// bodies are right, so that nothing but the id is wrong.
var bodies = map[string]string{
	"/performances": `{"start":"19:30","day":"2026-05-01"}`, "/query": `{"text":"Why?"}`,
	"/amend": `{"reason":"A slip","title":"x"}`, "/files": `{"name":"a.txt","size":5}`, "/complete": `{}`,
	"PATCH": `{"title":"x"}`, "/reports": `{"production":"nowhere"}`, "/productions": `{"title":"x","zone":"nowhere"}`,
}

func bodyOf(method, path string) string {
	for end, body := range bodies {
		if method != "GET" && (strings.HasSuffix(path, end) || method == end) {
			return body
		}
	}
	return ""
}

func operations(doc *huma.OpenAPI) map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PATCH": item.Patch,
			"DELETE": item.Delete, "PUT": item.Put} {
			if op != nil {
				all[method+" "+path] = op
			}
		}
	}
	return all
}

func (w *town) api(t *testing.T, docs bool) *api.API {
	t.Helper()
	a, err := api.New(api.Options{
		Clock: w.clock, Identity: w.App.Identity, Programs: program.New(w.App.Gate), Accounts: w.App.Accounts,
		Workspaces: w.App.Workspaces, Stage: w.App.Stage, Files: w.App.Files, Docs: docs,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheTableIsTheDocument(t *testing.T) {
	t.Parallel()
	w := open(t)
	found := operations(w.api(t, true).OpenAPI())
	for name := range may {
		if found[name] == nil {
			t.Errorf("%s is not served", name)
		}
	}
	for name := range found {
		if _, ok := may[name]; !ok {
			t.Errorf("%s is served and not in this test", name)
		}
	}
}

func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	w := open(t)
	nothing := w.ask(t, "GET", w.reports(0)+"/"+model.NewID(), w.token(0, access.Management), "").is(t, 404)
	foreign := w.ask(t, "GET", w.reports(1)+"?limit=1", w.token(1, access.Management), "").is(t, 200).
		items(t)[0]["id"].(string)
	for name, action := range may {
		method, path, _ := strings.Cut(name, " ")
		inside := strings.Contains(path, "{ws}")
		at := func(ws, id string) string {
			return strings.NewReplacer("{ws}", ws, "{id}", id, "{n}", "1").Replace(path)
		}
		t.Run(name, func(t *testing.T) {
			body := bodyOf(method, path)
			for _, token := range []string{"", "garbage", "toh_aa_bb_cc", w.token(0, access.Management)[:60]} {
				a := w.ask(t, method, at(w.id(0), model.NewID()), token, body).is(t, 401)
				if a.header.Get("WWW-Authenticate") == "" {
					t.Error("no challenge")
				}
			}
			if !inside {
				w.ask(t, method, path, w.token(0, access.Viewer), "").is(t, 200)
				return
			}
			for _, ws := range []string{w.id(1), w.sheet.Workspaces[1].Slug, model.NewID(), "no-such-slug", "UPPER",
				"%20"} {
				same(t, nothing, w.ask(t, method, at(ws, foreign), w.token(0, access.Management), body))
			}
			for _, role := range access.MemberRoles {
				caller := access.Caller{Scope: model.Workspace("aa"), Account: "bb", Role: role,
					Limits: access.Scopes{access.ReadReports, access.WriteReports, access.ReadAudit}}
				for _, id := range []string{model.NewID(), foreign, "UPPER", "a", strings.Repeat("a", 70), "%00"} {
					a := w.ask(t, method, at(w.sheet.Workspaces[0].Slug, id), w.token(0, role), body)
					switch {
					case !access.Can(caller, action):
						a.is(t, 403)
					case strings.Contains(path, "{id}"):
						same(t, nothing, a)
					case method == "GET":
						a.is(t, 200)
					default:
						a.is(t, 400) // no such production, no such zone
					}
				}
			}
		})
	}
}

// same compares two answers byte for byte, but for what names the request.
func same(t *testing.T, want, got answer) {
	t.Helper()
	if want.status != got.status || want.body != got.body {
		t.Errorf("%d %s differs from %d %s", got.status, got.body, want.status, want.body)
	}
	for _, h := range []*answer{&want, &got} {
		if h.header.Get("X-Request-Id") == "" {
			t.Error("no request id")
		}
		h.header = h.header.Clone()
		h.header.Del("X-Request-Id")
	}
	if text(want.header) != text(got.header) {
		t.Errorf("headers differ: %v, %v", got.header, want.header)
	}
}

func TestTokensNarrow(t *testing.T) {
	t.Parallel()
	w := open(t)
	me := w.ask(t, "GET", "/api/v1/me", w.token(0, access.Management), "").is(t, 200).
		json(t)["account"].(map[string]any)
	self := access.Caller{Scope: model.Account(me["id"].(string)), Account: me["id"].(string), Role: access.Self}
	make := func(workspace string, scopes ...string) string {
		token, _, err := w.App.Accounts.CreateToken(t.Context(), self, account.NewToken{Name: "narrow", Scopes: scopes,
			Days: 1, Workspace: workspace})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	reading := make("", "reports:read")
	w.ask(t, "GET", w.reports(0), reading, "").is(t, 200)
	w.ask(t, "POST", w.reports(0), reading, `{"production":"x"}`).is(t, 403)
	w.ask(t, "GET", "/api/v1/workspaces/"+w.id(0)+"/audit", reading, "").is(t, 403)
	elsewhere := make(w.id(1), "reports:read")
	w.ask(t, "GET", w.reports(0), elsewhere, "").is(t, 404)
	if list := w.ask(t, "GET", "/api/v1/workspaces", elsewhere, "").is(t, 200).items(t); len(list) != 0 {
		t.Errorf("a token for another workspace lists %v", list)
	}
	w.clock.Advance(25 * 60 * 60 * 1e9)
	w.ask(t, "GET", w.reports(0), reading, "").is(t, 401)
}

// Management checks the trail by the API, too, and nobody else does.
func TestTrailIsCheckedByAPI(t *testing.T) {
	t.Parallel()
	w := open(t)
	at := strings.TrimSuffix(w.reports(0), "/reports") + "/audit/check"
	w.ask(t, "GET", at, w.token(0, access.Organizer), "").is(t, 403)
	w.ask(t, "GET", at, w.token(1, access.Management), "").is(t, 404)
	r := w.ask(t, "GET", at, w.token(0, access.Management), "").is(t, 200).json(t)
	if (r["state"] != "well" && r["state"] != "undecided") || len(r["findings"].([]any)) != 0 ||
		r["entries"].(float64) < 1 {
		t.Errorf("%v", r)
	}
}
