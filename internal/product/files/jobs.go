package files

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

const (
	tidyJob   = "files-tidy"
	expireJob = "files-expire"
	cleanJob  = "files-clean"
)

// always is for what people were told is removed: it must be removed, however long something was broken.
const always = math.MaxInt

// handle registers the jobs.
func (s *Service) handle(q *task.Queue) {
	q.Handle(tidyJob, s.tidy, task.Attempts(always))
	q.Handle(expireJob, s.expire, task.Attempts(always))
	q.Handle(cleanJob, s.clean, task.Attempts(cleanAttempts), task.Within(cleanTime))
}

// work is what a job is about.
type work struct {
	Workspace string   `json:"workspace"`
	Files     []string `json:"files"`
}

func tidyID(file string) string  { return "files-tidy-" + file }
func cleanID(file string) string { return "files-clean-" + file }

// tidyLater adds the jobs that remove all objects which no document names: now, and once more when no request can be
// storing a part any more.
func (s *Service) tidyLater(ctx context.Context, tx *records.Tx, scope model.Scope, ids ...string) error {
	for _, job := range []struct {
		id string
		at time.Time
	}{{tidyID(ids[0]), s.now()}, {tidyID(ids[0]) + "-late", s.now().Add(lateParts)}} {
		_, err := s.queue.Add(ctx, tx, task.NewJob{ID: job.id, Kind: tidyJob, Concerns: scope, RunAt: job.at,
			Payload: work{scope.ID, ids}, Deadline: job.at.Add(48 * time.Hour)})
		if err != nil {
			return err
		}
	}
	return nil
}

// afterUpload adds what an upload needs when it is complete.
func (s *Service) afterUpload(ctx context.Context, tx *records.Tx, scope model.Scope, id string, state State) error {
	_, err := s.queue.Add(ctx, tx, task.NewJob{ID: "files-parts-" + id, Kind: tidyJob, Concerns: scope,
		RunAt: s.now().Add(lateParts), Payload: work{scope.ID, []string{id}}})
	if err != nil || state != Cleaning {
		return err
	}
	_, err = s.queue.Add(ctx, tx, task.NewJob{ID: cleanID(id), Kind: cleanJob, Concerns: scope,
		Payload: work{scope.ID, []string{id}}})
	return err
}

// expireAt adds the job that removes an upload that was left.
func (s *Service) expireAt(ctx context.Context, v records.Via, scope model.Scope, id string, at time.Time) error {
	_, err := s.queue.Add(ctx, v, task.NewJob{ID: fmt.Sprintf("files-expire-%s-%x", id, at.Unix()), Kind: expireJob,
		Concerns: scope, RunAt: at, Payload: work{scope.ID, []string{id}}, Deadline: at.Add(48 * time.Hour)})
	return err
}

func (w work) caller(job task.Job) access.Caller {
	return access.SystemCaller(model.Workspace(w.Workspace), "task:"+job.Kind, job.ID)
}

// expire is the job that removes an upload that was left.
func (s *Service) expire(ctx context.Context, job task.Job) error {
	var w work
	if err := job.Decode(&w); err != nil {
		return err
	}
	c := w.caller(job)
	for _, id := range w.Files {
		u, err := uploads.Get(ctx, s.gate.Serving(), records.By(c, access.FileKeep).On(id))
		switch {
		case errors.Is(err, model.ErrNotFound):
		case err != nil:
			return gone(err)
		case u.Body.Ends.After(s.now()):
			err = s.expireAt(ctx, s.gate, c.Scope, id, u.Body.Ends)
		default:
			err = s.removal(ctx, c, access.FileKeep, id, 0, func(f *File) error { return stillUploading(f) })
		}
		if err != nil && !errors.Is(err, model.ErrNotFound) && !errors.Is(err, model.ErrConflict) {
			return gone(err)
		}
	}
	return nil
}

// gone is for jobs about a workspace whose keys were destroyed: nothing of it can be read any more.
func gone(err error) error {
	if errors.Is(err, records.ErrDestroyed) {
		return task.Permanent("the workspace is gone", err)
	}
	return err
}

// tidy is the job that removes the objects of files which no document names.
func (s *Service) tidy(ctx context.Context, job task.Job) error {
	var w work
	if err := job.Decode(&w); err != nil {
		return err
	}
	removed := 0
	for _, id := range w.Files {
		named, err := s.named(ctx, w.caller(job), id)
		if err != nil {
			return err
		}
		n, err := s.sweep(ctx, objectsOf(model.Workspace(w.Workspace), id), named)
		removed += n
		if err != nil {
			return err
		}
	}
	job.SetResult(fmt.Sprintf("%d objects removed", removed))
	return nil
}

// named are the objects of a file that documents name; nil means that all may be needed, since it is being uploaded.
func (s *Service) named(ctx context.Context, c access.Caller, id string) (map[string]bool, error) {
	_, err := uploads.Get(ctx, s.gate.Serving(), records.By(c, access.FileKeep).On(id))
	names := map[string]bool{}
	switch {
	case err == nil:
		return nil, nil
	case errors.Is(err, records.ErrDestroyed):
		return names, nil
	case !errors.Is(err, model.ErrNotFound):
		return nil, err
	}
	r, err := files.Get(ctx, s.gate.Serving(), records.By(c, access.FileKeep).On(id))
	if errors.Is(err, model.ErrNotFound) {
		return names, nil
	}
	if err != nil {
		return nil, err
	}
	if r.Body.State == Cleaning { // what the cleaning writes is not named yet
		return nil, nil
	}
	for _, content := range r.Body.contents() {
		for _, object := range content.Parts {
			names[object] = true
		}
	}
	return names, nil
}

// sweep removes the objects of a file that are not among the named.
func (s *Service) sweep(ctx context.Context, prefix string, named map[string]bool) (int, error) {
	removed := 0
	for after := ""; named != nil; {
		list, err := s.objects.List(ctx, prefix, after, blob.MaxList)
		if err != nil || len(list) == 0 {
			return removed, err
		}
		for _, name := range list {
			if named[strings.TrimPrefix(name, prefix)] {
				continue
			}
			if err := s.objects.Delete(ctx, name); err != nil {
				return removed, err
			}
			removed++
		}
		after = list[len(list)-1]
	}
	return removed, nil
}
