package stage

import (
	"context"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/files"
)

// Files are the use cases that list files.
type Files interface {
	List(ctx context.Context, c access.Caller, of records.Held) ([]records.Record[files.File], error)
	Possible() bool
}

// FilesPart is the part of a page that shows the files of a report or production.
type FilesPart struct {
	Rows []FileRow
	Add  string // the path that files are added by; "" for whoever may not
	Most string // the size of a file, in words
}

// FileRow is a file.
type FileRow struct {
	Name, Size, By string
	At             frame.When
	Path           string // "" until it is ready
	Preview        string // of a photo
	Width, Height  string
	For            string // its audience, if it is not everyone
	State          *frame.Badge
	Why            string // it was refused
	Remove         string
}

// FilesOf lists the files of a report or production, whose page has the path. may says that the caller may change them.
func FilesOf(q *frame.Request, b *frame.Base, use Files, of records.Held, path string, may bool) (FilesPart, error) {
	may = may && use.Possible()
	part := FilesPart{Most: files.Bytes(files.MaxFile)}
	if may {
		part.Add = path + "/files"
	}
	list, err := use.List(q.Context(), q.Caller(), of)
	for _, r := range list {
		part.Rows = append(part.Rows, fileRow(q, b, r, may))
	}
	return part, err
}

func fileRow(q *frame.Request, b *frame.Base, r records.Record[files.File], may bool) FileRow {
	f, path := &r.Body, q.WS("/files/"+r.ID)
	row := FileRow{Name: f.Name, Size: files.Bytes(f.Size), By: f.By.Name, At: b.When(f.At), Why: f.Why}
	if may {
		row.Remove = path + "/remove"
	}
	if f.Audience != access.Everyone {
		row.For = q.T("files.for-" + string(f.Audience))
	}
	switch f.State {
	case files.Ready:
		row.Path = path
	case files.Cleaning:
		row.State = &frame.Badge{Text: q.T("files.cleaning"), Icon: "clock"}
	case files.Uploading:
		row.State = &frame.Badge{Text: q.T("files.uploading"), Icon: "clock"}
	case files.Refused:
		row.State = &frame.Badge{Text: q.T("files.refused"), Icon: "octagon-alert", Tone: "bad"}
	}
	if f.Picture != nil && len(f.Picture.Previews) > 0 && f.State == files.Ready {
		small := f.Picture.Previews[0]
		row.Preview = path + "/previews/1"
		row.Width, row.Height = strconv.Itoa(small.Width), strconv.Itoa(small.Height)
	}
	return row
}
