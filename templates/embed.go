package templates

import (
	"embed"
	"io/fs"
)

//go:embed layout.html partials pages policies text icons static
var files embed.FS

// Embedded is the tree that is built into the binary: layout.html, partials and pages are html/template files, text
// holds the catalogs, policies the public documents, icons the drawings, and static what browsers fetch.
func Embedded() fs.FS { return files }
