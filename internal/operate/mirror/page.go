package mirror

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

const pagePath = "/security"

// page is the security page as a file that needs nothing else.
func (m *Mirror) page(ctx context.Context) ([]byte, error) {
	text, err := m.o.Site.Get(ctx, pagePath)
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("mirror: the page: %w", err)
	}
	if err := m.inline(ctx, root); err != nil {
		return nil, err
	}
	m.lead(root)
	first := find(root, atom.Main)
	if first == nil || !m.sayCopy(first) {
		return nil, fmt.Errorf("mirror: the page of %s has no part to say in that it is a copy", pagePath)
	}
	var out bytes.Buffer
	if err := html.Render(&out, root); err != nil {
		return nil, fmt.Errorf("mirror: the page: %w", err)
	}
	return out.Bytes(), nil
}

// fonts are not copied: the page falls back to those that a device has.
var fonts = regexp.MustCompile(`@font-face\s*\{[^}]*\}`)

// inline puts the styles into the page, and removes what would have to be loaded, and forms, which only the service
// could answer.
func (m *Mirror) inline(ctx context.Context, root *html.Node) error {
	for _, n := range slices.Collect(root.Descendants()) {
		switch {
		case n.DataAtom == atom.Script, n.DataAtom == atom.Details && find(n, atom.Form) != nil,
			n.DataAtom == atom.Form, n.DataAtom == atom.Link && !strings.Contains(value(n, "rel"), "stylesheet"):
			if n.Parent != nil {
				n.Parent.RemoveChild(n)
			}
		case n.DataAtom == atom.Link:
			text, err := m.o.Site.Get(ctx, value(n, "href"))
			if err != nil {
				return err
			}
			style := element(atom.Style, fonts.ReplaceAllString(string(text), ""))
			n.Parent.InsertBefore(style, n)
			n.Parent.RemoveChild(n)
		}
	}
	return nil
}

// copies are the pages of the service that are in the copy, too.
var copies = map[string]string{
	"/" + DataName: DataName, check.HeadPath: check.CopiedHead, check.KeysPath: check.CopiedKeys,
	check.Path: check.CopiedPage(1, 0), pagePath: PageName,
}

// lead makes links lead to what is beside the page, or else to the service.
func (m *Mirror) lead(root *html.Node) {
	for n := range root.Descendants() {
		for i, a := range n.Attr {
			if a.Key != "href" && a.Key != "src" || !strings.HasPrefix(a.Val, "/") {
				continue
			}
			if to := copies[a.Val]; to != "" {
				n.Attr[i].Val = to
			} else {
				n.Attr[i].Val = m.o.BaseURL + a.Val
			}
		}
	}
}

// sayCopy says at the beginning that this is a copy, from when, and how it can be checked.
func (m *Mirror) sayCopy(main *html.Node) bool {
	wrap := find(main, atom.Div)
	if wrap == nil {
		return false
	}
	for n := range wrap.Descendants() {
		if strings.HasPrefix(value(n, "class"), "stack") { // below the heading
			wrap = n
			break
		}
	}
	body := element(atom.Div, "")
	body.Attr = []html.Attribute{{Key: "class", Val: "body"}}
	original := element(atom.A, m.o.BaseURL+pagePath)
	original.Attr = []html.Attribute{{Key: "href", Val: m.o.BaseURL + pagePath}}
	first := element(atom.P, "")
	first.AppendChild(element(atom.Strong, "This is a copy"))
	first.AppendChild(words(" of the page "))
	first.AppendChild(original)
	first.AppendChild(words(", made at " + m.o.Clock.Now().UTC().Format("15:04 MST on 2 January 2006") +
		". It is kept outside the service that it is about, and is renewed every five minutes while " +
		"that runs."))
	second := element(atom.P, "The history in this copy can be checked without the service: ")
	second.AppendChild(element(atom.Code, "tohctl history verify "+m.o.CopyURL))
	body.AppendChild(first)
	body.AppendChild(second)
	notice := element(atom.Div, "")
	notice.Attr = []html.Attribute{{Key: "class", Val: "notice"}}
	notice.AppendChild(body)
	wrap.InsertBefore(notice, wrap.FirstChild)
	return true
}

// Every is how often the copy is renewed.
const Every = 5 * time.Minute

func element(a atom.Atom, text string) *html.Node {
	n := &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String()}
	if text != "" {
		n.AppendChild(words(text))
	}
	return n
}

func words(text string) *html.Node { return &html.Node{Type: html.TextNode, Data: text} }

func find(under *html.Node, a atom.Atom) *html.Node {
	for n := range under.Descendants() {
		if n.DataAtom == a {
			return n
		}
	}
	return nil
}

func value(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
