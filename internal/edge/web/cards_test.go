package web_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// shaped are the fields that take a certain kind of value only: what is wrong with a card number there may be something
// else.
var shaped = regexp.MustCompile(`^(?:email|slug|confirm|key|time_zone|session_.*|t\..*|start|end|house_open|intervals|` +
	`number|v\.(?:total-house|capacity|latecomers))$`)

// TestNoFormTakesACardNumber opens every page that the management can reach, and types a card number into every field
// that it finds.
func TestNoFormTakesACardNumber(t *testing.T) {
	t.Parallel()
	fixture := webtest.New(t)
	fixture.Company(t, "Lyric Stage", "lyric")
	b := fixture.As(t, "lyric", access.Management)
	made := b.Post("/w/lyric/productions", "id", "", "title", "Tosca", "zone", "Europe/Berlin", "departments", "Sound")
	queue := []string{"/", "/account", "/w/lyric", "/signup", "/forgot", made.Location}
	seen, tried := map[string]bool{}, map[string]int{}
	for len(queue) > 0 && len(seen) < 150 {
		path, _, _ := strings.Cut(queue[0], "#")
		queue = queue[1:]
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || seen[path] ||
			strings.Contains(path, "/static/") || strings.Contains(path, "cursor=") {
			continue
		}
		seen[path] = true
		page := b.Get(path)
		if page.Has(webtest.Card) {
			t.Fatalf("%s shows the card number", path)
		}
		forms, links := webtest.FormsAndLinks(t, page.Body)
		queue = append(queue, links...)
		for _, f := range forms {
			for _, name := range f.Typed {
				if f.Method != "POST" || tried[f.Action+" "+name] > 0 {
					continue
				}
				tried[f.Action+" "+name]++
				tried[name]++
				got := b.Post(f.Action, f.With(name, webtest.Card)...)
				if got.Status < 400 || got.Status >= 500 || !takesShape(name) && !got.Has(cardnumber.Refusal) {
					t.Errorf("%s: %s with a card number in %q: %d %s", path, f.Action, name, got.Status, got.Location)
				}
			}
		}
	}
	for path := range seen {
		if b.Get(path).Has(webtest.Card) {
			t.Errorf("%s shows the card number", path)
		}
	}
	for _, name := range []string{"name", "title", "company", "venue", "city", "departments", "email", "slug",
		"notes"} {
		if tried[name] == 0 {
			t.Errorf("no form has the field %q", name)
		}
	}
	t.Logf("%d pages, %d fields by form and name", len(seen), len(tried))
	if page := b.Get("/w/lyric/reports?q=4111+1111+1111+1111"); page.Status != 400 {
		t.Errorf("a search for a card number: %d", page.Status)
	}
}

// takesShape reports whether a field takes a certain kind of value only.
func takesShape(name string) bool {
	if key, isValue := strings.CutPrefix(name, "v."); isValue {
		f, ok := shows.FieldOf(key)
		return ok && !f.IsList() && f.Kind != shows.TextField
	}
	return shaped.MatchString(name)
}
