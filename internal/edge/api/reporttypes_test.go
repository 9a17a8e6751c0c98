package api_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

type reportType struct {
	Key    string
	Fields []struct {
		Key, Kind, Form string
		Choices         []struct{ Key string }
	}
}

// TestEveryTypeIsWrittenAsTheAPISays begins, files and reads a report of each type with all of its fields, knowing of
// them only what the API itself says.
func TestEveryTypeIsWrittenAsTheAPISays(t *testing.T) {
	t.Parallel()
	w := open(t)
	management := w.token(0, access.Management)
	var types struct{ Items []reportType }
	body := w.ask(t, "GET", "/api/v1/report-types", management, "").is(t, 200).body
	if err := json.Unmarshal([]byte(body), &types); err != nil || len(types.Items) != len(shows.ReportTypes) {
		t.Fatalf("%d types, %v", len(types.Items), err)
	}
	for _, kind := range types.Items {
		if len(kind.Fields) == 0 {
			t.Errorf("%s has no fields", kind.Key)
		}
		values := map[string]any{}
		for _, f := range kind.Fields {
			if f.Form == "" {
				t.Errorf("%s.%s does not say how it is sent", kind.Key, f.Key)
			}
			values[f.Key] = sample(t, f.Kind, f.Choices)
		}
		sent, err := json.Marshal(map[string]any{"production": w.production(t, 0), "type": kind.Key, "body": "x",
			"values": values})
		if err != nil {
			t.Fatal(err)
		}
		r := w.ask(t, "POST", w.reports(0), management, string(sent)).is(t, 201).json(t)
		one := w.reports(0) + "/" + r["id"].(string)
		w.ask(t, "POST", one+"/file", management, "").is(t, 200)
		got := w.ask(t, "GET", one, management, "").is(t, 200).json(t)["values"].(map[string]any)
		for _, f := range kind.Fields {
			if f.Kind != "time" && !reflect.DeepEqual(got[f.Key], values[f.Key]) || got[f.Key] == nil {
				t.Errorf("%s.%s was sent as %v and read as %v", kind.Key, f.Key, values[f.Key], got[f.Key])
			}
		}
	}
	w.ask(t, "GET", "/api/v1/report-types", "", "").is(t, 401)
}

func sample(t *testing.T, kind string, choices []struct{ Key string }) any {
	t.Helper()
	switch kind {
	case "text":
		return "Words"
	case "number":
		return 2.5
	case "count":
		return 12.0
	case "time":
		return "19:32"
	case "money":
		return "12.50 EUR"
	case "choice":
		return choices[0].Key
	case "list", "people":
		return []any{"One", "Two"}
	}
	t.Fatalf("nothing is known of %s", kind)
	return nil
}
