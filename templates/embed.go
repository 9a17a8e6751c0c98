package templates

import (
	"embed"
	"io/fs"
)

//go:embed layout.html partials pages text icons static
var files embed.FS

// HTML is the tree of html/template files: layout.html, partials and pages.
func HTML() fs.FS { return files }

// Static is the tree of files that browsers fetch: css, js, fonts and img.
func Static() fs.FS {
	sub, err := fs.Sub(files, "static")
	if err != nil {
		panic("templates: the static folder is built in: " + err.Error())
	}
	return sub
}
