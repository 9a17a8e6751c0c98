package api_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

const draft = `{"production":"%P","title":"Zanzibar","body":"The follow spot failed","sections":[
	{"department":"sound","text":"Quixotic hum","severity":"attention"},
	{"department":"injury","text":"A sprained wrist, peregrine","audience":"management","severity":"urgent"}]}`

func TestLifeOfAReport(t *testing.T) {
	t.Parallel()
	w := open(t)
	reporter, viewer, organizer, management := w.token(0, access.Reporter), w.token(0, access.Viewer),
		w.token(0, access.Organizer), w.token(0, access.Management)
	nothing := w.ask(t, "GET", w.reports(0)+"/"+model.NewID(), viewer, "").is(t, 404)

	made := w.ask(t, "POST", w.reports(0), reporter, strings.ReplaceAll(draft, "%P", w.production(t, 0))).is(t, 201)
	r := made.json(t)
	w.ask(t, "GET", made.header.Get("Location"), reporter, "").is(t, 200)
	if made.header.Get("ETag") != `"1"` || r["state"] != "draft" || r["number"] != 0.0 || r["version"] != 1.0 ||
		len(r["sections"].([]any)) != 2 {
		t.Fatalf("%v %s", made.header, made.body)
	}
	one := w.reports(0) + "/" + r["id"].(string)
	same(t, nothing, w.ask(t, "GET", one, management, "")) // a draft is its author's
	w.ask(t, "PATCH", one, reporter, `{"title":"Zanzibar","number":7}`).is(t, 400)
	w.ask(t, "PATCH", one, reporter, `{"state":"accepted"}`).is(t, 400)
	w.ask(t, "PATCH", one, reporter, `{"title":"Late"}`, "If-Match", `"9"`).is(t, 412)
	w.ask(t, "PATCH", one, reporter, `{"title":"Late"}`, "If-Match", `W/"1"`).is(t, 412)
	changed := w.ask(t, "PATCH", one, reporter, `{"title":"Later"}`, "If-Match", `"1"`).is(t, 200)
	if changed.header.Get("ETag") != `"2"` || changed.json(t)["title"] != "Later" ||
		changed.json(t)["body"] != "The follow spot failed" {
		t.Fatalf("%s", changed.body)
	}
	w.ask(t, "POST", one+"/file", organizer, "").is(t, 404)
	filed := w.ask(t, "POST", one+"/file", reporter, "").is(t, 200).json(t)
	if filed["state"] != "filed" || filed["number"] == 0.0 || filed["hash"] == "" {
		t.Fatalf("%v", filed)
	}
	w.ask(t, "PATCH", one, reporter, `{"title":"No"}`).is(t, 409)

	seen := w.ask(t, "GET", one, viewer, "").is(t, 200)
	if strings.Contains(seen.body, "sprained") || strings.Contains(seen.body, "management") ||
		strings.Contains(seen.body, "injury") || strings.Contains(seen.body, "urgent") {
		t.Errorf("a viewer sees %s", seen.body)
	}
	if got := text(seen.json(t)["sections"].([]any)[1]); got != `{"sealed":true}` {
		t.Errorf("sealed section: %s", got)
	}
	if !strings.Contains(w.ask(t, "GET", one, management, "").is(t, 200).body, "sprained") {
		t.Error("management does not see the injury")
	}
	w.ask(t, "GET", one, viewer, "", "If-None-Match", seen.header.Get("ETag")).is(t, 304)
	w.findsOnlyWhatIsMeant(t, viewer, management)

	if q := w.ask(t, "POST", one+"/query", organizer, `{"text":"Which hum?"}`).is(t, 200).
		json(t); q["state"] != "queried" {
		t.Errorf("%v", q)
	}
	if strings.Contains(w.ask(t, "GET", one, viewer, "").body, "Which hum?") {
		t.Error("a viewer reads what was asked")
	}
	w.ask(t, "POST", one+"/amend", reporter, `{"title":"Without a reason"}`).is(t, 400)
	if a := w.ask(t, "POST", one+"/amend", reporter, `{"reason":"Found it","body":"It was the fridge"}`).is(t, 200).
		json(t); a["state"] != "filed" || a["revision"] != 2.0 {
		t.Errorf("%v", a)
	}
	if a := w.ask(t, "POST", one+"/accept", organizer, "").is(t, 200).json(t); a["state"] != "accepted" ||
		a["accepted_by"] == nil {
		t.Errorf("%v", a)
	}
	w.ask(t, "POST", one+"/accept", viewer, "").is(t, 403)
	w.ask(t, "DELETE", one, reporter, "").is(t, 403)
	w.ask(t, "DELETE", one, organizer, "", "If-Match", `"1"`).is(t, 412)
	w.ask(t, "DELETE", one, organizer, "").is(t, 403) // the injury is sealed from them
	if gone := w.ask(t, "DELETE", one, management, "").is(t, 204); gone.body != "" {
		t.Errorf("a body: %s", gone.body)
	}
	same(t, nothing, w.ask(t, "GET", one, management, ""))
}

