package logging

import (
	"net/url"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	projectName  = `projects/[^/]+`
	locationName = projectName + `/locations/[a-zA-Z0-9_-]+`
	resourceID   = `[a-zA-Z0-9_.-]{1,100}`
	allLogs      = "_AllLogs"
	defaultID    = "_Default"
	requiredID   = "_Required"
	maxLogID     = 511
)

var (
	projectPattern  = regexp.MustCompile(`^` + projectName + `$`)
	locationPattern = regexp.MustCompile(`^` + locationName + `$`)
	bucketPattern   = regexp.MustCompile(`^` + locationName + `/buckets/` + resourceID + `$`)
	viewPattern     = regexp.MustCompile(`^(` + locationName + `/buckets/` + resourceID + `)/views/` + resourceID + `$`)
	sinkPattern     = regexp.MustCompile(`^` + projectName + `/sinks/` + resourceID + `$`)
	logPattern      = regexp.MustCompile(`^(` + projectName + `)/logs/([^/]+)$`)
	newIDPattern    = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$`)
	logIDPattern    = regexp.MustCompile(`^[a-zA-Z0-9/_.-]+$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// projectOf is the project that a name of anything belongs to.
func projectOf(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 2 || parts[0] != "projects" || parts[1] == "" {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

func defaultBucket(project string) string { return project + "/locations/global/buckets/" + defaultID }
func requiredBucket(project string) string {
	return project + "/locations/global/buckets/" + requiredID
}

// checkLog refuses names that are not projects/P/logs/ID with the id encoded as in a URL.
func checkLog(name string) error {
	m := logPattern.FindStringSubmatch(name)
	if m == nil {
		return invalid("Log name %q must be projects/[PROJECT_ID]/logs/[LOG_ID] with LOG_ID URL-encoded.", name)
	}
	id, err := url.PathUnescape(m[2])
	if err != nil || !logIDPattern.MatchString(id) || len(id) > maxLogID {
		return invalid("Log name %q has an invalid LOG_ID.", name)
	}
	return nil
}
