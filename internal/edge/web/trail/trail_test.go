package trail_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// The trail of one record is the same by its name and by its bare id, on the page and in the downloads; what cannot be
// a record is refused.
func TestTrailOfOneRecord(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	if p := h.Viewer.Get(h.WS + "/productions/" + h.Production); p.Status != 200 {
		t.Fatal(p.Status)
	}
	for _, record := range []string{h.Production, "productions/" + h.Production} {
		page := h.Management.Get(h.WS + "/audit?record=" + record)
		if page.Status != 200 || !page.Has("The viewer of Lyric opened the production Tosca.") {
			t.Errorf("%s: %d", record, page.Status)
		}
		rows := table(t, h.Management.Get(h.WS+"/audit.csv?record="+record).Body)
		labels := slices.Index(rows[0], "labels")
		if len(rows) < 3 || labels < 0 || !slices.ContainsFunc(rows[1:], func(row []string) bool {
			return row[labels] == `{"title":"Tosca"}`
		}) {
			t.Errorf("%s as a table: %v", record, rows)
		}
	}
	for _, path := range []string{"/audit", "/audit.csv", "/audit.jsonl"} {
		for _, record := range []string{"sessions/" + h.Production, "nonsense!", "reports/", "reports/a/b"} {
			if p := h.Management.Get(h.WS + path + "?record=" + record); p.Status != 400 || !p.Has("reports/01abc") {
				t.Errorf("%s of %q: %d", path, record, p.Status)
			}
		}
	}
}

// The table opens in spreadsheet programs as what it is: UTF-8 that says so, lines of RFC 4180, and no cell that is a
// formula.
func TestTheTableOfTheTrailOpensInSpreadsheets(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	names := map[string]string{
		"Götterdämmerung, dritter \"Akt\"": "Götterdämmerung, dritter \"Akt\"",
		"=HYPERLINK(1)":                    "'=HYPERLINK(1)",
		"+1":                               "'+1",
		"-1":                               "'-1",
		"@SUM(1)":                          "'@SUM(1)",
	}
	for name := range names {
		h.Management.Post("/account", "name", name)
		if p := h.Management.Get(h.WS + "/productions/" + h.Production); p.Status != 200 {
			t.Fatal(p.Status)
		}
	}
	p := h.Management.Get(h.WS + "/audit.csv?record=" + h.Production)
	if kind := p.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8; header=present" {
		t.Errorf("type %q", kind)
	}
	if name := p.Header.Get("Content-Disposition"); name != "attachment; filename=audit-lyric-"+h.Today()+".csv" {
		t.Errorf("name %q", name)
	}
	if !strings.HasPrefix(p.Body, "\xef\xbb\xbfat,") || strings.Count(p.Body, "\ufeff") != 1 {
		t.Errorf("begins with %q", p.Body[:min(20, len(p.Body))])
	}
	if bare := strings.Count(p.Body, "\n") - strings.Count(p.Body, "\r\n"); bare != 0 ||
		!strings.HasSuffix(p.Body, "\r\n") {
		t.Errorf("%d lines end otherwise than with CRLF", bare)
	}
	rows := table(t, p.Body)
	actor := slices.Index(rows[0], "actor")
	for name, want := range names {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[actor] == want }) {
			t.Errorf("%q is not there as %q", name, want)
		}
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.Contains("=+-@\t\r\n", cell[:1]) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	none := h.Management.Get(h.WS + "/audit.csv?record=" + strings.Repeat("a", 26))
	if rows := table(t, none.Body); none.Status != 200 || len(rows) != 1 || rows[0][0] != "at" {
		t.Errorf("of nothing: %d %v", none.Status, rows)
	}
}

func table(t *testing.T, text string) [][]string {
	t.Helper()
	text = strings.TrimPrefix(text, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v: %q", err, text)
	}
	return rows
}
