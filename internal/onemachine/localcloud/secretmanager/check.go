package secretmanager

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

// Google's limits of a secret's settings.
const (
	maxTopics        = 10
	maxAnnotations   = 16 << 10 // bytes of keys and values together
	shortestRotation = time.Hour
	longestRotation  = 3_153_600_000 * time.Second
	soonestRotation  = 5 * time.Minute
	shortestDelay    = 24 * time.Hour
	longestDelay     = 1000 * 24 * time.Hour
)

var (
	annotationKey = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$`)
	topicPattern  = regexp.MustCompile(`^projects/[^/]+/topics/[a-zA-Z][a-zA-Z0-9._~%+-]{2,254}$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// checkNew checks the secret that a request asks for, including what is not served here.
func (s *Server) checkNew(ctx context.Context, given, secret *secretmanagerpb.Secret) error {
	switch {
	case len(given.GetVersionAliases()) > 0:
		return invalid("secret.version_aliases must name existing versions.")
	case given.GetCustomerManagedEncryption() != nil:
		return invalid("secret.customer_managed_encryption is for regional secrets only; the keys of this one belong " +
			"to its replication.")
	case given.GetExpiration() != nil, len(given.GetTags()) > 0,
		given.GetSecretType() != secretmanagerpb.Secret_SECRET_TYPE_UNSPECIFIED:
		return status.Error(codes.Unimplemented, "Expiration, tags and types of secrets are not served locally.")
	}
	if err := s.checkReplication(ctx, secret); err != nil {
		return err
	}
	return s.checkSettings(secret, true)
}

// checkUpdated does not check what the mask does not name: a rotation that is due now was in the future once.
func (s *Server) checkUpdated(ctx context.Context, secret *secretmanagerpb.Secret, paths []string) error {
	if slices.Contains(paths, "replication") {
		if err := s.checkReplication(ctx, secret); err != nil {
			return err
		}
	}
	if slices.Contains(paths, "version_aliases") {
		if err := s.checkAliases(secret); err != nil {
			return err
		}
	}
	rotates := func(path string) bool { return strings.HasPrefix(path, "rotation") }
	return s.checkSettings(secret, slices.ContainsFunc(paths, rotates))
}

func (s *Server) checkSettings(secret *secretmanagerpb.Secret, rotates bool) error {
	if err := label.Check(secret.GetLabels()); err != nil {
		return err
	}
	if err := checkAnnotations(secret.GetAnnotations()); err != nil {
		return err
	}
	if err := checkTopics(secret); err != nil {
		return err
	}
	if wait := secret.GetVersionDestroyTtl(); wait != nil && (wait.CheckValid() != nil ||
		wait.AsDuration() < shortestDelay || wait.AsDuration() > longestDelay) {
		return invalid("secret.version_destroy_ttl must be between 24 hours and 1000 days.")
	}
	if rotates {
		return checkRotation(secret.GetRotation(), s.clock.Now())
	}
	return nil
}

func checkAnnotations(annotations map[string]string) error {
	size := 0
	for k, v := range annotations {
		if !annotationKey.MatchString(k) {
			return invalid("Annotation key %q is invalid.", k)
		}
		size += len(k) + len(v)
	}
	if size >= maxAnnotations {
		return invalid("Annotations have %d bytes; there must be less than %d.", size, maxAnnotations)
	}
	return nil
}

func checkTopics(secret *secretmanagerpb.Secret) error {
	if len(secret.GetTopics()) > maxTopics {
		return invalid("A secret has at most %d topics.", maxTopics)
	}
	for _, topic := range secret.GetTopics() {
		if !topicPattern.MatchString(topic.GetName()) {
			return badName("Topic", topic.GetName())
		}
	}
	if secret.GetRotation() != nil && len(secret.GetTopics()) == 0 {
		return invalid("A secret that rotates needs at least one topic.")
	}
	return nil
}

func checkRotation(r *secretmanagerpb.Rotation, now time.Time) error {
	if r == nil {
		return nil
	}
	if p := r.GetRotationPeriod(); p != nil && (p.CheckValid() != nil || p.AsDuration() < shortestRotation ||
		p.AsDuration() > longestRotation) {
		return invalid("rotation.rotation_period must be between 1 hour and 100 years.")
	}
	next := r.GetNextRotationTime()
	if next == nil {
		return invalid("rotation.next_rotation_time is required.")
	}
	if next.CheckValid() != nil || next.AsTime().Before(now.Add(soonestRotation)) ||
		next.AsTime().After(now.Add(longestRotation)) {
		return invalid("rotation.next_rotation_time must be at least 5 minutes and at most 100 years from now.")
	}
	return nil
}
