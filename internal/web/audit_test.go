package web_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// The trail of one record is the same by its name and by its bare id, on the page and in the downloads; what cannot be
// a record is refused.
func TestTrailOfOneRecord(t *testing.T) {
	h := newTheatre(t)
	if p := h.viewer.Get(h.ws + "/productions/" + h.production); p.Status != 200 {
		t.Fatal(p.Status)
	}
	for _, record := range []string{h.production, "productions/" + h.production} {
		page := h.management.Get(h.ws + "/audit?record=" + record)
		if page.Status != 200 || !page.Has("The viewer of Lyric opened the production Tosca.") {
			t.Errorf("%s: %d", record, page.Status)
		}
		rows := table(t, h.management.Get(h.ws+"/audit.csv?record="+record).Body)
		labels := slices.Index(rows[0], "labels")
		if len(rows) < 3 || labels < 0 || !slices.ContainsFunc(rows[1:], func(row []string) bool { return row[labels] == `{"title":"Tosca"}` }) {
			t.Errorf("%s as a table: %v", record, rows)
		}
	}
	for _, path := range []string{"/audit", "/audit.csv", "/audit.jsonl"} {
		for _, record := range []string{"sessions/" + h.production, "nonsense!", "reports/", "reports/a/b"} {
			if p := h.management.Get(h.ws + path + "?record=" + record); p.Status != 400 || !p.Has("reports/01abc") {
				t.Errorf("%s of %q: %d", path, record, p.Status)
			}
		}
	}
}

func table(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v: %q", err, text)
	}
	return rows
}
