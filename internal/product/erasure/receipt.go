package erasure

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// Path is where the receipts are, followed by an id.
const Path = "/receipts/"

// receipt signs what became of a request.
func (s *Service) receipt(ctx context.Context, id string, r request) ([]byte, error) {
	head, err := s.o.Head(ctx)
	if err != nil {
		return nil, err
	}
	if head == "" { // the keys are published with the history: nobody could check the receipt
		return nil, task.Because("the public history has not begun", nil)
	}
	_, err = s.o.Gate.Keyrings().Ring(ctx, model.Workspace(r.Workspace))
	if !errors.Is(err, records.ErrDestroyed) {
		return nil, errors.Join(errors.New("erasure: the keys of an erased workspace still exist"), err)
	}
	out := receipt.Receipt{
		ID: id, Origin: s.o.Origin, What: "workspace", Scope: r.Workspace,
		Asked: r.Asked, Due: r.Due, Began: r.Began, Shredded: r.Shredded, Finished: r.Finished,
		Remains: s.o.Remains(r.Finished), Head: head,
		Sample: receipt.Sample{Kind: r.Sample.Kind, Stored: r.Sample.Stored, Answer: records.ErrDestroyed.Error()},
	}
	out.Erased = s.named(r.Found)
	return s.o.Signer.Sign(ctx, out)
}

// named are counts by kind, in the order of their names.
func (s *Service) named(found map[string]int64) []receipt.Count {
	var list []receipt.Count
	for _, k := range s.o.Kinds {
		if n := found[k.Name()]; n > 0 {
			list = append(list, receipt.Count{Kind: k.Name(), Name: k.Collection().About.Name, Count: n})
		}
	}
	slices.SortFunc(list, func(a, b receipt.Count) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Preview is what the erasure of a workspace would remove, and what would remain if it ended now.
type Preview struct {
	Erased  []receipt.Count
	Remains []receipt.Remains
}

// mostShown is the largest number that a preview counts to.
const mostShown = 10_000

// Preview counts what a workspace holds. It opens no document.
func (s *Service) Preview(ctx context.Context, c access.Caller) (Preview, error) {
	if err := s.o.Gate.May(ctx, records.By(c, access.WorkspaceSpare), ""); err != nil {
		return Preview{}, err
	}
	found, err := s.o.Gate.Contents(ctx, c.Scope, s.o.Kinds, mostShown)
	if err != nil {
		return Preview{}, err
	}
	return Preview{s.named(found), s.o.Remains(s.now())}, nil
}

// Progress is what everybody may see who knows the id of an erasure.
type Progress struct {
	ID      string
	State   State
	Receipt []byte // signed; nil until it is done
	Request receipt.Receipt
	Removed int64 // documents so far
	Total   int64
}

// Progress says how far an erasure is. It names nobody, so it needs no sign-in; an id that does not exist is
// ErrNotFound.
func (s *Service) Progress(ctx context.Context, id string) (Progress, error) {
	r, err := requests.Get(ctx, s.o.Gate, records.By(system(""), access.ErasureRead).On(id))
	if err != nil {
		return Progress{}, err
	}
	p := Progress{ID: id, State: r.Body.State, Receipt: r.Body.Receipt, Removed: r.Body.Removed}
	p.Request = receipt.Receipt{ID: id, Asked: r.Body.Asked, Due: r.Body.Due, Began: r.Body.Began,
		Shredded: r.Body.Shredded, Finished: r.Body.Finished}
	for _, n := range r.Body.Found {
		p.Total += n
	}
	return p, nil
}
