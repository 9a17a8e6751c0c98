// Package policies is the public pages about the installation itself: privacy, terms, the agreement on data processing,
// subprocessors, what is stored and for how long, who can do what past the product, and security.txt.
//
// They are for everybody, ask nobody who they are, and must never show anything of a workspace or an account.
package policies

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// Options say who runs the installation, and whom it uses for that.
type Options struct {
	Party policy.Party
	Uses  policy.Uses
	Data  []policy.DataGroup // what is stored
}

type pages struct {
	Options
	documents []policy.Document
	attested  Attested
	told      Told
}

// Subject is mounted by the site.
func Subject(o Options, documents []policy.Document, attested Attested, told Told) frame.Subject {
	s := &pages{o, documents, attested, told}
	subject := frame.Subject{Name: "policies", Routes: slices.Concat(s.subprocessorRoutes(), s.dataRoutes(),
		s.accessRoutes(), s.contactRoutes())}
	for i := range documents {
		d := &documents[i]
		subject.Routes = append(subject.Routes, s.documentRoutes(d)...)
		subject.Foot = append(subject.Foot, frame.FootLink{Path: "/" + d.Key, Label: titles[d.Key]})
	}
	subject.Foot = append(subject.Foot, frame.FootLink{Path: "/subprocessors", Label: "subprocessors.title"},
		frame.FootLink{Path: dataPath, Label: "data.title"}, frame.FootLink{Path: accessPath, Label: "access.title"})
	return subject
}

// titles are what the documents are called, as keys of the catalog.
var titles = map[string]string{
	"privacy": "policies.privacy", "terms": "policies.terms", "processing": "policies.processing",
}

// icons of the documents' tabs.
var icons = map[string]string{"privacy": "eye", "terms": "file-text", "processing": "shield-check"}

// tabs lead from each of these pages to the others.
func (s *pages) tabs(q *frame.Request, current string) []frame.Tab {
	var tabs []frame.Tab
	for _, d := range s.documents {
		tabs = append(tabs, frame.Tab{Path: "/" + d.Key, Text: q.T(titles[d.Key]), Icon: icons[d.Key],
			Current: d.Key == current})
	}
	return append(tabs, frame.Tab{Path: "/subprocessors", Text: q.T("subprocessors.title"), Icon: "building-2",
		Current: current == "subprocessors"}, frame.Tab{Path: dataPath, Text: q.T("data.title"), Icon: "table-2",
		Current: current == "data"}, frame.Tab{Path: accessPath, Text: q.T("access.title"), Icon: "key-round",
		Current: current == "access"})
}
