package rewrap

import (
	"context"
	"fmt"
	"strings"

	kms "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// Options are what a Service needs.
type Options struct {
	Gate  *records.Gate
	Queue *task.Queue
	KMS   *kms.KeyManagementClient // for NewVersion and Status, which only the operator uses; may be nil elsewhere
}

// Service manages the keys of all scopes.
type Service struct {
	gate     *records.Gate
	queue    *task.Queue
	kms      *kms.KeyManagementClient
	keyrings *seal.Keyrings
}

// New makes a Service, which handles the queue's rewrap jobs.
func New(o Options) *Service {
	s := &Service{gate: o.Gate, queue: o.Queue, kms: o.KMS, keyrings: o.Gate.Keyrings()}
	s.queue.Handle(rewrapJob, s.rewrap)
	return s
}

func platform(job string) access.Caller { return access.SystemCaller(model.Platform(), job, "") }

// effect does something outside the content database between two entries of the platform's trail: that it begins, and
// how it ended.
func (s *Service) effect(ctx context.Context, c access.Caller, a access.Action, notes []records.Note,
	do func() ([]records.Note, error)) error {
	if err := s.gate.Note(ctx, s.gate, records.By(c, a).With(notes...), "", audit.Begun); err != nil {
		return err
	}
	more, err := do()
	outcome := audit.Done
	if err != nil {
		outcome = audit.Failed
	}
	if failure := s.gate.Note(ctx, s.gate, records.By(c, a).With(append(notes, more...)...), "",
		outcome); failure != nil && err == nil {
		err = failure
	}
	return err
}

// NewVersion gives the installation's key a new version, which wraps from then on. What older versions wrapped can be
// opened as before.
func (s *Service) NewVersion(ctx context.Context) (string, error) {
	var version string
	key := records.Note{Key: "key", Value: s.keyrings.InstallationKey()}
	err := s.effect(ctx, platform("keys:rotate"), access.KeysRotate, []records.Note{key},
		func() ([]records.Note, error) {
			var err error
			version, err = s.newVersion(ctx)
			return []records.Note{{Key: "version", Value: version}}, err
		})
	return version, err
}

func (s *Service) newVersion(ctx context.Context) (string, error) {
	key := s.keyrings.InstallationKey()
	v, err := s.kms.CreateCryptoKeyVersion(ctx, &kmspb.CreateCryptoKeyVersionRequest{Parent: key})
	if err != nil {
		return "", fmt.Errorf("make a version of the key: %w", err)
	}
	_, err = s.kms.UpdateCryptoKeyPrimaryVersion(ctx, &kmspb.UpdateCryptoKeyPrimaryVersionRequest{
		Name: key, CryptoKeyVersionId: strings.TrimPrefix(v.GetName(), key+"/cryptoKeyVersions/"),
	})
	if err != nil {
		return v.GetName(), fmt.Errorf("make %s the primary version: %w", v.GetName(), err)
	}
	return v.GetName(), nil
}

// RotateScope gives one scope new keys, which seal when every instance has them. What older keys sealed can be opened
// as before.
func (s *Service) RotateScope(ctx context.Context, scope model.Scope) error {
	of := records.Note{Key: "scope", Value: scope.String()}
	return s.effect(ctx, platform("keys:rotate"), access.KeysRotate, []records.Note{of},
		func() ([]records.Note, error) {
			return nil, s.keyrings.Rotate(ctx, scope)
		})
}
