package web

import "slices"

// allPages is a value of every page, for parsing and type-checking their templates.
func allPages() []Page {
	return slices.Concat(framePages(), peoplePages(), stagePages(), auditPages())
}

func framePages() []Page { return []Page{&ErrorPage{}, &ShortcutsPage{}} }
