package provision_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// moved is a clock that only waiting moves.
type moved struct {
	now    time.Time
	pauses int
	sleeps func() error // runs at each pause
}

// Now is the time on it.
func (m *moved) Now() time.Time { return m.now }

func (m *moved) sleep(_ context.Context, d time.Duration) error {
	m.pauses++
	m.now = m.now.Add(d)
	if m.sleeps != nil {
		return m.sleeps()
	}
	return nil
}

// patient is an installation whose apply waits, by a clock of its own.
func patient() (provision.Spec, *moved) {
	m := &moved{now: testclock.Now()}
	return provision.Patient(small(), m, m.sleep), m
}

// late refuses calls of a method until some time after the first successful call of another one.
type late struct {
	after, method string
	by            time.Duration
	err           error

	since time.Time
}

func (l *late) refuse(m *moved, method string) error {
	if strings.HasSuffix(method, l.method) && !l.since.IsZero() && m.now.Sub(l.since) < l.by {
		return l.err
	}
	if strings.HasSuffix(method, l.after) && l.since.IsZero() {
		l.since = m.now
	}
	return nil
}

func disabled(service string) error {
	s, err := status.New(codes.PermissionDenied, "API has not been used in project 42 before or it is disabled.").
		WithDetails(&errdetails.ErrorInfo{
			Reason: "SERVICE_DISABLED", Domain: "googleapis.com", Metadata: map[string]string{"service": service},
		})
	if err != nil {
		return err
	}
	return s.Err()
}

// What Google refuses for some time after something else was created.
var lates = map[string]struct {
	late
	says string
}{
	"an enabled API is looked at": {late{after: "EnableService", method: "KeyManagementService/GetKeyRing",
		by: 7 * time.Minute, err: disabled("cloudkms.googleapis.com")},
		"  waiting, up to 10m0s, until the enabled API answers: API has not been used in project 42"},
	"an enabled API is used": {late{after: "EnableService", method: "CreateServiceAccount", by: 7 * time.Minute,
		err: disabled("iam.googleapis.com")},
		"until the enabled API answers"},
	"a role": {late{after: "SetIamPolicy", method: "FirestoreAdmin/CreateDatabase", by: 7 * time.Minute,
		err: status.Error(codes.PermissionDenied, "Permission denied on the key")},
		"  waiting, up to 10m0s, until a role that was given takes effect: Permission denied on the key"},
	"backups of a fresh database": {late{after: "FirestoreAdmin/CreateDatabase", method: "CreateBackupSchedule",
		by:  3 * time.Minute,
		err: status.Error(codes.FailedPrecondition, "The database is not ready")},
		"  waiting, up to 5m0s, until what was made before takes effect: The database is not ready"},
	"indexes of a fresh database": {late{after: "FirestoreAdmin/CreateDatabase", method: "CreateIndex",
		by:  3 * time.Minute,
		err: status.Error(codes.NotFound, "The database does not exist")}, "until what was made before takes effect"},
	"fields of a fresh database": {late{after: "FirestoreAdmin/CreateDatabase", method: "UpdateField",
		by:  3 * time.Minute,
		err: status.Error(codes.NotFound, "The database does not exist")}, "until what was made before takes effect"},
	"an account": {late{after: "CreateServiceAccount", method: "Projects/SetIamPolicy", by: 2 * time.Minute,
		err: status.Error(codes.InvalidArgument, "Service account toh-web does not exist.")},
		"until what was made before takes effect"},
	"a sink's bucket": {late{after: "CreateBucketAsync", method: "CreateSink", by: 2 * time.Minute,
		err: status.Error(codes.NotFound, "The bucket does not exist")}, "until what was made before takes effect"},
	"the metric of an alert": {late{after: "CreateLogMetric", method: "CreateAlertPolicy", by: 12 * time.Minute,
		err: status.Error(codes.NotFound,
			"Cannot find metric that matches type = \"logging.googleapis.com/user/toh-crashes\". If a metric was "+
				"created recently, it could take up to 10 minutes to become available.")},
		"  waiting, up to 15m0s, until Cloud Monitoring knows the new metric: Cannot find metric"},
	"the service of an objective": {late{after: "CreateService", method: "CreateServiceLevelObjective",
		by:  2 * time.Minute,
		err: status.Error(codes.NotFound, "The service does not exist")}, "until what was made before takes effect"},
}

// TestApplyWaitsForWhatGoogleHasLate delays each of them as long as Google says it may take: apply says so, once, and
// succeeds.
func TestApplyWaitsForWhatGoogleHasLate(t *testing.T) {
	t.Parallel()
	for name, l := range lates {
		t.Run(name, func(t *testing.T) {
			w, began := open(t), testclock.Now()
			s, m := patient()
			w.refuse = func(method string) error { return l.refuse(m, method) }
			sum, out, err := w.apply(s)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if strings.Count(out, l.says) != 1 || strings.Count(out, "  waited ") != 1 {
				t.Errorf("it does not say once %q and that it waited:\n%s", l.says, grep(out, "  wait"))
			}
			if took := m.now.Sub(began); took < l.by || took > l.by+time.Minute {
				t.Errorf("it waited %s for what came after %s", took, l.by)
			}
			w.calm()
			if again := w.done(s); again.Created+again.Changed > 0 || sum.Created < 100 {
				t.Errorf("%s, again: %s", sum, again)
			}
		})
	}
}

