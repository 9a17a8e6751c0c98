package posture_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func (w *world) number() string {
	w.t.Helper()
	p := got[*resourcemanagerpb.Project](w)(w.Projects.GetProject(w.t.Context(),
		&resourcemanagerpb.GetProjectRequest{Name: project}))
	return strings.TrimPrefix(p.GetName(), "projects/")
}

// TestWhatCannotBeReadIsUndecided denies each read in turn: what depends on it is neither kept nor broken, and the
// evidence says why without naming whose permission it was.
func TestWhatCannotBeReadIsUndecided(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	denied := status.Error(codes.PermissionDenied, "Permission 'x.get' denied for someone@opera.dev")
	var methods []string
	seen := map[string]bool{}
	w.before = func(method string) error {
		if !seen[method] && !strings.HasSuffix(method, "/GetProject") {
			seen[method] = true
			methods = append(methods, method)
		}
		return nil
	}
	w.attest()
	for _, method := range methods {
		w.before = func(m string) error {
			if m == method {
				return denied
			}
			return nil
		}
		r := w.attest()
		if r.State != posture.Undecided || r.Count(posture.Broken) > 0 || r.Count(posture.Undecided) == 0 {
			t.Errorf("%s: %s, %s", method, r.State, notKept(r))
		}
		for _, p := range r.Promises {
			if p.State == posture.Undecided && (p.Kept != nil || !strings.Contains(p.Evidence, "undecided: ") ||
				strings.Contains(p.Evidence, "someone@")) {
				t.Errorf("%s: %s: %s", method, p.ID, p.Evidence)
			}
		}
	}
	if len(methods) < 30 {
		t.Errorf("only %d methods", len(methods))
	}
}

// TestBrokenAndUndecided: what is known to be broken is not hidden by what is unknown.
func TestBrokenAndUndecided(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	bucketDays(15)(w)
	w.before = func(m string) error {
		if strings.HasSuffix(m, "/ListSinks") {
			return status.Error(codes.PermissionDenied, "no")
		}
		return nil
	}
	r := w.attest()
	if r.State != posture.Broken || r.Of("T9").State != posture.Broken || !strings.Contains(r.Of("T9").Evidence,
		"undecided: ") {
		t.Errorf("%s: %s", r.State, notKept(r))
	}
}

// TestServiceThatIsAwayIsAskedOnce: all of it is undecided, quickly.
func TestServiceThatIsAwayIsAskedOnce(t *testing.T) {
	w := installed(t, spec())
	asked := 0
	w.before = func(m string) error {
		if strings.Contains(m, "google.cloud.kms.") {
			asked++
			return status.Error(codes.ResourceExhausted, "quota")
		}
		return nil
	}
	began := testclock.Start()
	r := w.attest()
	if r.State != posture.Undecided || r.Count(posture.Broken) > 0 || asked > 1 || began.Elapsed() > 20*time.Second {
		t.Errorf("%s, asked %d times, %s: %s", r.State, asked, began.Elapsed(), notKept(r))
	}
	if r.Of("T2").State != posture.Kept || r.Of("G15").State != posture.Undecided {
		t.Errorf("%s", notKept(r))
	}
}

func TestProjectThatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	w := empty(t)
	w.before = func(string) error { return status.Error(codes.PermissionDenied, "denied for someone@opera.dev") }
	_, err := w.look(nil)
	if !errors.Is(err, model.ErrUnavailable) || strings.Contains(err.Error(), "someone@") {
		t.Errorf("%v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	w, s := empty(t), spec()
	good := posture.Options{Admin: w.Clients, Project: projectID, Region: region, Content: s.Content, Keys: s.Keys}
	for name, change := range map[string]func(*posture.Options){
		"no clients": func(o *posture.Options) {
			o.Admin = nil
		}, "no project": func(o *posture.Options) { o.Project = "" },
		"no region": func(o *posture.Options) {
			o.Region = ""
		}, "another project": func(o *posture.Options) { o.Project = "opera-house-2" },
		"no collections": func(o *posture.Options) { o.Keys = nil },
	} {
		o := good
		change(&o)
		if _, err := posture.Run(t.Context(), o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	before := w.attest()
	if c := posture.Changes(before, w.attest()); len(c) > 0 {
		t.Errorf("nothing changed, and yet: %v", c)
	}
	bucketDays(30)(w)
	after := w.attest()
	changes := posture.Changes(before, after)
	if len(changes) != 2 || changes[0].String() != "T9 was kept and is broken" || len(changes[0].Appeared) != 1 ||
		len(changes[0].Gone) != 0 {
		t.Errorf("%v", changes)
	}
	back := posture.Changes(after, before)
	if len(back) != 2 || back[1].String() != "O7 was broken and is cloud-only" || len(back[0].Gone) != 1 {
		t.Errorf("%v", back)
	}
	bucketDays(30)(w)
	if c := posture.Changes(after, w.attest()); len(c) > 0 {
		t.Errorf("%v", c)
	}
}
