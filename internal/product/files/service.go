package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Options are what a Service needs.
type Options struct {
	Gate    *records.Gate
	Objects blob.Store
	Queue   *task.Queue
	Clock   model.Clock
}

// Service is the use cases for files. It is safe for concurrent use.
type Service struct {
	gate    *records.Gate
	objects blob.Store
	queue   *task.Queue
	clock   model.Clock
	parts   chan struct{} // one place for each part that is being taken in
	decodes chan struct{} // the place of the one picture that is decoded
}

// New makes a service, and registers its jobs.
func New(o Options) *Service {
	s := &Service{gate: o.Gate, objects: o.Objects, queue: o.Queue, clock: o.Clock, parts: make(chan struct{}, atOnce),
		decodes: make(chan struct{}, 1)}
	s.handle(o.Queue)
	return s
}

func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// may refuses a caller whose role does not allow the action, before any of the input is looked at.
func (s *Service) may(ctx context.Context, c access.Caller, a access.Action) error {
	return s.gate.May(ctx, records.By(c, a), "")
}

// keeper is the product itself, in the workspace of a caller, for what no caller does by themselves.
func keeper(c access.Caller) access.Caller { return access.SystemCaller(c.Scope, "files", c.Request) }

// List are the files of a report or production that the caller may see, the first that was added first. Those that are
// not ready are among them for whoever added them. What they belong to must be there for the caller.
func (s *Service) List(ctx context.Context, c access.Caller, of records.Held) ([]records.Record[File], error) {
	ask := records.By(c, access.FileList).Note("of", of.String())
	if err := s.holds(ctx, ask, of); err != nil {
		return nil, err
	}
	page, err := files.Find(ctx, s.gate, ask, records.Find{Query: "of", Equal: records.Fields{"of": of.String()},
		Limit: MaxPerRecord})
	return page.Records, err
}

// MayAdd refuses whoever may not add files to a report or production, before any of the input is looked at.
func (s *Service) MayAdd(ctx context.Context, c access.Caller, of records.Held) error {
	if err := s.may(ctx, c, access.FileAdd); err != nil {
		return err
	}
	if err := s.holds(ctx, records.By(c, access.FileAdd), of); err != nil {
		return err
	}
	if !s.Possible() {
		return model.Conflict("This installation has no place for files. Ask whoever runs it.")
	}
	return nil
}

// Possible reports whether the installation has a place for files.
func (s *Service) Possible() bool { return s.objects != blob.Store(blob.Nowhere{}) }

func (s *Service) holds(ctx context.Context, ask records.Ask, of records.Held) error {
	holder, known := shows.Holders()[of.Kind]
	if !known {
		return &model.Error{Kind: model.ErrNotFound}
	}
	return holder.Holds(ctx, s.gate, ask, of.ID)
}

// File reads what is known of a file, without its content.
func (s *Service) File(ctx context.Context, c access.Caller, id string) (records.Record[File], error) {
	return files.Get(ctx, s.gate, records.By(c, access.FileRead).On(id))
}

// Own is the state of a file that the caller added, ready or not. It shows nothing that the caller did not send.
func (s *Service) Own(ctx context.Context, c access.Caller, id string) (records.Record[File], error) {
	r, err := files.Get(ctx, s.gate.Serving(), records.By(c, access.FileAdd).On(id))
	if err == nil && r.Body.By.ID != c.Account {
		err = &model.Error{Kind: model.ErrNotFound}
	}
	return r, err
}

// Stat gives version and times of a file that the caller has added.
func (s *Service) Stat(ctx context.Context, c access.Caller, a access.Action, id string) (records.Record[File], error) {
	return files.Stat(ctx, s.gate, records.By(c, a).On(id))
}

// Used is what the files of the caller's workspace take of the quota, those being uploaded included.
func (s *Service) Used(ctx context.Context, c access.Caller) (int64, error) {
	if err := s.may(ctx, c, access.FileList); err != nil {
		return 0, err
	}
	r, err := totals.Get(ctx, s.gate, records.By(keeper(c), access.FileKeep).On(wholeWorkspace))
	if errors.Is(err, model.ErrNotFound) {
		return 0, nil
	}
	return r.Body.Bytes, err
}

// Remove removes a file for good.
func (s *Service) Remove(ctx context.Context, c access.Caller, id string, ifVersion int64) error {
	return s.removal(ctx, c, access.FileRemove, id, ifVersion, func(*File) error { return nil })
}

// removal removes a file that passes the check.
func (s *Service) removal(ctx context.Context, c access.Caller, a access.Action, id string, ifVersion int64,
	check func(*File) error) error {
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		r, err := files.Get(ctx, tx, records.By(c, a).On(id))
		if err == nil {
			err = check(&r.Body)
		}
		if err != nil {
			return err
		}
		return s.drop(ctx, tx, c, a, ifVersion, r)
	})
	if err != nil {
		return fmt.Errorf("remove a file: %w", err)
	}
	s.queue.Wake(ctx, tidyID(id))
	return nil
}

// drop removes files of one report or production in a transaction, with the jobs that remove their objects.
func (s *Service) drop(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action, ifVersion int64,
	list ...records.Record[File]) error {
	if len(list) == 0 {
		return nil
	}
	var bytes int64
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i], bytes = r.ID, bytes+r.Body.Counted
		_, err := uploads.Get(ctx, tx, records.By(keeper(c), access.FileKeep).On(r.ID))
		if err == nil {
			err = uploads.Delete(ctx, tx, records.By(keeper(c), access.FileKeep).On(r.ID))
		}
		if err != nil && !errors.Is(err, model.ErrNotFound) {
			return err
		}
	}
	if err := s.count(ctx, tx, c, list[0].Body.Of, -len(list), -bytes); err != nil {
		return err
	}
	if err := s.tidyLater(ctx, tx, c.Scope, ids...); err != nil {
		return err
	}
	for _, id := range ids {
		if err := files.Delete(ctx, tx, records.By(c, a).On(id).At(ifVersion)); err != nil {
			return err
		}
	}
	return nil
}

// Withheld reports whether a report or production has files that the caller may not read.
func (s *Service) Withheld(ctx context.Context, tx *records.Tx, c access.Caller, of records.Held) (bool, error) {
	all, err := s.all(ctx, tx, c, of)
	for _, r := range all {
		if r.Body.State == Ready && !r.Body.audience().Admits(c) {
			return true, err
		}
	}
	return false, err
}

// RemoveAll removes all files of a report or production, in the transaction that removes that for good.
func (s *Service) RemoveAll(ctx context.Context, tx *records.Tx, c access.Caller, of records.Held) error {
	all, err := s.all(ctx, tx, c, of)
	if err != nil {
		return err
	}
	return s.drop(ctx, tx, c, access.TrashEmpty, 0, all...)
}

func (s *Service) all(ctx context.Context, tx *records.Tx, c access.Caller, of records.Held) (
	[]records.Record[File], error) {
	page, err := files.Find(ctx, tx, records.By(keeper(c), access.FileKeep), records.Find{
		Query: "all", Equal: records.Fields{"of": of.String()}, Limit: MaxPerRecord})
	return page.Records, err
}

// person is the caller, by the name of the time.
func person(c access.Caller) shows.Person { return shows.Person{ID: c.Account, Name: c.Name} }
