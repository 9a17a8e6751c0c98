package web_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
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
		case "input", "textarea", "select":
			if f != nil && at["name"] != "" {
				f.take(n, at)
			}
		}
	}
	return forms, links
}

// take takes a field as the browser does. The group of a note to come is taken as the script adds it, as the first
// note.
func (f *typedForm) take(n *html.Node, at map[string]string) {
	name, value, kind := strings.Replace(at["name"], "n.new.", "n.0.", 1), at["value"], at["type"]
	switch {
	case n.Data == "textarea":
		kind = "text"
		if n.FirstChild != nil {
			value = n.FirstChild.Data
		}
	case n.Data == "select":
		kind, value = "select", chosen(n)
	case name == "note" && value == "new":
		value = "0"
	}
	_, ticked := at["checked"]
	switch kind {
	case "text", "search", "email", "tel", "url", "":
		f.typed = append(f.typed, name)
		if value == "" {
			value = usual[name]
		}
	case "radio", "checkbox":
		if !ticked && name != "scopes" && name != "weekdays" {
			return
		}
	case "password":
		return // never kept
	}
	f.holds = append(f.holds, name, value)
}

// chosen is the value of the chosen option, which is the first one if none is marked.
func chosen(list *html.Node) (value string) {
	first := true
	for n := range list.Descendants() {
		if n.Data != "option" {
			continue
		}
		var own string
		marked := false
		for _, a := range n.Attr {
			switch a.Key {
			case "value":
				own = a.Val
			case "selected":
				marked = true
			}
		}
		if first || marked {
			value = own
		}
		first = false
	}
	return value
}

// usual are values of fields that must not be empty.
var usual = map[string]string{
	"title": "Tosca", "name": "Somebody", "email": "new@example.org", "start": "19:30", "day": "2026-12-01",
	"first_day": "2026-12-01", "last_day": "2026-12-02",
	"slug": "another", "zone": "Europe/Berlin", "time_zone": "Europe/Berlin", "reason": "A slip", "text": "Why?",
	"n.0.text": "Lamp 14 is out.",
	"from":     "2026-12-01", "until": "2026-12-02",
}

// shaped are the fields that take a certain kind of value only: what is wrong with a card number there may be something
// else.
var shaped = regexp.MustCompile(`^(?:email|slug|key|time_zone|session_.*|t\..*|start|end|house_open|intervals|number|` +
	`v\.(?:total-house|capacity|latecomers))$`)

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

// TestNoFormTakesACardNumber opens every page that the management can reach, and types a card number into every field
// that it finds.
func TestNoFormTakesACardNumber(t *testing.T) {
	house := webtest.New(t)
	house.Company(t, "Lyric Stage", "lyric")
	b := house.As(t, "lyric", access.Management)
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
				got := b.Post(f.action, f.with(name, card)...)
				if got.Status < 400 || got.Status >= 500 || !shaped.MatchString(name) && !got.Has(cardnumber.Refusal) {
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
