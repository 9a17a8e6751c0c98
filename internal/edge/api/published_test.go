package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

const published = "../../../docs/openapi.json"

// TestPublishedDocument compares docs/openapi.json, from which clients are generated, with what is served. Write it
// anew with TOH_UPDATE=openapi.
func TestPublishedDocument(t *testing.T) {
	t.Parallel()
	w := open(t)
	doc := *w.api(t, false).OpenAPI()
	doc.Servers = []*huma.Server{{
		URL: "https://{host}", Description: "An installation",
		Variables: map[string]*huma.ServerVariable{"host": {Default: "opera.example",
			Description: "The name of the installation."}},
	}}
	text, err := json.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	var now bytes.Buffer
	if err := json.Indent(&now, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	now.WriteByte('\n')
	if os.Getenv("TOH_UPDATE") == "openapi" {
		if err := os.WriteFile(published, now.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(was, now.Bytes()) {
		t.Error("docs/openapi.json is not what is served: run this test with TOH_UPDATE=openapi, and look at " +
			"what changed")
	}
}

// The document that is served says where.
func TestServedDocumentNamesItsServer(t *testing.T) {
	t.Parallel()
	w := open(t)
	var doc struct {
		Servers []struct{ URL string } `json:"servers"`
	}
	if err := json.Unmarshal([]byte(w.ask(t, "GET", "/api/openapi.json", "", "").is(t, 200).body), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != w.URL() {
		t.Errorf("%+v, not %s", doc.Servers, w.URL())
	}
}