func (w *town) findsOnlyWhatIsMeant(t *testing.T, viewer, management string) {
	t.Helper()
	for word, finds := range map[string]map[string]int{
		"quixotic": {viewer: 1, management: 1}, "peregrine": {viewer: 0, management: 1}, "quixotic hum": {viewer: 1},
		"quixotic peregrine": {viewer: 0}, "nosuchword": {management: 0}, "%21": {management: 0},
	} {
		for token, n := range finds {
			a := w.ask(t, "GET", w.reports(0)+"?q="+strings.ReplaceAll(word, " ", "+"), token, "").is(t, 200)
			if len(a.items(t)) != n {
				t.Errorf("%q finds %d, not %d", word, len(a.items(t)), n)
			}
		}
	}
}

func TestNothingOfAnotherWorkspace(t *testing.T) {
	t.Parallel()
	w := open(t)
	made := w.ask(t, "POST", w.reports(1), w.token(1, access.Management), strings.ReplaceAll(draft, "%P",
		w.production(t, 1))).is(t, 201).json(t)
	id := made["id"].(string)
	w.ask(t, "POST", w.reports(1)+"/"+id+"/file", w.token(1, access.Management), "").is(t, 200)
	canaries := []string{"Zanzibar", "Quixotic", "sprained", id, w.id(1), made["production"].(string),
		w.sheet.Workspaces[1].Name}
	foreignCursor := w.ask(t, "GET", w.reports(1)+"?limit=1", w.token(1, access.Management), "").is(t, 200).
		json(t)["next_cursor"].(string)
	base := "/api/v1/workspaces/" + w.id(0)
	for _, role := range access.MemberRoles {
		// The trail is read before anything is probed: afterwards it tells, rightly, which ids this workspace's people
		// asked for.
		for _, path := range []string{base + "/audit?limit=100", "/api/v1/me", "/api/v1/workspaces", base +
			"/productions", base + "/reports?limit=100", base + "/reports?q=quixotic",
			base + "/reports?production=" + made["production"].(string), base + "/reports?cursor=" + foreignCursor,
			base + "/reports/" + id,
			base + "/productions/" + made["production"].(string) + "/performances", w.reports(1) + "/" + id, base +
				"/audit?record=reports/" + id} {
			a := w.ask(t, "GET", path, w.token(0, role), "")
			for _, canary := range canaries {
				if strings.Contains(a.body+text(a.header), canary) && !strings.Contains(path, canary) {
					t.Errorf("%s as %s tells %q", path, role, canary)
				}
			}
		}
	}
	w.ask(t, "GET", base+"/reports?cursor="+foreignCursor, w.token(0, access.Management), "").is(t, 400)
	w.ask(t, "POST", w.reports(0), w.token(0, access.Reporter), strings.ReplaceAll(draft, "%P",
		made["production"].(string))).is(t, 400)
}
