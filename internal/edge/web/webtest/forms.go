package webtest

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Card is a number that no form may take.
const Card = "4111 1111 1111 1111"

// TypedForm is a form of a page: where it leads, what it holds already, and what can be typed into it.
type TypedForm struct {
	Method, Action string
	Holds          []string // pairs of name and value
	Typed          []string
}

// FormsAndLinks reads a page as a browser does.
func FormsAndLinks(t *testing.T, page string) (forms []TypedForm, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var f *TypedForm
	for n := range root.Descendants() {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		switch n.Data {
		case "a":
			links = append(links, at["href"])
		case "form":
			forms = append(forms, TypedForm{Method: strings.ToUpper(at["method"]), Action: at["action"]})
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
func (f *TypedForm) take(n *html.Node, at map[string]string) {
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
		f.Typed = append(f.Typed, name)
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
	f.Holds = append(f.Holds, name, value)
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

// With is the form with a text in one field.
func (f TypedForm) With(name, text string) []string {
	pairs := append([]string{}, f.Holds...)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == name {
			pairs[i+1] = text
		}
	}
	return pairs
}
