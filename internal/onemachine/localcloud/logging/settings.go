package logging

import (
	"context"
	"regexp"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

var (
	settingsPattern     = regexp.MustCompile(`^` + projectName + `/settings$`)
	cmekSettingsPattern = regexp.MustCompile(`^` + projectName + `/cmekSettings$`)
)

// keyAccount is the account with which Google uses the keys of a project's buckets.
func keyAccount(of string) string {
	return "cmek-p" + project.Number(project.Of(of)) + "@gcp-sa-logging.iam.gserviceaccount.com"
}

// bucketKeySettings are what a bucket says about its key; nil without one.
func bucketKeySettings(bucket, key string) *loggingpb.CmekSettings {
	if key == "" {
		return nil
	}
	return &loggingpb.CmekSettings{Name: bucket + "/cmekSettings", KmsKeyName: key,
		ServiceAccountId: keyAccount(bucket)}
}

// GetSettings returns the settings of a project, including the account to which an operator grants the use of keys.
func (s *ConfigServer) GetSettings(_ context.Context, req *loggingpb.GetSettingsRequest) (*loggingpb.Settings, error) {
	if !settingsPattern.MatchString(req.GetName()) {
		return nil, invalid("Settings name %q must be projects/[PROJECT_ID]/settings.", req.GetName())
	}
	return &loggingpb.Settings{Name: req.GetName(), KmsServiceAccountId: keyAccount(req.GetName())}, nil
}

// GetCmekSettings returns the settings of a project that concern keys.
func (s *ConfigServer) GetCmekSettings(_ context.Context, req *loggingpb.GetCmekSettingsRequest) (
	*loggingpb.CmekSettings, error) {
	if !cmekSettingsPattern.MatchString(req.GetName()) {
		return nil, invalid("CMEK settings name %q must be projects/[PROJECT_ID]/cmekSettings.", req.GetName())
	}
	return &loggingpb.CmekSettings{Name: req.GetName(), ServiceAccountId: keyAccount(req.GetName())}, nil
}

// UpdateSettings refuses: as at Google, a project has those of its organization.
func (s *ConfigServer) UpdateSettings(context.Context, *loggingpb.UpdateSettingsRequest) (*loggingpb.Settings, error) {
	return nil, invalid("Settings can only be changed for an organization.")
}

// UpdateCmekSettings refuses: as at Google, a project has those of its organization.
func (s *ConfigServer) UpdateCmekSettings(context.Context, *loggingpb.UpdateCmekSettingsRequest) (
	*loggingpb.CmekSettings, error) {
	return nil, invalid("CMEK settings can only be changed for an organization.")
}
