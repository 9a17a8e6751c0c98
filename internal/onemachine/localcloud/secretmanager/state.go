package secretmanager

import (
	"context"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// EnableSecretVersion makes a disabled version readable again.
func (s *Server) EnableSecretVersion(_ context.Context, req *secretmanagerpb.EnableSecretVersionRequest) (
	*secretmanagerpb.SecretVersion, error) {
	return s.setState(req.GetName(), req.GetEtag(), secretmanagerpb.SecretVersion_ENABLED)
}

// DisableSecretVersion makes a version unreadable until it is enabled.
func (s *Server) DisableSecretVersion(_ context.Context, req *secretmanagerpb.DisableSecretVersionRequest) (
	*secretmanagerpb.SecretVersion, error) {
	return s.setState(req.GetName(), req.GetEtag(), secretmanagerpb.SecretVersion_DISABLED)
}

// DestroySecretVersion removes the payload of a version for good. When the secret has a delay for that, the version is
// disabled, and destroyed by Sweep when the delay is over; enabling it cancels the destruction.
func (s *Server) DestroySecretVersion(_ context.Context, req *secretmanagerpb.DestroySecretVersionRequest) (
	*secretmanagerpb.SecretVersion, error) {
	return s.setState(req.GetName(), req.GetEtag(), secretmanagerpb.SecretVersion_DESTROYED)
}

func (s *Server) setState(name, tag string, want secretmanagerpb.SecretVersion_State) (*secretmanagerpb.SecretVersion,
	error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	ref, version, err := s.resolveNumber(name)
	if err != nil {
		return nil, err
	}
	if err := checkEtag(tag, version.GetEtag()); err != nil {
		return nil, err
	}
	if version.GetState() == secretmanagerpb.SecretVersion_DESTROYED {
		return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in DESTROYED state.", ref.name())
	}
	b := s.store.Batch()
	if err := s.enter(b, ref, version, want); err != nil {
		return nil, err
	}
	return s.putVersion(b, ref, version)
}

// enter puts a version into a state.
func (s *Server) enter(b *table.Batch, ref versionRef, version *secretmanagerpb.SecretVersion,
	want secretmanagerpb.SecretVersion_State) error {
	if want != secretmanagerpb.SecretVersion_DESTROYED {
		version.State = want
		if want == secretmanagerpb.SecretVersion_ENABLED {
			version.ScheduledDestroyTime = nil
		}
		return nil
	}
	secret, err := s.secret(ref.secret)
	if err != nil {
		return err
	}
	if wait := secret.GetVersionDestroyTtl(); wait != nil {
		version.State = secretmanagerpb.SecretVersion_DISABLED
		version.ScheduledDestroyTime = timestamppb.New(s.clock.Now().Add(wait.AsDuration()))
		return nil
	}
	s.destroy(b, ref, version)
	return nil
}

// resolveNumber is resolve for changes, which accept neither "latest" nor aliases.
func (s *Server) resolveNumber(name string) (versionRef, *secretmanagerpb.SecretVersion, error) {
	if m := versionPattern.FindStringSubmatch(name); m != nil {
		if _, ok := parseNumber(m[2]); !ok {
			return versionRef{}, nil, status.Error(codes.InvalidArgument,
				"Only a version's number names a version to change.")
		}
	}
	return s.resolve(name)
}
