package run

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

// Google's limits.
const (
	maxDescription = 512
	maxContainers  = 10
	maxConcurrency = 1000
	maxTimeout     = 3600
)

var (
	reservedLabels = []string{"run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev",
		"autoscaling.knative.dev"}
	addressPattern = regexp.MustCompile(`^[^@\s/]+@[^@\s/]+\.gserviceaccount\.com$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func checkService(service *runpb.Service) error {
	if utf8.RuneCountInString(service.GetDescription()) > maxDescription {
		return invalid("description has more than %d characters.", maxDescription)
	}
	t := service.GetTemplate()
	for _, labels := range []map[string]string{service.GetLabels(), t.GetLabels()} {
		if err := label.Check(labels); err != nil {
			return err
		}
	}
	for _, set := range []map[string]string{service.GetLabels(), service.GetAnnotations(), t.GetLabels(),
		t.GetAnnotations()} {
		if err := checkReserved(set); err != nil {
			return err
		}
	}
	if err := checkTemplate(t); err != nil {
		return err
	}
	if err := checkContainers(t.GetContainers()); err != nil {
		return err
	}
	return checkTraffic(service.GetTraffic())
}

func checkReserved(labels map[string]string) error {
	for key := range labels {
		for _, space := range reservedLabels {
			if domain, _, ok := strings.Cut(key, "/"); ok && (domain == space || strings.HasSuffix(domain, "."+space)) {
				return invalid("Label or annotation %q is in a reserved namespace.", key)
			}
		}
	}
	return nil
}

func checkTemplate(t *runpb.RevisionTemplate) error {
	scaling, timeout := t.GetScaling(), t.GetTimeout()
	switch {
	case timeout != nil && (timeout.AsDuration().Seconds() < 1 || timeout.AsDuration().Seconds() > maxTimeout):
		return invalid("template.timeout must be from 1s to %ds.", maxTimeout)
	case t.GetMaxInstanceRequestConcurrency() < 0 || t.GetMaxInstanceRequestConcurrency() > maxConcurrency:
		return invalid("template.max_instance_request_concurrency must be from 0 to %d.", maxConcurrency)
	case scaling.GetMinInstanceCount() < 0 || scaling.GetMaxInstanceCount() < 0:
		return invalid("template.scaling has a negative count.")
	case scaling.GetMaxInstanceCount() > 0 && scaling.GetMinInstanceCount() > scaling.GetMaxInstanceCount():
		return invalid("template.scaling.min_instance_count is more than max_instance_count.")
	case t.GetServiceAccount() != "" && !addressPattern.MatchString(t.GetServiceAccount()):
		return invalid("template.service_account %q is not the address of a service account.", t.GetServiceAccount())
	case t.GetVpcAccess().GetConnector() != "" && len(t.GetVpcAccess().GetNetworkInterfaces()) > 0:
		return invalid("template.vpc_access has both a connector and network interfaces.")
	case len(t.GetVpcAccess().GetNetworkInterfaces()) > 1:
		return invalid("template.vpc_access has more than one network interface.")
	}
	return nil
}

// check asks the neighbours for everything that a service needs to start.
func (n Neighbours) check(ctx context.Context, service *runpb.Service) error {
	t := service.GetTemplate()
	location := strings.Split(service.GetName(), "/")[3]
	if err := n.UseKey.Check(ctx, t.GetEncryptionKey(), service.GetName(), location, agent); err != nil {
		return err
	}
	if n.Account != nil && !strings.HasSuffix(t.GetServiceAccount(), computeAccount) {
		if err := n.Account(ctx, t.GetServiceAccount()); err != nil {
			return err
		}
	}
	if n.SecretVersion == nil {
		return nil
	}
	for _, name := range secretVersions(service) {
		if err := n.SecretVersion(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// secretVersions are the full names of the versions that a service's containers read when they start.
func secretVersions(service *runpb.Service) (names []string) {
	add := func(secret, version string) {
		if !strings.HasPrefix(secret, "projects/") {
			secret = "projects/" + project.Of(service.GetName()) + "/secrets/" + secret
		}
		names = append(names, secret+"/versions/"+version)
	}
	for _, container := range service.GetTemplate().GetContainers() {
		for _, env := range container.GetEnv() {
			if ref := env.GetValueSource().GetSecretKeyRef(); ref != nil {
				add(ref.GetSecret(), ref.GetVersion())
			}
		}
	}
	for _, volume := range service.GetTemplate().GetVolumes() {
		for _, item := range volume.GetSecret().GetItems() {
			add(volume.GetSecret().GetSecret(), item.GetVersion())
		}
	}
	return names
}
