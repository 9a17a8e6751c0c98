package workspace

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Pauses are how long the management can choose to have for stopping an erasure.
var Pauses = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

const erasuresPerDay = 10 // requests for the erasure of one workspace

var (
	errEnding    = model.Conflict("The erasure of this workspace has already been requested.")
	errNotEnding = model.Conflict("No erasure of this workspace is waiting: it was stopped, or it has begun.")
)

// Erasures are what becomes of the request for an erasure. Both methods run inside the transaction of the change.
type Erasures interface {
	Asked(ctx context.Context, v records.Via, workspace model.Scope, e Ending) error
	Stopped(ctx context.Context, v records.Via, e Ending) error
}

// noErasures refuses every request.
type noErasures struct{}

func (noErasures) Asked(context.Context, records.Via, model.Scope, Ending) error {
	return model.Conflict("A workspace cannot be erased here.")
}

func (noErasures) Stopped(context.Context, records.Via, Ending) error { return nil }

// NewEnding asks for the erasure of a workspace.
type NewEnding struct {
	Name  string        // the name of the workspace, typed as a confirmation
	Pause time.Duration // one of Pauses
}

// AskErase requests that the workspace be erased with everything in it. It begins after the pause. Everybody in the
// management gets a mail about it, and can stop it until then.
func (s *Service) AskErase(ctx context.Context, c access.Caller, n NewEnding) (e Ending, err error) {
	if err := s.gate.May(ctx, records.By(c, access.WorkspaceErase), ""); err != nil {
		return e, err
	}
	if !slices.Contains(Pauses, n.Pause) {
		return e, model.InvalidFields(map[string]string{"pause": "Choose one of these times."})
	}
	if err := s.accounts.Limit(ctx, s.gate, client(c), "erase/"+c.Scope.ID, erasuresPerDay,
		24*time.Hour); err != nil {
		return e, err
	}
	err = s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.stillManages(ctx, tx, c); err != nil {
			return err
		}
		w, err := workspaces.Get(ctx, tx, records.By(c, access.WorkspaceErase).On(main))
		switch {
		case err != nil:
			return err
		case w.Body.Ending != nil:
			return errEnding
		case strings.TrimSpace(n.Name) != w.Body.Name:
			return model.InvalidFields(map[string]string{"confirm": "Type the name of the workspace as it is written " +
				"above, so that it is certain that you mean this one."})
		}
		e = Ending{ID: model.NewID(), By: c.Account, ByName: c.Name, Asked: s.now(), Due: s.now().Add(n.Pause)}
		if err := s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.EraseAsked, Life: n.Pause,
			By: c.Name}); err != nil {
			return err
		}
		if err := s.erasures.Asked(ctx, tx, c.Scope, e); err != nil {
			return err
		}
		_, err = workspaces.Update(ctx, tx, records.By(c, access.WorkspaceErase).On(main), func(w *Workspace) error {
			w.Ending = &e
			return nil
		})
		return err
	})
	return e, err
}

// StopErase withdraws a requested erasure. Everybody in the management can do that until it begins.
func (s *Service) StopErase(ctx context.Context, c access.Caller) error {
	if err := s.gate.May(ctx, records.By(c, access.WorkspaceSpare), ""); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.stillManages(ctx, tx, c); err != nil {
			return err
		}
		w, err := workspaces.Get(ctx, tx, records.By(c, access.WorkspaceSpare).On(main))
		if err != nil {
			return err
		}
		if w.Body.Ending == nil || w.Body.State != Active {
			return errNotEnding
		}
		return s.spare(ctx, tx, bag, c, *w.Body.Ending, c.Name)
	})
}

// spare drops the request, and tells the management by whom.
func (s *Service) spare(ctx context.Context, tx *records.Tx, bag *account.Mailbag, c access.Caller, e Ending,
	by string) error {
	if err := s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.EraseStopped, By: by}); err != nil {
		return err
	}
	if err := s.erasures.Stopped(ctx, tx, e); err != nil {
		return err
	}
	_, err := workspaces.Update(ctx, tx, records.By(c, access.WorkspaceSpare).On(main), func(w *Workspace) error {
		w.Ending = nil
		return nil
	})
	return err
}

// Leaving is who and what must be dealt with outside a workspace when it ends.
type Leaving struct {
	Name     string   `json:"name"`     // of the workspace
	Managers []Person `json:"managers"` // who get the receipt
	Accounts []string `json:"accounts"` // of all members
	Tickets  []string `json:"tickets"`  // of invitations that can still be accepted
}

// Person is somebody who gets a mail.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Close closes the workspace, because its erasure is due: from then on nobody can enter it, and the erasure cannot be
// stopped. It returns nil if there is nothing to erase: the request was stopped, or is dropped because whoever made it
// is no longer in the management. It can be repeated.
func (s *Service) Close(ctx context.Context, sys access.Caller, id string) (out *Leaving, err error) {
	err = s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		out = nil
		w, err := workspaces.Get(ctx, tx, records.By(sys, access.WorkspaceClose).On(main))
		if err != nil {
			return err
		}
		e := w.Body.Ending
		if e == nil || e.ID != id {
			return nil
		}
		if s.now().Before(e.Due) {
			return model.Conflict("The erasure is not due yet.")
		}
		seats, err := rosters.Get(ctx, tx, records.By(sys, access.WorkspaceClose).On(main))
		if err != nil {
			return err
		}
		if w.Body.State == Active && !seats.Body.mayInvite(e.By, access.Management) {
			return s.spare(ctx, tx, bag, sys, *e, "Tiny Opera House, because "+e.ByName+
				" is no longer in the management")
		}
		if out, err = s.leaving(ctx, tx, sys, &seats.Body); err != nil {
			return err
		}
		out.Name = w.Body.Name
		if w.Body.State == Closing {
			return nil
		}
		_, err = workspaces.Update(ctx, tx, records.By(sys, access.WorkspaceClose).On(main), func(w *Workspace) error {
			w.State = Closing
			return nil
		})
		return err
	})
	return out, err
}

// leaving reads who and what is concerned, for the trail: to close the workspace, not to show it to anybody.
func (s *Service) leaving(ctx context.Context, tx *records.Tx, sys access.Caller, seats *roster) (*Leaving, error) {
	out := &Leaving{}
	for _, seat := range seats.People {
		out.Accounts = append(out.Accounts, seat.Account)
	}
	_, people, err := management(ctx, tx, sys)
	if err != nil {
		return nil, err
	}
	for _, m := range people {
		out.Managers = append(out.Managers, Person{m.Name, m.Email})
	}
	open, err := invites.Find(ctx, tx, records.By(sys, access.WorkspaceClose), records.Find{Query: "newest",
		Limit: 2 * maxInvites})
	if err != nil {
		return nil, err
	}
	for _, i := range open.Records {
		out.Tickets = append(out.Tickets, i.Body.Ticket)
	}
	return out, nil
}

// Part takes the workspace, which has ended, off a person's list. It can be repeated.
func (s *Service) Part(ctx context.Context, person, workspace string) error {
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		return s.part(ctx, tx, person, account.Client{}, workspace)
	})
}
