package provision_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestApplyFromNothingAndAgain(t *testing.T) {
	t.Parallel()
	w, s := open(t), good()
	for _, c := range w.changes(s) {
		if c.Verb == provision.Refuse {
			t.Errorf("refused in an empty project: %s %s %v", c.Kind, c.Name, c.Fields)
		}
	}
	first := w.done(s)
	if first.Created < 150 || first.Created+first.Changed+first.Unchanged != len(s.Resources()) {
		t.Errorf("first: %s, of %d", first, len(s.Resources()))
	}
	if again := w.done(s); again.Created != 0 || again.Changed != 0 || again.Unchanged != len(s.Resources()) {
		t.Errorf("again: %s", again)
	}
	if open := w.changes(s); len(open) > 0 {
		t.Errorf("still to do: %v", open)
	}
}

func TestPlanOnlyReads(t *testing.T) {
	t.Parallel()
	w, writes := open(t), 0
	w.before = func(write bool) error {
		if write {
			writes++
		}
		return nil
	}
	all, err := provision.Plan(t.Context(), w.Clients, good())
	if err != nil || writes > 0 || len(all) != len(good().Resources()) {
		t.Errorf("%d changes, %d writes, %v", len(all), writes, err)
	}
	var out bytes.Buffer
	if err := provision.Print(&out, all); err != nil || !strings.HasPrefix(out.String(), "+ create API ") ||
		!strings.HasSuffix(out.String(), " refused\n") {
		t.Errorf("%v: %s", err, out.String())
	}
}

// TestApplyGoesOnAfterAFailureAnywhere makes one change in each round and then fails: before the next change is made,
// or after it was made but its answer is lost. However far it came, the next round continues from there.
func TestApplyGoesOnAfterAFailureAnywhere(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			w, s, rounds := open(t), small(), 0
			for ; rounds < 1000; rounds++ {
				w.cutAfterOneWrite(lost)
				_, out, err := w.apply(s)
				if err == nil {
					break
				}
				if !isCut(err) {
					t.Fatalf("round %d: %v\n%s", rounds, err, out)
				}
				if strings.Contains(out, "created,") {
					t.Fatalf("round %d failed and says it is done: %s", rounds, out)
				}
			}
			w.calm()
			if sum := w.done(s); rounds < 100 || sum.Created != 0 || sum.Changed != 0 {
				t.Errorf("after %d rounds: %s", rounds, sum)
			}
		})
	}
}

func (w *world) cutAfterOneWrite(lost bool) {
	writes := 0
	w.calm()
	count := func(write bool) error {
		if write {
			writes++
		}
		if write && writes > 1 {
			return errCut
		}
		return nil
	}
	if lost {
		writes = 1
		w.after = count
	} else {
		w.before = count
	}
}

// TestApplyStopsAtAReadThatFails makes each read of a plan fail in turn: nothing may be changed on incomplete
// knowledge.
func TestApplyStopsAtAReadThatFails(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	w.done(s)
	for n := 1; ; n++ {
		reads, writes := 0, 0
		w.before = func(write bool) error {
			if write {
				writes++
				return nil
			}
			if reads++; reads == n {
				return errCut
			}
			return nil
		}
		_, _, err := w.apply(s)
		if writes > 0 {
			t.Fatalf("read %d: %d writes", n, writes)
		}
		if err == nil {
			if n < 100 {
				t.Errorf("only %d reads", n)
			}
			return
		}
		if !isCut(err) {
			t.Fatalf("read %d: %v", n, err)
		}
	}
}

