// Package files is how people add files to reports and productions, download and remove them. The list of them is a
// part of the pages of reports and productions.
//
// It must never show a file within a page, but for the previews of photos, which are made anew from their pixels.
package files

import (
	"context"
	"io"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Files are the use cases of the pages.
type Files interface {
	MayAdd(ctx context.Context, c access.Caller, of records.Held) error
	Begin(ctx context.Context, c access.Caller, in files.Input) (records.Record[files.File], error)
	Progress(ctx context.Context, c access.Caller, id string) (files.Progress, error)
	Part(ctx context.Context, c access.Caller, id string, generation, n int, body io.Reader) (files.Progress, error)
	Complete(ctx context.Context, c access.Caller, id, hash string) (records.Record[files.File], error)
	Cancel(ctx context.Context, c access.Caller, id string) error
	File(ctx context.Context, c access.Caller, id string) (records.Record[files.File], error)
	Look(ctx context.Context, c access.Caller, id string, preview int) (files.Sight, error)
	Open(ctx context.Context, c access.Caller, id string, preview int, shown bool) (io.ReadSeekCloser, error)
	Remove(ctx context.Context, c access.Caller, id string, ifVersion int64) error
}

type pages struct {
	files Files
	forms chan struct{} // one place for each form whose files are in memory
}

const (
	// MostOfForm limits a form with files, in bytes: Cloud Run takes no larger request. Scripts send files in parts.
	MostOfForm = 30 << 20

	formsAtOnce  = 2
	partTime     = 5 * time.Minute
	downloadTime = time.Hour
)

// Subject is mounted by the site.
func Subject(use Files) frame.Subject {
	s := &pages{files: use, forms: make(chan struct{}, formsAtOnce)}
	var routes []frame.Route
	for _, of := range []struct {
		name string
		held func(string) records.Held
	}{{"report", shows.OfReport}, {"production", shows.OfProduction}} {
		path := "/w/{ws}/" + of.name + "s/{" + of.name + "}/files"
		routes = append(routes,
			frame.Route{Name: of.name + ".files.add", Method: "POST", Path: path, For: frame.Member,
				Action: access.FileAdd, MaxBody: MostOfForm, Timeout: partTime, Handle: s.addForm(of.name, of.held)},
			frame.Route{Name: of.name + ".files.begin", Method: "POST", Path: path + "/begin", For: frame.Member,
				Action: access.FileAdd, Handle: s.begin(of.name, of.held)})
	}
	const one, upload = "/w/{ws}/files/{file}", "/w/{ws}/uploads/{file}"
	return frame.Subject{Name: "files", Routes: append(routes, []frame.Route{
		{Name: "upload", Method: "GET", Path: upload, For: frame.Member, Action: access.FileAdd, Handle: s.progress},
		{Name: "upload.part", Method: "POST", Path: upload + "/parts/{n}/{generation}", For: frame.Member,
			Action: access.FileAdd, MaxBody: files.PartSize + 1, Timeout: partTime, Handle: s.part},
		{Name: "upload.complete", Method: "POST", Path: upload + "/complete", For: frame.Member,
			Action: access.FileAdd, Handle: s.complete},
		{Name: "upload.cancel", Method: "POST", Path: upload + "/cancel", For: frame.Member,
			Action: access.FileRemove, Handle: s.cancel},
		{Name: "file", Method: "GET", Path: one, For: frame.Member, Action: access.FileRead, Timeout: downloadTime,
			Handle: s.download},
		{Name: "file.preview", Method: "GET", Path: one + "/previews/{n}", For: frame.Member,
			Action: access.FileRead, Timeout: downloadTime, Handle: s.download},
		{Name: "file.remove", Method: "GET", Path: one + "/remove", For: frame.Member, Action: access.FileRemove,
			Handle: s.askRemove},
		{Name: "file.remove.do", Method: "POST", Path: one + "/remove", For: frame.Member,
			Action: access.FileRemove, Handle: s.remove},
	}...)}
}
