package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/download"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// File is a photo or document of a report or production.
type File struct {
	ID         string    `json:"id"`
	Report     string    `json:"report,omitempty" doc:"The report that it belongs to."`
	Production string    `json:"production,omitempty" doc:"The production that it belongs to."`
	Name       string    `json:"name"`
	Size       int64     `json:"size" doc:"In bytes. That of a photo changes when it is cleaned."`
	Type       string    `json:"type,omitempty" doc:"The media type, by content."`
	State      string    `json:"state" enum:"uploading,cleaning,ready,refused" doc:"Until it is ready, a file is only for whoever added it."`
	Why        string    `json:"why,omitempty" doc:"Why it was refused."`
	SHA256     string    `json:"sha256,omitempty" doc:"Of the content."`
	Audience   string    `json:"audience" enum:"everyone,organizers,management" doc:"Of those who may read what it belongs to."`
	Width      int       `json:"width,omitempty" doc:"Of a photo, in pixels."`
	Height     int       `json:"height,omitempty"`
	Previews   int       `json:"previews,omitempty" doc:"How many smaller pictures of a photo there are."`
	AddedBy    Person    `json:"added_by"`
	AddedAt    time.Time `json:"added_at"`
	Upload     *Upload   `json:"upload,omitempty" doc:"How far the upload has come, for whoever began it."`
	Version    int64     `json:"version" doc:"Counts changes; its ETag."`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Upload is how far an upload has come.
type Upload struct {
	Generation int   `json:"generation" doc:"Is sent with each part. Whoever goes on after an interruption sends with the next one; parts of an earlier one are then refused."`
	PartSize   int64 `json:"part_size" doc:"The size of each part but the last."`
	Parts      int   `json:"parts" doc:"How many have arrived: the next one has this number."`
	Received   int64 `json:"received" doc:"In bytes."`
}

func fileOf(r records.Record[files.File]) File {
	f := &r.Body
	out := File{
		ID: r.ID, Name: f.Name, Size: f.Size, Type: f.Type, State: string(f.State), Why: f.Why,
		Audience: string(f.Audience), AddedBy: Person(f.By), AddedAt: f.At, Version: r.Version, CreatedAt: r.Created,
		UpdatedAt: r.Updated,
	}
	if f.Of == shows.OfReport(f.Of.ID) {
		out.Report = f.Of.ID
	} else {
		out.Production = f.Of.ID
	}
	if f.Content != nil {
		out.SHA256 = f.Content.Hash
	}
	if f.Picture != nil {
		out.Width, out.Height, out.Previews = f.Picture.Width, f.Picture.Height, len(f.Picture.Previews)
	}
	return out
}

func uploadOf(p files.Progress) *Upload {
	return &Upload{p.Generation, files.PartSize, p.Parts, p.Received}
}

// NewFile is the input of a new file. Its content is then sent in parts.
type NewFile struct {
	Name     string `json:"name" doc:"Required."`
	Size     int64  `json:"size" doc:"In bytes. Required."`
	Audience string `json:"audience,omitempty" doc:"everyone, organizers or management, of those who may read what it belongs to. Defaults to everyone."`
}

// Ending is the input that completes an upload.
type Ending struct {
	SHA256 string `json:"sha256,omitempty" doc:"The hash of the file in hexadecimal digits. If what arrived has another one, nothing is completed."`
}

type newFileIn struct{ Body NewFile }

type endingIn struct{ Body Ending }

// Files is the list of the files of a report or production.
type Files struct {
	Items []File `json:"items"`
}

type filesOut struct{ Body Files }

const oneFile = inWorkspace + "/files/{id}"

// fileRoutes registers what is done with files.
func (a *API) fileRoutes() {
	for _, of := range []struct {
		name string
		held func(string) records.Held
	}{{"report", shows.OfReport}, {"production", shows.OfProduction}} {
		path := inWorkspace + "/" + of.name + "s/{id}/files"
		add(a, route{id: "list-" + of.name + "-files", method: http.MethodGet, path: path,
			summary: "List the files of a " + of.name, says: "The first that was added first.",
			action: access.FileList, kind: of.name + "s"}, a.listFiles(of.held))
		add(a, route{id: "begin-" + of.name + "-file", method: http.MethodPost, path: path,
			summary: "Begin to add a file to a " + of.name,
			says: "Whoever may change the " + of.name + " may. Then send the content in parts of 4 MiB, and complete " +
				"the file. An upload that is not completed is removed 24 hours after its last part. " + keyed,
			action: access.FileAdd, shows: access.FileRead, kind: of.name + "s", status: http.StatusCreated},
			a.beginFile(of.held))
	}
	add(a, route{id: "read-file", method: http.MethodGet, path: oneFile, summary: "Read what is known of a file",
		action: access.FileRead, kind: "files"}, a.readFile)
	add(a, route{id: "complete-file", method: http.MethodPost, path: oneFile + "/complete",
		summary: "Complete an upload", says: "Photos are then cleaned: see state. " + keyed,
		action: access.FileAdd, shows: access.FileRead, kind: "files"}, a.completeFile)
	add(a, route{id: "remove-file", method: http.MethodDelete, path: oneFile, summary: "Remove a file for good",
		says:   "Also cancels an upload. It cannot be undone.",
		action: access.FileRemove, kind: "files", status: http.StatusNoContent}, a.removeFile)
	addRaw(a, route{id: "send-part", method: http.MethodPut, path: oneFile + "/parts/{n}",
		summary: "Send a part of a file",
		says: "Parts are sent in order, the first is 0. The same part again changes " +
			"nothing. The body is the bytes themselves.",
		action: access.FileAdd, kind: "files", status: http.StatusNoContent, raw: a.sendPart}, &partIn{})
	addRaw(a, route{id: "read-content", method: http.MethodGet, path: oneFile + "/content",
		summary: "Download a file", says: "Whole, or in ranges.", action: access.FileRead, kind: "files",
		raw: a.readContent(false)}, &struct{}{})
	addRaw(a, route{id: "read-preview", method: http.MethodGet, path: oneFile + "/previews/{n}",
		summary: "Download a smaller picture of a photo", says: "1 is the smallest.", action: access.FileRead,
		kind: "files", raw: a.readContent(true)}, &numberIn{})
}

// partIn are the parameters of a part, for the document.
type partIn struct {
	numberIn
	Generation int `query:"generation" required:"true" doc:"Of the upload."`
}

type numberIn struct {
	N int `path:"n" doc:"Its number."`
}

func (a *API) listFiles(held func(string) records.Held) func(context.Context, *visit, *struct{}) (*filesOut, error) {
	return func(ctx context.Context, v *visit, _ *struct{}) (*filesOut, error) {
		found, err := a.o.Files.List(ctx, v.whole(), held(v.record))
		if err != nil {
			return nil, err
		}
		out := &filesOut{Files{Items: make([]File, len(found))}}
		for i, r := range found {
			out.Body.Items[i] = fileOf(r)
		}
		return out, nil
	}
}

func (a *API) beginFile(held func(string) records.Held) func(context.Context, *visit, *newFileIn) (*madeOut[File],
	error) {
	return func(ctx context.Context, v *visit, in *newFileIn) (*madeOut[File], error) {
		r, replayed, err := once(ctx, a, v, "files", a.o.Files.Stat, &in.Body,
			func(c caller) (fileRecord, error) {
				return a.o.Files.Begin(ctx, c, files.Input{Of: held(v.record), Name: in.Body.Name, Size: in.Body.Size,
					Audience: access.Level(in.Body.Audience)})
			},
			func(id string) (fileRecord, error) { return a.o.Files.Own(ctx, v.caller(), id) })
		if err != nil {
			return nil, err
		}
		out, err := a.uploading(ctx, v, r)
		if err != nil {
			return nil, err
		}
		out.Location = root + "/workspaces/" + v.who.WorkspaceID() + "/files/" + r.ID
		if replayed {
			out.Replayed = "true"
		}
		return out, nil
	}
}

type fileRecord = records.Record[files.File]

// uploading is the answer with a file and how far its upload has come.
func (a *API) uploading(ctx context.Context, v *visit, r fileRecord) (*madeOut[File], error) {
	var upload *Upload
	if r.Body.State == files.Uploading {
		p, err := a.o.Files.Progress(ctx, v.caller(), r.ID)
		if err != nil {
			return nil, err
		}
		upload = uploadOf(p)
	}
	return made(v, r, false, func(r fileRecord) File {
		f := fileOf(r)
		f.Upload = upload
		return f
	}), nil
}

func (a *API) readFile(ctx context.Context, v *visit, _ *struct{}) (*oneOut[File], error) {
	r, err := a.o.Files.File(ctx, v.caller(), v.record)
	if err != nil {
		return nil, err
	}
	f := fileOf(r)
	if r.Body.State == files.Uploading && access.Can(v.caller(), access.FileAdd) {
		p, err := a.o.Files.Progress(ctx, v.caller(), v.record)
		if err != nil {
			return nil, err
		}
		f.Upload = uploadOf(p)
	}
	return &oneOut[File]{ETag: etag(r.Version), Body: f}, nil
}

func (a *API) completeFile(ctx context.Context, v *visit, in *endingIn) (*madeOut[File], error) {
	r, replayed, err := once(ctx, a, v, "files", a.o.Files.Stat, &in.Body,
		func(c caller) (fileRecord, error) { return a.o.Files.Complete(ctx, c, v.record, in.Body.SHA256) },
		func(id string) (fileRecord, error) { return a.o.Files.Own(ctx, v.caller(), id) })
	if err != nil {
		return nil, err
	}
	return made(v, r, replayed, fileOf), nil
}

func (a *API) removeFile(ctx context.Context, v *visit, _ *struct{}) (*struct{}, error) {
	return nil, a.o.Files.Remove(ctx, v.caller(), v.record, 0)
}

// numbered is a number in the path; what is none is no number that anything has.
func numbered(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		return -1
	}
	return n
}

// sendPart takes in a part of an upload.
func (a *API) sendPart(w http.ResponseWriter, h *http.Request, v *visit) error {
	generation := numbered(h.URL.Query().Get("generation"))
	if _, err := a.o.Files.Part(h.Context(), v.caller(), v.record, generation, numbered(mux.Vars(h)["n"]),
		h.Body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readContent sends a file, or one of its previews.
func (a *API) readContent(preview bool) func(http.ResponseWriter, *http.Request, *visit) error {
	return func(w http.ResponseWriter, h *http.Request, v *visit) error {
		which := files.Whole
		if preview {
			if which = numbered(mux.Vars(h)["n"]); which < 1 {
				return model.ErrNotFound
			}
		}
		sight, err := a.o.Files.Look(h.Context(), v.caller(), v.record, which)
		if err != nil {
			return err
		}
		return download.Serve(w, h, download.Content{Name: sight.Name, Type: sight.Type, Tag: sight.Hash,
			Size: sight.Size, Open: func(ctx context.Context, shown bool) (io.ReadSeekCloser, error) {
				return a.o.Files.Open(ctx, v.caller(), v.record, which, shown)
			}, Refuse: func(w http.ResponseWriter, status int) { newProblem(status).write(w) }})
	}
}