func TestServicesAcceptTheirEnvironment(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]provision.Spec{
		"everything said": good(),
		"only the needed": provision.Impatient(provision.Spec{
			Project: good().Project, Region: "europe-west1", Content: good().Content[:1], Keys: good().Keys[:1],
			Clock: testclock.Moving{}}),
	} {
		w := open(t)
		w.done(s)
		for id, role := range map[string]config.Role{provision.WebService: config.Web,
			provision.TasksService: config.Tasks} {
			c, err := config.Load(w.environment(id))
			if err != nil {
				t.Fatalf("%s, %s: %v", name, id, err)
			}
			if c.Role != role || c.ContentDatabase != provision.ContentDatabase ||
				c.KeysDatabase != provision.KeysDatabase ||
				!strings.HasSuffix(c.KMSKey, "/cryptoKeys/"+provision.WorkspacesKey) ||
				c.Topic != provision.TasksTopic {
				t.Errorf("%s, %s: %+v", name, id, c)
			}
			w.look(c.TrailView)
			mine := config.Installed(c.Project, c.Region) // what the operator's commands rely on
			if mine.ContentDatabase != c.ContentDatabase || mine.KeysDatabase != c.KeysDatabase ||
				mine.Topic != c.Topic || mine.KMSKey != c.KMSKey {
				t.Errorf("%s, %s: the commands look at %+v, the service has %+v", name, id, mine, c)
			}
			if account := w.service(id).GetTemplate().GetServiceAccount(); !slices.Contains(c.Accounts(), account) {
				t.Errorf("%s, %s: it is %s, and who brings a key is told of %v", name, id, account, c.Accounts())
			}
			if role == config.Tasks && (c.Push.ServiceAccount == "" || !strings.HasPrefix(c.Push.Audience,
				"https://toh-tasks-")) {
				t.Errorf("%s: %+v", name, c.Push)
			}
		}
	}
}

// look is that a view of the log bucket exists under the name by which the controls look into it.
func (w *world) look(view string) {
	w.t.Helper()
	if _, err := w.LogConfig.GetView(w.t.Context(), &loggingpb.GetViewRequest{Name: view}); err != nil {
		w.t.Error(err)
	}
}

func (w *world) service(id string) *runpb.Service {
	w.t.Helper()
	v, err := w.Run.GetService(w.t.Context(),
		&runpb.GetServiceRequest{Name: "projects/opera-house-1/locations/europe-west1/services/" + id})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) environment(id string) []string {
	lines := []string{"PORT=8080", "PATH=/bin"}
	for _, e := range w.service(id).GetTemplate().GetContainers()[0].GetEnv() {
		lines = append(lines, e.GetName()+"="+e.GetValue())
	}
	return lines
}

func TestLockingTheLogIsNoPartOfApply(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	if err := provision.LockLog(t.Context(), w.Clients, s, provision.AuditBucket); err == nil {
		t.Error("locked what is not there")
	}
	w.done(s)
	if w.bucket().GetLocked() {
		t.Fatal("apply locked the bucket")
	}
	for _, wrong := range []string{"", "audit", "toh-audit "} {
		if err := provision.LockLog(t.Context(), w.Clients, s, wrong); err == nil || w.bucket().GetLocked() {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	w.changeBucket(&loggingpb.LogBucket{RetentionDays: 30}, "retention_days")
	err := provision.LockLog(t.Context(), w.Clients, s, provision.AuditBucket)
	if err == nil || w.bucket().GetLocked() {
		t.Fatalf("locked with 30 days: %v", err)
	}
	w.done(s)
	err = provision.LockLog(t.Context(), w.Clients, s, provision.AuditBucket)
	if err != nil || !w.bucket().GetLocked() {
		t.Fatalf("%v", err)
	}
	err = provision.LockLog(t.Context(), w.Clients, s, provision.AuditBucket)
	if !errors.Is(err, provision.ErrLocked) {
		t.Errorf("again: %v", err)
	}
	if sum := w.done(s); sum.Changed != 0 {
		t.Errorf("a locked bucket: %s", sum)
	}
}

func TestClientsAndSpecificationAreOfOneProject(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	s.Project = "opera-house-2"
	if _, err := provision.Plan(t.Context(), w.Clients, s); err == nil {
		t.Error("planned another project")
	}
}
