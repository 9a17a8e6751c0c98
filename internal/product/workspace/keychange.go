package workspace

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const (
	// KeyPause is how long the management has to stop a change of the key.
	KeyPause = 72 * time.Hour
	// keyWork is longer than a change of key takes. A change that has begun cannot be stopped for this long.
	keyWork = 5 * time.Minute
)

var (
	errWaiting  = model.Conflict("A change of the key is already waiting. To request another one, stop it first.")
	errNoChange = model.Conflict("No change of the key is waiting: it was stopped, or it has been made.")
	errChanging = model.Conflict("The key is being changed right now. Look again in a few minutes.")
)

// AskKey requests that the workspace be protected with a key of its own or, with "", with the installation's key again.
// The key is tried at once. The change is made after KeyPause. Everybody in the management gets a mail about it, and
// can stop it until then.
func (s *Service) AskKey(ctx context.Context, c access.Caller, name string) error {
	if err := s.gate.May(ctx, records.By(c, access.KeyUpdate), ""); err != nil {
		return err
	}
	if err := s.checkKey(c.Scope, name); err != nil {
		return err
	}
	if err := s.accounts.Limit(ctx, s.gate, client(c), "keys/"+c.Scope.ID, keyTriesPerHour, time.Hour); err != nil {
		return err
	}
	if there, err := s.protects(ctx, c.Scope, name); err != nil || there {
		return cmp.Or[error](err, wrongKey("This key already protects the workspace."))
	}
	change := KeyChange{ID: model.NewID(), Key: name, By: c.Account, ByName: c.Name}
	if name != "" {
		if err := s.tryKey(ctx, c, name, change.notes()...); err != nil {
			return err
		}
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.stillManages(ctx, tx, c); err != nil {
			return err
		}
		if _, err := keyChanges.Get(ctx, tx, records.By(c, access.KeyUpdate).On(main)); !errors.Is(err,
			model.ErrNotFound) {
			return cmp.Or[error](err, errWaiting)
		}
		if err := s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.KeyAsked, Life: KeyPause,
			By: c.Name}); err != nil {
			return err
		}
		change.Asked, change.Due = s.now(), s.now().Add(KeyPause)
		if _, err := keyChanges.Create(ctx, tx, records.By(c, access.KeyUpdate).On(main), change); err != nil {
			return err
		}
		if s.keyAt != nil {
			if err := s.keyAt(ctx, tx, c.Scope, change.ID, change.Due); err != nil {
				return err
			}
		}
		return s.gate.Note(ctx, tx, records.By(c, access.KeyUpdate).With(change.notes()...), "", audit.Begun)
	})
}

// notes name the key in entries of the trail.
func (k KeyChange) notes() []records.Note {
	if k.Key == "" {
		return nil
	}
	return []records.Note{{Key: "key", Value: k.Key}}
}

// StopKey withdraws a requested change of the key. Everybody in the management can do that.
func (s *Service) StopKey(ctx context.Context, c access.Caller) error {
	if err := s.gate.May(ctx, records.By(c, access.KeyStop), ""); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.stillManages(ctx, tx, c); err != nil {
			return err
		}
		r, err := keyChanges.Get(ctx, tx, records.By(c, access.KeyStop).On(main))
		switch {
		case errors.Is(err, model.ErrNotFound):
			return errNoChange
		case err != nil:
			return err
		case s.now().Before(r.Body.Begun.Add(keyWork)):
			return errChanging
		}
		if err := s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.KeyStopped, By: c.Name}); err != nil {
			return err
		}
		if err := keyChanges.Delete(ctx, tx, records.By(c, access.KeyStop).On(main)); err != nil {
			return err
		}
		return s.gate.Note(ctx, tx, records.By(c, access.KeyStop).With(r.Body.notes()...), "", audit.Done)
	})
}

// ChangeKey makes the change that is due, unless it was stopped or its requester is no longer in the management. The
// keyring and the trail are in different databases, so the trail records that the change begins before it happens, and
// afterwards how it ended. The keyring itself changes atomically. ChangeKey can be called again at any time.
func (s *Service) ChangeKey(ctx context.Context, sys access.Caller, id string) error {
	k, err := s.beginKey(ctx, sys, id)
	if err != nil || k == nil {
		return err
	}
	there, err := s.protects(ctx, sys.Scope, k.Key)
	if err != nil {
		return err
	}
	if !there && k.Key != "" {
		err = s.gate.Keyrings().Try(ctx, k.Key, sys.Scope)
		if err != nil && !errors.Is(err, model.ErrUnavailable) {
			return s.endKey(ctx, sys, k, audit.Failed, account.KeyFailed)
		}
	}
	if !there && err == nil {
		err = s.changeKey(ctx, sys.Scope, k.Key)
	}
	if err != nil {
		return err
	}
	return s.endKey(ctx, sys, k, audit.Done, account.KeyChanged)
}

// beginKey marks a change as begun, so that it cannot be stopped for a while. It returns nil if there is nothing to do.
func (s *Service) beginKey(ctx context.Context, sys access.Caller, id string) (taken *KeyChange, err error) {
	err = s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		taken = nil
		r, err := keyChanges.Get(ctx, tx, records.By(sys, access.KeyUpdate).On(main))
		if errors.Is(err, model.ErrNotFound) || (err == nil && r.Body.ID != id) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.now().Before(r.Body.Due) {
			return model.Conflict("The change of the key is not due yet.")
		}
		seats, err := rosters.Get(ctx, tx, records.By(sys, access.WorkspaceRead).On(main))
		if err != nil {
			return err
		}
		if !seats.Body.mayInvite(r.Body.By, access.Management) {
			return s.lapseKey(ctx, tx, bag, sys, r.Body)
		}
		taken = &r.Body
		_, err = keyChanges.Update(ctx, tx, records.By(sys, access.KeyUpdate).On(main), func(k *KeyChange) error {
			k.Begun = s.now()
			return nil
		})
		return err
	})
	return taken, err
}

// lapseKey drops a change whose requester is no longer in the management.
func (s *Service) lapseKey(ctx context.Context, tx *records.Tx, bag *account.Mailbag, sys access.Caller,
	k KeyChange) error {
	by := "Tiny Opera House, because " + k.ByName + " is no longer in the management"
	if err := s.tellManagement(ctx, tx, bag, sys, account.Letter{Kind: account.KeyStopped, By: by}); err != nil {
		return err
	}
	if err := keyChanges.Delete(ctx, tx, records.By(sys, access.KeyUpdate).On(main)); err != nil {
		return err
	}
	return s.gate.Note(ctx, tx, records.By(sys, access.KeyUpdate).With(k.notes()...), "", audit.Failed)
}

// endKey records how a change ended, and mails the management.
func (s *Service) endKey(ctx context.Context, sys access.Caller, k *KeyChange, outcome audit.Outcome,
	kind account.LetterKind) error {
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.tellManagement(ctx, tx, bag, sys, account.Letter{Kind: kind}); err != nil {
			return err
		}
		if err := keyChanges.Delete(ctx, tx, records.By(sys, access.KeyUpdate).On(main)); err != nil {
			return err
		}
		return s.gate.Note(ctx, tx, records.By(sys, access.KeyUpdate).With(k.notes()...), "", outcome)
	})
}

// protects reports whether the workspace is protected with a key now; "" stands for the installation's key.
func (s *Service) protects(ctx context.Context, scope model.Scope, name string) (bool, error) {
	lock, err := s.gate.Keyrings().LockOf(ctx, scope)
	if name == "" {
		name = s.gate.Keyrings().InstallationKey()
	}
	return err == nil && lock.Key == name, err
}
