package pubsub

import (
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	projectName  = `projects/[^/]+`
	resourceID   = `[a-zA-Z][a-zA-Z0-9._~%+-]{2,254}`
	deletedTopic = "_deleted-topic_"
)

var (
	projectPattern = regexp.MustCompile(`^` + projectName + `$`)
	topicPattern   = regexp.MustCompile(`^` + projectName + `/topics/` + resourceID + `$`)
	// resourcePattern is for resources that have a policy.
	resourcePattern = regexp.MustCompile(`^` + projectName + `/(topics|subscriptions)/[^/]+$`)
	subPattern      = regexp.MustCompile(`^` + projectName + `/subscriptions/` + resourceID + `$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func unserved(what string) error {
	return status.Errorf(codes.Unimplemented, "%s is not served locally.", what)
}

func checkName(pattern *regexp.Regexp, kind, name string) error {
	last := name[strings.LastIndex(name, "/")+1:]
	if !pattern.MatchString(name) || strings.HasPrefix(last, "goog") {
		return invalid("Invalid [%s] name: (name=%s).", kind, name)
	}
	return nil
}

func checkProject(name string) error {
	if !projectPattern.MatchString(name) {
		return invalid("Invalid [projects] name: (name=%s).", name)
	}
	return nil
}

func notFound(name string) error {
	return status.Errorf(codes.NotFound, "Resource not found (resource=%s).", name[strings.LastIndex(name, "/")+1:])
}

func exists(name string) error {
	return status.Errorf(codes.AlreadyExists, "Resource already exists in the project (resource=%s).",
		name[strings.LastIndex(name, "/")+1:])
}
