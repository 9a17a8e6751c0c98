package files

import (
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// State is the state of a file.
type State string

// The states. Until it is ready, a file is for nobody but whoever added it.
const (
	Uploading State = "uploading"
	Cleaning  State = "cleaning" // a photo of which the metadata are being removed
	Ready     State = "ready"
	Refused   State = "refused" // it cannot be cleaned, and what was uploaded is gone
)

// File is a file as it is stored.
type File struct {
	Of       records.Held `json:"of"`
	Name     string       `json:"name"`
	Type     string       `json:"type,omitempty"` // the media type, by content; known with the first part
	Size     int64        `json:"size"`
	State    State        `json:"state"`
	Why      string       `json:"why,omitempty"` // it was refused
	Audience access.Level `json:"for"`           // of those who may read what it belongs to
	By       shows.Person `json:"by"`
	At       time.Time    `json:"at"`
	Content  *Content     `json:"content,omitempty"`
	Picture  *Picture     `json:"picture,omitempty"`
	Counted  int64        `json:"counted"` // what it takes of the quota
	Made     string       `json:"made"`    // what it was begun with, so that a repeated request makes one file
}

// Content is bytes in parts.
type Content struct {
	ID    string   `json:"id"` // what its parts are sealed for, beside the file
	Size  int64    `json:"size"`
	Hash  string   `json:"hash"` // SHA-256
	Type  string   `json:"type"`
	Parts []string `json:"parts"` // the objects, in order
}

// Picture is what a photo has besides its content.
type Picture struct {
	Width    int       `json:"width"`
	Height   int       `json:"height"`
	Previews []Preview `json:"previews"` // the smallest first
}

// Preview is a smaller picture.
type Preview struct {
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Content Content `json:"content"`
}

// files is the kind of all files.
var files = records.Declare(records.Spec[File]{
	Name: "files",
	In:   model.WorkspaceScope,
	About: model.About{
		Heading: model.OfShows, Name: "Files",
		Purpose: "Photos and documents that people add to reports and productions. Photos are kept without the data " +
			"that cameras put into them, such as the place.",
		Until: "As long as the report or production, unless they are removed before. What is being uploaded is " +
			"removed " + model.Span(UploadLife) + " after its last part.",
	},
	Label:    func(f *File) string { return f.Name },
	Check:    (*File).check,
	Audience: (*File).audience,
	Held:     func(f *File) records.Held { return f.Of },
	Holders:  shows.Holders(),
	Under: records.Under{
		records.Read:   {access.FileRead},
		records.List:   {access.FileList},
		records.Serve:  {access.FileRead, access.FileAdd, access.FileRemove, access.FileKeep},
		records.Create: {access.FileAdd},
		records.Change: {access.FileAdd, access.FileKeep},
		records.Remove: {access.FileRemove, access.FileKeep, access.TrashEmpty},
	},
	Fields: []records.Field{{Name: "of", Type: records.String}, {Name: "at", Type: records.Time}},
	Index:  func(f *File) records.Fields { return records.Fields{"of": f.Of.String(), "at": f.At} },
	Queries: []records.Query{
		{Name: "of", Equal: []string{"of"}, AnyOf: "readers", Order: []records.Order{{Field: "at"}},
			Together: [][]string{{"of", "readers"}}},
		{Name: "all", Equal: []string{"of"}, Order: []records.Order{{Field: "at"}}},
	},
})

// audience narrows that of what the file belongs to, which the gate asks for as well.
func (f *File) audience() access.Audience {
	if f.State != Ready {
		return access.Only(f.By.ID)
	}
	a := access.Audience{Level: f.Audience}
	if a.Level != access.Everyone {
		a.Also = []string{f.By.ID}
	}
	return a
}

// opened refuses to open what is not ready.
func (f *File) opened() error {
	switch f.State {
	case Ready:
		return nil
	case Refused:
		return model.Conflict("%s", f.Why)
	case Cleaning:
		return model.Conflict("This photo is still being prepared. Try again in a moment.")
	}
	return model.Conflict("This file is still being uploaded.")
}

// check is the last check before the store.
func (f *File) check() error {
	whole := f.Content != nil && f.Content.ID != "" && len(f.Content.Parts) == partsOf(f.Content.Size)
	switch {
	case f.Of.ID == "" || f.Name == "" || f.By.ID == "" || f.At.IsZero() || f.Size < 1 || f.Size > MaxFile:
		return fmt.Errorf("a file without what it needs: %w", model.ErrInvalid)
	case (f.State == Ready || f.State == Cleaning) && !whole, (f.State == Refused) != (f.Why != ""):
		return fmt.Errorf("a file in state %q that is not so: %w", f.State, model.ErrInvalid)
	}
	return nil
}

// partsOf is in how many parts so many bytes come.
func partsOf(size int64) int { return int((size + PartSize - 1) / PartSize) }

// contents are all that a file has in objects.
func (f *File) contents() []*Content {
	var all []*Content
	if f.Content != nil {
		all = append(all, f.Content)
	}
	if f.Picture != nil {
		for i := range f.Picture.Previews {
			all = append(all, &f.Picture.Previews[i].Content)
		}
	}
	return all
}
