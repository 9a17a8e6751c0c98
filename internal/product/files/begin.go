package files

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Input is what an upload begins with.
type Input struct {
	ID       string // chosen by the form, so that the same form begins one upload; "" makes one
	Of       records.Held
	Name     string
	Size     int64
	Audience access.Level // "" is everyone who may read what it belongs to
}

// levels are the audiences that a file may have.
var levels = []access.Level{access.Everyone, access.Organizers, access.Managers}

// Begin begins the upload of a file, which must then be sent in parts. Whoever may change the report or production may.
func (s *Service) Begin(ctx context.Context, c access.Caller, in Input) (records.Record[File], error) {
	none := records.Record[File]{}
	if err := s.MayAdd(ctx, c, in.Of); err != nil {
		return none, err
	}
	f := File{Of: in.Of, Name: CleanName(in.Name), Size: in.Size, State: Uploading, Audience: in.Audience,
		By: person(c),
		At: s.now(), Counted: in.Size}
	if f.Audience == "" {
		f.Audience = access.Everyone
	}
	if err := f.given(); err != nil {
		return none, err
	}
	f.Made = fmt.Sprintf("%s %d %s %s", f.Of, f.Size, f.Audience, f.Name)
	id := in.ID
	if id == "" {
		id = model.NewID()
	}
	var r records.Record[File]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var again bool
		var err error
		if r, again, err = s.begun(ctx, tx, c, in.ID, f.Made); again || err != nil {
			return err
		}
		if r, err = files.Create(ctx, tx, records.By(c, access.FileAdd).On(id), f); err != nil {
			return err
		}
		u := upload{Of: f.Of, By: c.Account, Size: f.Size, Content: model.NewID(), Generation: 1,
			Ends: s.now().Add(UploadLife)}
		if _, err = uploads.Create(ctx, tx, records.By(c, access.FileAdd).On(id), u); err != nil {
			return err
		}
		if err := s.count(ctx, tx, c, f.Of, 1, f.Counted); err != nil {
			return err
		}
		return s.expireAt(ctx, tx, c.Scope, id, u.Ends)
	})
	if err != nil {
		return none, fmt.Errorf("begin an upload: %w", err)
	}
	return r, nil
}

// given refuses what no file can be.
func (f *File) given() error {
	wrong := map[string]string{}
	if text := nameProblem(f.Name); text != "" {
		wrong["name"] = text
	}
	switch {
	case f.Size < 1:
		wrong["size"] = "There is nothing in this file."
	case f.Size > MaxFile:
		wrong["size"] = fmt.Sprintf("A file has at most %s. Divide it, or make it smaller.", Bytes(MaxFile))
	}
	valid := false
	for _, l := range levels {
		valid = valid || l == f.Audience
	}
	if !valid {
		wrong["audience"] = "Choose everyone, organizers or management."
	}
	if len(wrong) > 0 {
		return model.InvalidFields(wrong)
	}
	return nil
}

// begun finds the upload that the same form has begun before.
func (s *Service) begun(ctx context.Context, tx *records.Tx, c access.Caller, id, made string) (records.Record[File],
	bool, error) {
	if id == "" {
		return records.Record[File]{}, false, nil
	}
	r, err := files.Get(ctx, tx, records.By(c, access.FileAdd).On(id))
	switch {
	case errors.Is(err, model.ErrNotFound):
		return r, false, nil
	case err != nil:
		return r, false, err
	case r.Body.Made != made || r.Body.By.ID != c.Account:
		return r, false, model.Reused("Another file was sent with this id. Send this one again with a new one.")
	}
	return r, true, nil
}

// wholeWorkspace is the id of the total of all files; other totals have the id of a report or production.
const wholeWorkspace = "workspace"

// count counts files of a report or production, and refuses what would be too many or too much.
func (s *Service) count(ctx context.Context, tx *records.Tx, c access.Caller, of records.Held, files int,
	bytes int64) error {
	for _, id := range []string{wholeWorkspace, of.ID} {
		err := s.countOne(ctx, tx, c, id, files, bytes)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) countOne(ctx context.Context, tx *records.Tx, c access.Caller, id string, files int,
	bytes int64) error {
	at := records.By(keeper(c), access.FileKeep).On(id)
	r, err := totals.Get(ctx, tx, at)
	absent := errors.Is(err, model.ErrNotFound)
	if err != nil && !absent {
		return err
	}
	t := total{Files: r.Body.Files + files, Bytes: r.Body.Bytes + bytes}
	switch {
	case bytes > 0 && id == wholeWorkspace && t.Bytes > Quota:
		return model.Conflict("The files of this workspace would take more than %s: %s are left. Remove files that "+
			"are not needed any more.", Bytes(Quota), Bytes(max(0, Quota-r.Body.Bytes)))
	case files > 0 && id != wholeWorkspace && t.Files > MaxPerRecord:
		return model.Conflict("There are %d files here, and no more are possible. Remove some that are not needed "+
			"any more.", MaxPerRecord)
	case absent:
		_, err = totals.Create(ctx, tx, at, t)
	case t.Files <= 0 && id != wholeWorkspace:
		err = totals.Delete(ctx, tx, at)
	default:
		_, err = totals.Update(ctx, tx, at, func(have *total) error { *have = t; return nil })
	}
	return err
}

// Bytes is a number of bytes in words: "20 GB", "1.5 MB". Its units are those of disks' makers' only in name: they are
// powers of 1,024, as computers show them.
func Bytes(n int64) string {
	value, unit := float64(n), "bytes"
	for _, next := range []string{"KB", "MB", "GB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if unit == "bytes" || value >= 100 {
		return fmt.Sprintf("%.0f %s", value, unit)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", value), ".0") + " " + unit
}
