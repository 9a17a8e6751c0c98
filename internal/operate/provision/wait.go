package provision

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// How long it may take until what was just created, enabled or granted takes effect, with a margin. Google says up to
// ten minutes for metrics, usually two and at times seven minutes or more for roles, some minutes for APIs, and nothing
// about the rest.
const (
	metricLate = 15 * time.Minute
	roleLate   = 10 * time.Minute
	apiLate    = 10 * time.Minute
	otherLate  = 5 * time.Minute
	tryEvery   = 10 * time.Second
)

// sleeper waits, or ends with the context.
type sleeper func(context.Context, time.Duration) error

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// lateness is what an error may be waiting for, and how long that may take. It is zero for an error that waiting does
// not solve.
type lateness struct {
	until string
	most  time.Duration
}

// late says what an error may be waiting for. fresh says that the call depends on what may have been created a moment
// ago; for an API that was enabled a moment ago the error itself says so.
func late(err error, fresh bool) lateness {
	switch {
	case err == nil || forbids(err) != "":
		return lateness{}
	case apiDisabled(err):
		return lateness{"the enabled API answers", apiLate}
	case !fresh:
		return lateness{}
	case metricUnknown(err):
		return lateness{"Cloud Monitoring knows the new metric", metricLate}
	case status.Code(err) == codes.PermissionDenied, httpCode(err) == http.StatusForbidden:
		return lateness{"a role that was given takes effect", roleLate}
	case status.Code(err) == codes.FailedPrecondition, status.Code(err) == codes.InvalidArgument,
		isMissing(err), httpCode(err) == http.StatusBadRequest:
		return lateness{"what was made before takes effect", otherLate}
	}
	return lateness{}
}

// apiDisabled reports whether an error says that the API is not enabled. A freshly enabled API says so for some
// minutes, too.
func apiDisabled(err error) bool {
	if status.Code(err) != codes.PermissionDenied && httpCode(err) != http.StatusForbidden {
		return false
	}
	e, ok := apierror.FromError(err)
	return ok && e.Reason() == "SERVICE_DISABLED" || strings.Contains(err.Error(), "has not been used in project")
}

func metricUnknown(err error) bool {
	return isMissing(err) && strings.Contains(err.Error(), "Cannot find metric")
}

// patiently does something, and repeats it as long as it may be waiting for what was created before. It reports what it
// waits for. Without anybody to report to, it does not wait.
func (s *session) patiently(ctx context.Context, fresh bool, do func(context.Context) error) error {
	began, said := s.clock.Now(), ""
	for {
		err := do(ctx)
		if advice := forbids(err); advice != "" {
			return fmt.Errorf("%s: %w", advice, err)
		}
		l, waited := late(err, fresh), s.clock.Now().Sub(began)
		switch {
		case l.until == "" && said != "" && err == nil:
			fmt.Fprintf(s.tells, "  waited %s\n", waited.Round(time.Second))
			return nil
		case l.until == "" || s.spec.impatient:
			return err
		case s.tells == nil:
			return fmt.Errorf("try again in some minutes, when %s: %w", l.until, err)
		case waited >= l.most:
			return fmt.Errorf("gave up after waiting %s until %s; if nothing else is wrong, "+
				"apply again later, and it continues from here: %w",
				waited.Round(time.Second), l.until, err)
		case l.until != said:
			said = l.until
			fmt.Fprintf(s.tells, "  waiting, up to %s, until %s: %s\n", l.most, l.until, words(err))
		}
		if stopped := s.sleep(ctx, tryEvery); stopped != nil {
			return fmt.Errorf("stopped while waiting until %s; apply again, and it continues from here: %w", l.until,
				stopped)
		}
	}
}

// words are Google's error message in one line.
func words(err error) string {
	text := err.Error()
	if e, ok := apierror.FromError(err); ok && e.GRPCStatus() != nil && e.GRPCStatus().Message() != "" {
		text = e.GRPCStatus().Message()
	}
	return strings.Join(strings.Fields(text), " ")
}
