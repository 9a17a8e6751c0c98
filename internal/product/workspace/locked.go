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

const lockedText = "The key that protects this workspace is disabled, or access to it was withdrawn. Until the owner " +
	"of the key restores it, nobody can read or change anything here."

// Locked is the answer to a signed-in person who asks for a workspace whose keys are unavailable. They were identified
// before, with the keys of their account.
func (s *Service) Locked(ctx context.Context, self access.Caller, id string, cause error) error {
	if errors.Is(cause, records.ErrDestroyed) {
		return model.ErrNotFound // the keys are destroyed for good
	}
	if err := s.noteLocked(ctx, self, id); err != nil {
		return err
	}
	return &model.Error{Kind: model.ErrLocked, Public: lockedText, Cause: cause}
}

// noteLocked records the refusal in the platform's trail, by ids, because an entry in the workspace's trail would have
// to be sealed with the key that is unavailable. Each instance records one refusal per account, workspace and minute.
func (s *Service) noteLocked(ctx context.Context, self access.Caller, workspace string) error {
	if !s.noted.first(self.Account+"/"+workspace, s.now()) {
		return nil
	}
	caller := system(model.Platform(), "locked workspace", client(self))
	caller.Session = self.Session
	err := s.gate.Note(ctx, s.gate, records.By(caller, access.WorkspaceLocked).Note("account", self.Account),
		"workspace/"+workspace, audit.Denied)
	if err != nil {
		s.noted.forget(self.Account + "/" + workspace)
	}
	return err
}

// notedLocked remembers which refusals were recorded within the last minute.
type notedLocked struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const (
	notedPause = time.Minute
	maxNoted   = 10_000
)

func (n *notedLocked) first(who string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, ok := n.last[who]; ok && now.Sub(last) < notedPause {
		return false
	}
	if n.last == nil || len(n.last) >= maxNoted {
		n.last = map[string]time.Time{}
	}
	n.last[who] = now
	return true
}

func (n *notedLocked) forget(who string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.last, who)
}
