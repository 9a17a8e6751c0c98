package workspace

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const lockedText = "The key that protects this workspace is switched off, or was taken away. Until whoever looks " +
	"after that key gives it back, nothing here can be read or changed, by anybody."

// Locked is the answer to a signed-in person who asks for a workspace whose keys are unavailable. They were identified
// before, with the keys of their account.
func (s *Service) Locked(ctx context.Context, self access.Caller, id string, cause error) error {
	if errors.Is(cause, records.ErrDestroyed) {
		return model.ErrNotFound // it is gone for good
	}
	if err := s.noteLocked(ctx, self, id); err != nil {
		return err
	}
	return &model.Error{Kind: model.ErrLocked, Public: lockedText, Cause: cause}
}

// noteLocked writes the refusal into the platform's trail, by ids: an entry of the workspace would have to be sealed
// with the key that is away. Of one account's requests it writes one a minute, in each instance: the others say nothing
// more.
func (s *Service) noteLocked(ctx context.Context, self access.Caller, workspace string) error {
	if !s.turned.first(self.Account+"/"+workspace, s.now()) {
		return nil
	}
	caller := system(model.Platform(), "locked workspace", client(self))
	caller.Session = self.Session
	err := s.gate.Note(ctx, s.gate, records.By(caller, access.WorkspaceLocked).Note("account", self.Account),
		"workspace/"+workspace, audit.Denied)
	if err != nil {
		s.turned.forget(self.Account + "/" + workspace)
	}
	return err
}

// turnedAway remembers who was turned away in the last minute.
type turnedAway struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const (
	turnedPause = time.Minute
	maxTurned   = 10_000
)

func (t *turnedAway) first(who string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.last[who]; ok && now.Sub(last) < turnedPause {
		return false
	}
	if t.last == nil || len(t.last) >= maxTurned {
		t.last = map[string]time.Time{}
	}
	t.last[who] = now
	return true
}

func (t *turnedAway) forget(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.last, who)
}
