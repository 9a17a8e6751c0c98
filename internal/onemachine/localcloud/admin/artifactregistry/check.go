package artifactregistry

import (
	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

// maxPolicyID is how many bytes the id of a cleanup policy has at most.
const maxPolicyID = 127

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func checkRepository(r *artifactregistrypb.Repository) error {
	switch {
	case r.GetFormat() == artifactregistrypb.Repository_FORMAT_UNSPECIFIED:
		return invalid("format is required.")
	case r.GetFormat() != artifactregistrypb.Repository_DOCKER:
		return status.Errorf(codes.Unimplemented, "Repositories of format %s are not served locally.", r.GetFormat())
	case r.GetMode() > artifactregistrypb.Repository_STANDARD_REPOSITORY:
		return status.Errorf(codes.Unimplemented, "Repositories of mode %s are not served locally.", r.GetMode())
	case r.GetMavenConfig() != nil:
		return invalid("maven_config does not belong to a repository of format DOCKER.")
	}
	if err := label.Check(r.GetLabels()); err != nil {
		return err
	}
	for id, policy := range r.GetCleanupPolicies() {
		if err := checkCleanup(id, policy); err != nil {
			return err
		}
	}
	return nil
}

func checkCleanup(id string, p *artifactregistrypb.CleanupPolicy) error {
	switch {
	case id == "" || len(id) > maxPolicyID || p.GetId() != id:
		return invalid("Cleanup policy %q must have its id as key, of at most %d bytes.", id, maxPolicyID)
	case p.GetAction() == artifactregistrypb.CleanupPolicy_ACTION_UNSPECIFIED:
		return invalid("Cleanup policy %q has no action.", id)
	case p.GetConditionType() == nil:
		return invalid("Cleanup policy %q has neither a condition nor most_recent_versions.", id)
	case p.GetMostRecentVersions() == nil:
		return nil
	case p.GetAction() != artifactregistrypb.CleanupPolicy_KEEP:
		return invalid("Cleanup policy %q: most_recent_versions goes only with the action KEEP.", id)
	case p.GetMostRecentVersions().GetKeepCount() < 1:
		return invalid("Cleanup policy %q: keep_count must be at least 1.", id)
	}
	return nil
}
