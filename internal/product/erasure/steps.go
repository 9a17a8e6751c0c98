package erasure

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const (
	mostCounted = 1_000_000 // of each kind, for the receipt
	sampleBytes = 96
	lockedPause = 24 * time.Hour
)

// close closes the workspace to everybody, and notes what is needed when its documents cannot be read any more.
func (s *Service) close(ctx context.Context, job task.Job, e errand, r request) (bool, error) {
	scope, id := model.Workspace(r.Workspace), e.ID
	leaving, err := s.o.Workspaces.Close(ctx, access.SystemCaller(scope, "erasure", job.ID), id)
	if errors.Is(err, model.ErrLocked) && !errors.Is(err, records.ErrDestroyed) {
		// Its own key is disabled, for an unknown time. Without it nobody can tell whether the request still holds.
		job.SetResult("the workspace is locked; in a day again")
		return false, s.later(ctx, s.o.Gate, id, Waiting, e.Round+1, s.now().Add(lockedPause))
	}
	if err != nil {
		return false, err
	}
	if leaving == nil {
		return false, s.advance(ctx, s.o.Gate, id, Waiting, Stopped, func(*request) {})
	}
	found, err := s.o.Gate.Contents(ctx, scope, s.o.Kinds, mostCounted)
	if err != nil {
		return false, err
	}
	kept, err := s.sample(ctx, scope)
	if err != nil {
		return false, err
	}
	began := s.now()
	return true, s.advance(ctx, s.o.Gate, id, Waiting, Closed, func(r *request) {
		r.Began, r.Found, r.Sample, r.Leaving = began, found, kept, leaving
	})
}

// sample is the beginning of the document that every workspace has.
func (s *Service) sample(ctx context.Context, scope model.Scope) (sample, error) {
	const kind = "workspace"
	stored, err := s.o.Gate.Stored(ctx, records.Ref{Scope: scope, Collection: kind, ID: "main"}, sampleBytes)
	return sample{kind, stored}, err
}

// shred takes the workspace off everybody's list, makes its invitations void, and destroys its keys.
func (s *Service) shred(ctx context.Context, job task.Job, id string, r request) error {
	for _, person := range r.Leaving.Accounts {
		if err := s.o.Workspaces.Part(ctx, person, r.Workspace); err != nil {
			return err
		}
	}
	for _, ticket := range r.Leaving.Tickets {
		if err := s.o.Tickets.Drop(ctx, s.o.Gate, account.Client{}, ticket); err != nil {
			return err
		}
	}
	err := s.o.Gate.Shred(ctx, records.By(system(job.ID), access.ScopeErase), model.Workspace(r.Workspace))
	if err != nil {
		return err
	}
	at := s.now()
	return s.advance(ctx, s.o.Gate, id, Closed, Shredded, func(r *request) { r.Shredded = at })
}

// clear removes documents, and then the objects of files, for the time that one job has.
func (s *Service) clear(ctx context.Context, job task.Job, e errand, r request) (bool, error) {
	left, scope := batches, model.Workspace(r.Workspace)
	more := func() bool { left--; return left >= 0 && ctx.Err() == nil }
	n, all, err := s.o.Gate.Clear(ctx, records.By(system(job.ID), access.ScopeErase), scope, s.o.Kinds, more)
	if err == nil && all {
		_, all, err = s.o.Objects.Clear(ctx, scope, more)
	}
	if err != nil {
		return false, err
	}
	next := Shredded
	if all {
		next = Cleared
	}
	err = s.advance(ctx, s.o.Gate, e.ID, Shredded, next, func(r *request) { r.Removed += n })
	if all || err != nil {
		return all, err
	}
	return false, s.later(ctx, s.o.Gate, e.ID, Shredded, e.Round+1, s.now())
}

// finish signs the receipt, and stores it together with the mails and the entry that say so.
func (s *Service) finish(ctx context.Context, id string, r request) error {
	r.Finished = s.now()
	signed, err := s.receipt(ctx, id, r)
	if err != nil {
		return err
	}
	bag := account.NewMailbag(s.o.Post)
	scope := model.Workspace(r.Workspace)
	err = s.o.Gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		now, err := requests.Get(ctx, tx, records.By(system(""), access.ErasureKeep).On(id))
		if err != nil || now.Body.State != Cleared {
			return err
		}
		for _, m := range r.Leaving.Managers {
			if err := bag.Put(ctx, tx, account.Letter{
				Kind: account.Erased, To: m.Email, ToName: m.Name, At: r.Finished, Workspace: r.Leaving.Name,
				Path: Path + id,
			}); err != nil {
				return err
			}
		}
		if err := s.advance(ctx, tx, id, Cleared, Done, func(q *request) {
			q.Finished, q.Receipt, q.Leaving = r.Finished, signed, nil
		}); err != nil {
			return err
		}
		return s.o.Gate.Note(ctx, tx, records.By(system(id), access.ScopeErase), scope.String(), audit.Done)
	})
	if err == nil {
		bag.Send(ctx)
	}
	return err
}
