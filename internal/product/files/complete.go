package files

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Complete ends an upload whose parts have all arrived. Photos are then cleaned; all other files are ready. Completing
// again changes nothing. A hash, if one is given, must be that of the file.
func (s *Service) Complete(ctx context.Context, c access.Caller, id, hash string) (records.Record[File], error) {
	var r records.Record[File]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		u, err := uploads.Get(ctx, tx, records.By(c, access.FileAdd).On(id))
		if errors.Is(err, model.ErrNotFound) {
			r, err = s.completed(ctx, tx, c, id)
			return err
		}
		if err != nil {
			return err
		}
		content, err := u.Body.whole(hash)
		if err != nil {
			return err
		}
		r, err = files.Update(ctx, tx, records.By(c, access.FileAdd).On(id), func(f *File) error {
			f.State, f.Type, f.Content = Ready, content.Type, content
			if cleanable(content.Type) {
				f.State = Cleaning
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := uploads.Delete(ctx, tx, records.By(c, access.FileAdd).On(id)); err != nil {
			return err
		}
		return s.afterUpload(ctx, tx, c.Scope, id, r.Body.State)
	})
	if err != nil {
		return r, fmt.Errorf("complete an upload: %w", err)
	}
	s.queue.Wake(ctx, cleanID(id))
	return r, nil
}

// completed is the file of an upload that was completed before.
func (s *Service) completed(ctx context.Context, tx *records.Tx, c access.Caller, id string) (records.Record[File],
	error) {
	r, err := files.Get(ctx, tx, records.By(c, access.FileAdd).On(id))
	if err == nil && r.Body.By.ID != c.Account {
		err = &model.Error{Kind: model.ErrNotFound}
	}
	return r, err
}

// whole is the content of an upload of which nothing is missing.
func (u *upload) whole(hash string) (*Content, error) {
	if len(u.Parts) != partsOf(u.Size) {
		return nil, errOrder
	}
	sum, err := continued(u.Hash)
	if err != nil {
		return nil, err
	}
	c := &Content{ID: u.Content, Size: u.Size, Type: u.Type, Hash: hex.EncodeToString(sum.Sum(nil))}
	if hash != "" && hash != c.Hash {
		return nil, model.InvalidFields(map[string]string{"sha256": "What arrived is not the file that was sent. " +
			"Cancel the upload, and send the file again."})
	}
	for _, p := range u.Parts {
		c.Parts = append(c.Parts, p.Object)
	}
	return c, nil
}

// Cancel ends an upload and removes what has arrived of it. Cancelling again changes nothing.
func (s *Service) Cancel(ctx context.Context, c access.Caller, id string) error {
	return s.removal(ctx, c, access.FileRemove, id, 0, stillUploading)
}
