package api_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Conditions by tags, as the standard has them, for every request that has a record.
func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	w := open(t)
	reporter := w.token(0, access.Reporter)
	made := w.ask(t, "POST", w.reports(0), reporter, strings.ReplaceAll(draft, "%P", w.production(t, 0))).is(t, 201).
		json(t)
	one := w.reports(0) + "/" + made["id"].(string)
	for _, c := range []struct {
		header, value string
		status        int
	}{
		{"If-Match", `"1"`, 200}, {"If-Match", `"9", "1"`, 200}, {"If-Match", `*`, 200}, {"If-Match", `"1-gzip"`, 200},
		{"If-Match", `"9"`, 412}, {"If-Match", `W/"1"`, 412}, {"If-Match", `1`, 412},
		{"If-None-Match", `"1"`, 304}, {"If-None-Match", `W/"1"`, 304}, {"If-None-Match", `"9","1"`, 304},
		{"If-None-Match", `*`, 304},
		{"If-None-Match", `"9"`, 200}, {"If-None-Match", `1`, 200},
	} {
		a := w.ask(t, "GET", one, reporter, "", c.header, c.value).is(t, c.status)
		if tag := a.header.Get("ETag"); c.status != 412 && tag != `"1"` {
			t.Errorf("%s %s: the tag is %s", c.header, c.value, tag)
		}
		if c.status == 304 && a.body != "" {
			t.Errorf("%s %s: a body", c.header, c.value)
		}
	}
	for n, match := range []string{`"1"`, `"9", "2"`, `"3", "4"`, `*`, `"5-gzip"`} {
		a := w.ask(t, "PATCH", one, reporter, `{"title":"Later"}`, "If-Match", match).is(t, 200)
		if v := a.json(t)["version"]; v != float64(n+2) {
			t.Errorf("%s: version %v", match, v)
		}
	}
	for _, match := range []string{`"5"`, `"1", "2"`, `"06"`, `W/"6"`, `6`, `"6" "6"`, ``} {
		w.ask(t, "PATCH", one, reporter, `{"title":"Never"}`, "If-Match", match).is(t, 412)
	}
	w.ask(t, "PATCH", one, reporter, `{"title":"Never"}`, "If-Match", strings.Repeat(`"9", `, 8)+`"6"`).is(t, 400)
	for _, none := range []string{`*`, `"6"`, `"1", W/"6"`} {
		w.ask(t, "PATCH", one, reporter, `{"title":"Never"}`, "If-None-Match", none).is(t, 412)
		w.ask(t, "PATCH", one, w.token(0, access.Viewer), `{"title":"Never"}`, "If-None-Match", none).is(t, 403)
		// a draft is its author's
		w.ask(t, "PATCH", one, w.token(0, access.Organizer), `{"title":"Never"}`, "If-None-Match", none).is(t, 404)
	}
	w.ask(t, "PATCH", one, reporter, `{"title":"Never"}`, "If-None-Match", `"5"`, "If-Match", `"5"`).is(t, 412)
	w.ask(t, "POST", w.reports(0), reporter, strings.ReplaceAll(draft, "%P", w.production(t, 0)), "If-None-Match", `*`).
		is(t, 412)
	w.ask(t, "POST", one+"/file", reporter, "", "If-Match", `"1"`).is(t, 412)
	w.ask(t, "DELETE", one, reporter, "", "If-Match", `"2", "3"`).is(t, 412)
	w.ask(t, "POST", w.reports(0), reporter, strings.ReplaceAll(draft, "%P", w.production(t, 0)), "If-Match", `"1"`).
		is(t, 412)
	w.ask(t, "GET", w.reports(0), reporter, "", "If-Match", `"1"`).is(t, 412)
	if got := w.ask(t, "GET", one, reporter, "").is(t, 200).json(t); got["title"] != "Later" || got["version"] != 6.0 {
		t.Errorf("%v", got)
	}
	if got := w.ask(t, "PATCH", one, reporter, `{"title":"Last"}`, "If-None-Match", `"5"`).is(t, 200).
		json(t); got["version"] != 7.0 {
		t.Errorf("%v", got)
	}
	w.ask(t, "DELETE", one, reporter, "", "If-Match", `"6", "7"`, "If-None-Match", `"1"`).is(t, 204)
}

// Who is told that nothing has changed was shown nothing: the trail says so.
func TestUnchangedIsNoReading(t *testing.T) {
	t.Parallel()
	w := open(t)
	reporter, organizer := w.token(0, access.Reporter), w.token(0, access.Organizer)
	made := w.ask(t, "POST", w.reports(0), reporter, strings.ReplaceAll(draft, "%P", w.production(t, 0))).is(t, 201).
		json(t)
	id := made["id"].(string)
	one := w.reports(0) + "/" + id
	w.ask(t, "POST", one+"/file", reporter, "").is(t, 200)
	w.ask(t, "GET", one, organizer, "", "If-None-Match", `"2"`).is(t, 304)
	w.ask(t, "GET", one, organizer, "", "If-Match", `"1"`).is(t, 412)
	shown := func() (n, all int) {
		boss := access.Caller{Scope: model.Workspace(w.sheet.Workspaces[0].ID), Account: "boss", Name: "Boss",
			Role: access.Management}
		page, err := w.App.Gate.History(t.Context(), records.By(boss, access.AuditRead),
			audit.Filter{Action: access.ReportRead,
				Record: "reports/" + id}, 50, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if e.Shows("reports/" + id) {
				n++
			}
		}
		return n, len(page.Entries)
	}
	if n, all := shown(); n != 0 || all != 1 {
		t.Errorf("%d of %d entries say that it was shown", n, all)
	}
	w.ask(t, "GET", one, organizer, "", "If-None-Match", `"1"`).is(t, 200)
	if n, all := shown(); n != 1 || all != 2 {
		t.Errorf("afterwards %d of %d", n, all)
	}
}
