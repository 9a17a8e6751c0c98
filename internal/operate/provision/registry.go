package provision

import (
	"context"

	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
)

const freshRepository = "it is chosen when a repository is made: make another one and move the images"

// registry holds the service's images: a tag never moves to another image, and each image is scanned.
func (s Spec) registry() []Resource {
	want := &artifactregistrypb.Repository{
		Format: artifactregistrypb.Repository_DOCKER, KmsKeyName: s.key(DataKey),
		FormatConfig: &artifactregistrypb.Repository_DockerConfig{
			DockerConfig: &artifactregistrypb.Repository_DockerRepositoryConfig{ImmutableTags: true}},
		VulnerabilityScanningConfig: &artifactregistrypb.Repository_VulnerabilityScanningConfig{
			EnablementConfig: artifactregistrypb.Repository_VulnerabilityScanningConfig_INHERITED},
	}
	rs := rules{"format": {advice: always(freshRepository)}, "kms_key_name": {advice: always(freshRepository)}}
	t := thing[*artifactregistrypb.Repository]{
		read: func(ctx context.Context, c *session) (*artifactregistrypb.Repository, error) {
			return c.Registry.GetRepository(ctx, &artifactregistrypb.GetRepositoryRequest{Name: s.repository()})
		},
		create: func(ctx context.Context, c *session) error {
			op, err := c.Registry.CreateRepository(ctx, &artifactregistrypb.CreateRepositoryRequest{
				Parent: s.location(), RepositoryId: Repository, Repository: want,
			})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
		differ: func(have *artifactregistrypb.Repository) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *artifactregistrypb.Repository, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Registry.UpdateRepository(ctx, &artifactregistrypb.UpdateRepositoryRequest{Repository: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return []Resource{{
		Kind: "image repository", Name: s.repository(), api: apiRegistry, look: t.look, fresh: true,
		block: tf("google_artifact_registry_repository", Repository, set("repository_id", Repository),
			set("location", s.Region),
			set("format", "DOCKER"), set("kms_key_name", s.key(DataKey)),
			sub("docker_config", set("immutable_tags", true)),
			sub("vulnerability_scanning_config", set("enablement_config", "INHERITED"))),
	}}
}
