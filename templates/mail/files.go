// Package mailtext holds the words of the mails that the product sends: one file per mail, and one frame each for text
// and HTML; and the pages on which a one-machine installation shows them.
//
// It must hold words only; what may be said to whom is decided in package mail.
package mailtext

import "embed"

// Files are the templates.
//
//go:embed *.tmpl box.css
var Files embed.FS
