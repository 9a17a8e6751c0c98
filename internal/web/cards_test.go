package web_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/web/webtest"
)

const card = "4111 1111 1111 1111"

// typedForm is a form of a page: where it leads, what it holds already, and what can be typed into it.
type typedForm struct {
	method, action string
	holds          []string // pairs of name and value
	typed          []string
}

// formsAndLinks reads a page as a browser does.
func formsAndLinks(t *testing.T, page string) (forms []typedForm, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var f *typedForm
	for n := range root.Descendants() {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		switch n.Data {
		case "a":
			links = append(links, at["href"])
		case "form":
			forms = append(forms, typedForm{method: strings.ToUpper(at["method"]), action: at["action"]})
			f = &forms[len(forms)-1]
		case "input", "textarea":
			if f != nil && at["name"] != "" {
				f.take(n, at)
			}
		}
	}
	return forms, links
}

func (f *typedForm) take(n *html.Node, at map[string]string) {
	value, kind := at["value"], at["type"]
	if n.Data == "textarea" {
		kind = "text"
		if n.FirstChild != nil {
			value = n.FirstChild.Data
		}
	}
	_, ticked := at["checked"]
	switch kind {
	case "text", "search", "email", "tel", "url", "":
		f.typed = append(f.typed, at["name"])
		if value == "" {
			value = usual[at["name"]]
		}
	case "radio", "checkbox":
		if !ticked {
			return
		}
	case "password":
		return // never kept
	}
	f.holds = append(f.holds, at["name"], value)
}

// usual are values of fields that must not be empty.
var usual = map[string]string{
	"title": "Tosca", "name": "Somebody", "email": "new@example.org", "start": "19:30", "day": "2026-12-01", "first_day": "2026-12-01", "last_day": "2026-12-02",
	"slug": "another", "zone": "Europe/Berlin", "time_zone": "Europe/Berlin", "reason": "A slip", "text": "Why?", "from": "2026-12-01", "until": "2026-12-02",
}

// with is the form with a text in one field.
func (f typedForm) with(name, text string) []string {
	pairs := append([]string{}, f.holds...)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == name {
			pairs[i+1] = text
		}
	}
	return pairs
}

// TestNoFormTakesACardNumber opens every page that the management can reach, and types a card number into every field that it finds.
func TestNoFormTakesACardNumber(t *testing.T) {
	house := webtest.New(t)
	house.Company(t, "Lyric Stage", "lyric")
	b := house.As(t, "lyric", access.Management)
	made := b.Post("/w/lyric/productions", "id", "", "title", "Tosca", "zone", "Europe/Berlin", "departments", "Sound")
	seen, queue, tried := map[string]bool{}, []string{"/", "/account", "/w/lyric", "/signup", "/forgot", made.Location}, map[string]int{}
	for len(queue) > 0 && len(seen) < 150 {
		path, _, _ := strings.Cut(queue[0], "#")
		queue = queue[1:]
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || seen[path] || strings.Contains(path, "/static/") || strings.Contains(path, "cursor=") {
			continue
		}
		seen[path] = true
		page := b.Get(path)
		if page.Has(card) {
			t.Fatalf("%s shows the card number", path)
		}
		forms, links := formsAndLinks(t, page.Body)
		queue = append(queue, links...)
		for _, f := range forms {
			for _, name := range f.typed {
				if f.method != "POST" || tried[f.action+" "+name] > 0 {
					continue
				}
				tried[f.action+" "+name]++
				tried[name]++
				if got := b.Post(f.action, f.with(name, card)...); got.Status < 400 || got.Status >= 500 {
					t.Errorf("%s: %s with a card number in %q: %d %s", path, f.action, name, got.Status, got.Location)
				}
			}
		}
	}
	for path := range seen {
		if b.Get(path).Has(card) {
			t.Errorf("%s shows the card number", path)
		}
	}
	for _, name := range []string{"name", "title", "company", "venue", "city", "departments", "email", "slug", "notes"} {
		if tried[name] == 0 {
			t.Errorf("no form has the field %q", name)
		}
	}
	t.Logf("%d pages, %d fields by form and name", len(seen), len(tried))
	if page := b.Get("/w/lyric/reports?q=4111+1111+1111+1111"); page.Status != 400 {
		t.Errorf("a search for a card number: %d", page.Status)
	}
}