func grep(text, part string) string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}

// TestAnEnabledAPIWithoutGRPC is the same for an API that uses HTTP.
func TestAnEnabledAPIWithoutGRPC(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, m := patient()
	ready := m.now.Add(6 * time.Minute)
	w.answer = func(r *http.Request) *http.Response {
		if !strings.HasPrefix(r.URL.Path, "/storage/v1/b") || !m.now.Before(ready) {
			return nil
		}
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Type", "application/json")
		rec.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(rec,
			`{"error":{"code":403,"message":"Cloud Storage JSON API has not been used in project 42 before or it is disabled.","status":"PERMISSION_DENIED",`+
				`"errors":[{"reason":"accessNotConfigured","domain":"usageLimits","message":"x"}],`+
				`"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com"}]}}`)
		return rec.Result()
	}
	sum, out, err := w.apply(s)
	if err != nil || strings.Count(out, "until the enabled API answers") != 1 || sum.Created < 100 || m.pauses < 30 {
		t.Errorf("%v, %s, %d pauses\n%s", err, sum, m.pauses, grep(out, "  wait"))
	}
}

// TestWaitingEnds: what never takes effect ends apply with a reason, at the announced time, and the next run continues
// from there.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]struct {
		late
		most time.Duration
	}{
		"metric": {lates["the metric of an alert"].late, 15 * time.Minute},
		"API":    {lates["an enabled API is looked at"].late, 10 * time.Minute},
		"role":   {lates["a role"].late, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			s, m := patient()
			began := m.now
			l.by = 1000 * time.Hour
			w.refuse = func(method string) error { return l.refuse(m, method) }
			first, out, err := w.apply(s)
			if took := m.now.Sub(began); err == nil || took < l.most || took > l.most+time.Minute {
				t.Errorf("after %s: %v", took, err)
			}
			if err == nil || !strings.Contains(err.Error(), "apply again later, and it continues from here") ||
				!strings.Contains(err.Error(), l.err.Error()[len("rpc error: "):]) {
				t.Errorf("%v", err)
			}
			if strings.Contains(out, " created, ") {
				t.Errorf("it says that it is done:\n%s", out)
			}
			w.calm()
			if second := w.done(s); second.Unchanged < first.Created || first.Created+second.Created < 100 {
				t.Errorf("first %s, then %s", first, second)
			}
		})
	}
}

// TestWaitingCanBeStopped: an interrupt ends the waiting at once, and says that the next apply continues.
func TestWaitingCanBeStopped(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, m := patient()
	l := lates["the metric of an alert"].late
	w.refuse = func(method string) error { return l.refuse(m, method) }
	m.sleeps = func() error { return context.Canceled }
	_, _, err := w.apply(s)
	if !errors.Is(err, context.Canceled) || m.pauses != 1 || !strings.Contains(err.Error(),
		"apply again, and it continues from here") {
		t.Errorf("%d pauses, %v", m.pauses, err)
	}
}

// TestPlanDoesNotWait: a plan that meets a fresh API says that it should be tried again in some minutes.
func TestPlanDoesNotWait(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, m := patient()
	w.enable("cloudkms.googleapis.com")
	w.refuse = func(method string) error {
		if strings.HasSuffix(method, "GetKeyRing") {
			return disabled("cloudkms.googleapis.com")
		}
		return nil
	}
	_, err := provision.Plan(t.Context(), w.Clients, s)
	if err == nil || m.pauses > 0 || !strings.Contains(err.Error(), "try again in some minutes, when the enabled "+
		"API answers") {
		t.Errorf("%d pauses, %v", m.pauses, err)
	}
}

// TestWhatNobodyWaitsFor: an error that time does not solve, and one of a call that depends on nothing fresh, end apply
// at once.
func TestWhatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	for method, err := range map[string]error{
		"FirestoreAdmin/CreateDatabase": errCut,
		"GetKeyRing": status.Error(codes.PermissionDenied,
			"Permission cloudkms.keyRings.get denied"),
		"CreateCryptoKey": status.Error(codes.InvalidArgument, "bad purpose"),
	} {
		w := open(t)
		s, m := patient()
		w.refuse = func(called string) error {
			if strings.HasSuffix(called, method) {
				return err
			}
			return nil
		}
		if _, out, got := w.apply(s); got == nil || m.pauses > 0 || strings.Contains(out, "waiting") {
			t.Errorf("%s: %d pauses, %v", method, m.pauses, got)
		}
	}
}
