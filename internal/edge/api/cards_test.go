package api_test

import (
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/access"
)

const card = "4111 1111 1111 1111"

// withCard are all bodies in which one text of a schema is a card number, by the path of that text.
func withCard(doc *huma.OpenAPI, s *huma.Schema) map[string]any {
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	all := map[string]any{}
	switch s.Type {
	case "string":
		all[""] = card
	case "array":
		for path, v := range withCard(doc, s.Items) {
			all["[]"+path] = []any{v}
		}
	case "object":
		for name, p := range s.Properties {
			for path, v := range withCard(doc, p) {
				all["."+name+path] = map[string]any{name: v}
			}
		}
	}
	return all
}

// TestNoFieldTakesACardNumber walks every text of every body that the API takes.
func TestNoFieldTakesACardNumber(t *testing.T) {
	t.Parallel()
	w := open(t)
	boss := w.token(0, access.Management)
	doc := w.api(t, true).OpenAPI()
	filed := w.ask(t, "GET", w.reports(0)+"?state=filed&limit=1", boss, "").is(t, 200).items(t)[0]["id"].(string)
	draft := w.ask(t, "POST", w.reports(0), boss, text(map[string]any{"production": w.production(t, 0)})).is(t, 201).
		json(t)["id"].(string)
	whole := map[string]map[string]any{ // what is needed beside the text that is a card number
		"/productions": {"title": "x", "zone": "UTC"}, "/performances": {"start": "19:30", "day": "2027-05-01"},
		"/reports": {"production": w.production(t, 0)}, "/query": {"text": "Why?"}, "/amend": {"reason": "A slip",
			"title": "x"}, "/reports/{id}": {}, "/files": {"name": "x", "size": 5},
	}
	texts := 0
	for name, op := range operations(doc) {
		method, path, _ := strings.Cut(name, " ")
		if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
			continue
		}
		id := filed
		if method == "PATCH" {
			id = draft
		} else if strings.Contains(path, "/productions/") {
			id = w.production(t, 0)
		}
		at := strings.NewReplacer("{ws}", w.id(0), "{id}", id).Replace(path)
		for field, body := range withCard(doc, op.RequestBody.Content["application/json"].Schema) {
			texts++
			sent := map[string]any{}
			for end, needed := range whole {
				if strings.HasSuffix(path, end) {
					for k, v := range needed {
						sent[k] = v
					}
				}
			}
			for k, v := range body.(map[string]any) {
				sent[k] = v
			}
			if a := w.ask(t, method, at, boss, text(sent)); a.status < 400 || a.status >= 500 ||
				strings.Contains(a.body, card) {
				t.Errorf("%s with a card number in %s: %d %s", name, field, a.status, a.body)
			}
		}
	}
	if texts < 30 {
		t.Errorf("only %d texts were tried", texts)
	}
	t.Logf("%d texts", texts)
	w.ask(t, "GET", w.reports(0)+"?q=4111+1111+1111+1111", boss, "").is(t, 400)
}
