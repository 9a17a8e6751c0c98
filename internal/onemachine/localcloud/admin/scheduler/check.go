package scheduler

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // Google's time zones, not the machine's
	"unicode/utf8"

	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"github.com/robfig/cron/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

// Google's limits.
const (
	maxDescription = 500
	maxRetries     = 5
)

// unixCron is the form with five fields, without names like @daily.
var (
	unixCron     = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	topicPattern = regexp.MustCompile(`^projects/([^/]+)/topics/[^/]+$`)
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func jobID(parent, name string) (string, error) {
	if name == "" {
		return strings.ToLower(rand.Text()), nil
	}
	id, ok := strings.CutPrefix(name, parent+"/jobs/")
	if !ok {
		return "", invalid("Job name %q is not in %q.", name, parent)
	}
	return id, nil
}

func checkJob(job *schedulerpb.Job) error {
	if utf8.RuneCountInString(job.GetDescription()) > maxDescription {
		return invalid("description has more than %d characters.", maxDescription)
	}
	if n := job.GetRetryConfig().GetRetryCount(); n < 0 || n > maxRetries {
		return invalid("retry_config.retry_count must be from 0 to %d.", maxRetries)
	}
	return checkTarget(job)
}

// nextRun is when a job is due next after now.
func nextRun(job *schedulerpb.Job, now time.Time) (*timestamppb.Timestamp, error) {
	zone, err := zoneOf(job.GetTimeZone())
	if err != nil {
		return nil, invalid("time_zone %q is invalid.", job.GetTimeZone())
	}
	// The library accepts more than Google: names of schedules, and zones inside them.
	schedule, err := unixCron.Parse(job.GetSchedule())
	if err != nil || strings.ContainsAny(job.GetSchedule(), "=@") {
		return nil, invalid("schedule %q is invalid.", job.GetSchedule())
	}
	next := schedule.Next(now.In(zone))
	if next.IsZero() {
		return nil, invalid("schedule %q never comes.", job.GetSchedule())
	}
	return timestamppb.New(next), nil
}

func zoneOf(name string) (*time.Location, error) {
	if strings.EqualFold(name, "utc") {
		name = "UTC"
	}
	if name == "Local" {
		name = "?" // means the machine's
	}
	return time.LoadLocation(name)
}

func checkTarget(job *schedulerpb.Job) error {
	target := job.GetPubsubTarget()
	if job.GetTarget() == nil {
		return invalid("target is required.")
	}
	if target == nil {
		return status.Error(codes.Unimplemented, "Only targets of Pub/Sub are served locally.")
	}
	topic := topicPattern.FindStringSubmatch(target.GetTopicName())
	switch {
	case topic == nil:
		return invalid("pubsub_target.topic_name %q is invalid.", target.GetTopicName())
	case topic[1] != project.Of(job.GetName()):
		return invalid("pubsub_target.topic_name %q is in another project than the job.", target.GetTopicName())
	case len(target.GetData()) == 0 && len(target.GetAttributes()) == 0:
		return invalid("pubsub_target needs data or an attribute.")
	}
	return nil
}
