// Package policies is the public pages about the installation itself: privacy, terms, the agreement on data processing,
// subprocessors, and security.txt.
//
// They are for everybody, ask nobody who they are, and must never show anything of a workspace or an account.
package policies

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// Options are what the pages say.
type Options struct {
	Documents []policy.Document
	Uses      policy.Uses
	Contact   string // an e-mail address; "" if there is none
}

type pages struct{ Options }

// Subject is mounted by the site.
func Subject(o Options) frame.Subject {
	s := &pages{o}
	subject := frame.Subject{Name: "policies", Routes: slices.Concat(s.subprocessorRoutes(), s.contactRoutes())}
	for i := range o.Documents {
		d := &s.Documents[i]
		subject.Routes = append(subject.Routes, s.documentRoutes(d)...)
		subject.Foot = append(subject.Foot, frame.FootLink{Path: "/" + d.Key, Label: titles[d.Key]})
	}
	subject.Foot = append(subject.Foot, frame.FootLink{Path: "/subprocessors", Label: "subprocessors.title"})
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
	for _, d := range s.Documents {
		tabs = append(tabs, frame.Tab{Path: "/" + d.Key, Text: q.T(titles[d.Key]), Icon: icons[d.Key],
			Current: d.Key == current})
	}
	return append(tabs, frame.Tab{Path: "/subprocessors", Text: q.T("subprocessors.title"), Icon: "building-2",
		Current: current == "subprocessors"})
}
