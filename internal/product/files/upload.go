package files

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// upload is how far the upload of a file has come. It has the file's id.
type upload struct {
	Of      records.Held `json:"of"`
	By      string       `json:"by"` // account
	Size    int64        `json:"size"`
	Content string       `json:"content"` // the id of the content
	// counts who goes on with the upload: who came before can store nothing any more
	Generation int       `json:"generation"`
	Parts      []part    `json:"parts,omitempty"`
	Hash       []byte    `json:"hash,omitempty"` // of all parts so far, to be continued
	Type       string    `json:"type,omitempty"`
	Ends       time.Time `json:"ends"`
}

// part is a part that was stored.
type part struct {
	Object string `json:"object"`
	Hash   string `json:"hash"` // by which the same part is recognized, sent again
}

// uploads is their kind. The file leaves the entries.
var uploads = records.Declare(records.Spec[upload]{
	Name: "uploads", In: model.WorkspaceScope, Quiet: true,
	About: model.About{
		Heading: model.OfShows, Name: "Uploads",
		Purpose: "How far the upload of a file has come, so that it can go on after an interruption.",
		Until:   "Until the file is complete, or " + model.Span(UploadLife) + " after its last part.",
	},
	Audience: func(u *upload) access.Audience { return access.Only(u.By) },
	Held:     func(u *upload) records.Held { return u.Of },
	Holders:  shows.Holders(),
	Under: records.Under{
		records.Serve:  {access.FileAdd, access.FileKeep},
		records.Create: {access.FileAdd},
		records.Change: {access.FileAdd},
		records.Remove: {access.FileAdd, access.FileRemove, access.FileKeep, access.TrashEmpty},
	},
	Index: func(*upload) records.Fields { return records.Fields{} },
})

// total counts the files of a workspace, or of one report or production.
type total struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// totals is their kind.
var totals = records.Declare(records.Spec[total]{
	Name: "file_totals", In: model.WorkspaceScope, Quiet: true,
	About: model.About{
		Heading: model.OfShows, Name: "Totals of files",
		Purpose: "How many files there are, and their size, so that the limits hold.",
		Until:   "As long as the workspace, or what the files belong to.",
	},
	Under: records.Under{
		records.Read:   {access.FileKeep},
		records.Serve:  {access.FileKeep},
		records.Create: {access.FileKeep},
		records.Change: {access.FileKeep},
		records.Remove: {access.FileKeep},
	},
	Index: func(*total) records.Fields { return records.Fields{} },
})

// Kinds are the kinds of document of this package.
func Kinds() []records.Declared { return []records.Declared{files, uploads, totals} }
