package posture

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
)

const trailDays = 14

// trailFilter selects the product's trail and access to data past the product.
const trailFilter = `log_id("audit") OR (log_id("cloudaudit.googleapis.com/data_access") AND ` +
	`protoPayload.serviceName=("firestore.googleapis.com" OR "cloudkms.googleapis.com" OR "secretmanager.googleapis.com" OR "storage.googleapis.com"))`

func sameFilter(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

func logBucket(ctx context.Context, c *cloud, f *findings, expected string) (*loggingpb.LogBucket, bool) {
	t := c.logBucket()
	return look(ctx, c, f, ofLogging, t, expected, func(ctx context.Context) (*loggingpb.LogBucket, error) {
		return c.LogConfig.GetBucket(ctx, &loggingpb.GetBucketRequest{Name: t.name})
	})
}

func trailKept(ctx context.Context, c *cloud, f *findings) {
	b, ok := logBucket(ctx, c, f, "entries kept exactly 14 days")
	if !ok {
		return
	}
	t := c.logBucket()
	f.expect(b.GetRetentionDays() == trailDays, t, fmt.Sprintf("keeps entries %d days; locked: %s",
		b.GetRetentionDays(), yes(b.GetLocked())), "exactly 14 days")
	f.expect(b.GetLifecycleState() == loggingpb.LifecycleState_ACTIVE, t, "is "+b.GetLifecycleState().String(),
		"ACTIVE")
	if !b.GetLocked() {
		f.remark(t, "is not locked", "locked with tohctl log-lock, so that nobody can shorten it; it cannot be undone")
	}
}

func trailEncrypted(ctx context.Context, c *cloud, f *findings) {
	if b, ok := logBucket(ctx, c, f, "a key of ours"); ok {
		underDataKey(c, f, c.logBucket(), b.GetCmekSettings().GetKmsKeyName())
	}
}

func sinks(ctx context.Context, c *cloud, f *findings, expected string) (map[string]*loggingpb.LogSink, bool) {
	list, ok := look(ctx, c, f, ofLogging, thing{"log sinks of", c.project().name}, expected,
		func(ctx context.Context) ([]*loggingpb.LogSink, error) {
			return all(c.LogConfig.ListSinks(ctx, &loggingpb.ListSinksRequest{Parent: c.project().name}).Next)
		})
	found := map[string]*loggingpb.LogSink{}
	for _, s := range list {
		found[s.GetName()] = s
	}
	return found, ok
}

// trailRouted: all entries go to the bucket.
func trailRouted(ctx context.Context, c *cloud, f *findings) {
	found, ok := sinks(ctx, c, f, "a sink for the trail")
	if !ok {
		return
	}
	t := c.sink("toh-audit")
	s := found["toh-audit"]
	if s == nil {
		f.missing(t, "a sink into "+c.logBucket().name)
		return
	}
	f.expect(!s.GetDisabled(), t, "is switched off: "+yes(s.GetDisabled()), "no")
	f.expect(sameFilter(s.GetFilter(), trailFilter), t, "has the filter "+orNone(s.GetFilter()), trailFilter)
	f.expect(s.GetDestination() == "logging.googleapis.com/"+c.logBucket().name, t, "writes to "+s.GetDestination(),
		"logging.googleapis.com/"+c.logBucket().name)
	n := 0
	for _, x := range s.GetExclusions() {
		if !x.GetDisabled() {
			n++
		}
	}
	f.expect(n == 0, t, "leaves entries out by "+plural(n, "exclusion"), "none")
}

// trailNowhereElse: the same entries are not also kept, for longer, in the project's default bucket.
func trailNowhereElse(ctx context.Context, c *cloud, f *findings) {
	found, ok := sinks(ctx, c, f, "an exclusion from _Default")
	if !ok {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		s := found[name]
		if name != "toh-audit" && !strings.HasPrefix(name, "_") &&
			(s.GetFilter() == "" || strings.Contains(s.GetFilter(), "audit")) {
			f.expect(s.GetDisabled(), c.sink(name), "also takes entries of the trail, to "+s.GetDestination(),
				"no second place for the trail")
		}
	}
	t, s := c.sink("_Default"), found["_Default"]
	if s == nil || s.GetDisabled() {
		f.expect(true, t, "writes nothing", "the trail left out")
		return
	}
	at := slices.IndexFunc(s.GetExclusions(), func(x *loggingpb.LogExclusion) bool {
		return !x.GetDisabled() && sameFilter(x.GetFilter(), trailFilter)
	})
	f.expect(at >= 0, t, "leaves the trail out: "+yes(at >= 0), "an exclusion that is on, with the filter "+trailFilter)
}

// controlsFilter is what the view of the controls shows: the product's trail, and nothing else that is in the bucket.
const controlsFilter = `log_id("audit")`

// trailViews: whoever may use a view of the bucket can read the trail through it, and the project's roles do not show
// who that is.
func trailViews(ctx context.Context, c *cloud, f *findings) {
	t := thing{"views of", c.logBucket().name}
	expected := "no view but " + allLogs + " and that of the controls"
	list, ok := look(ctx, c, f, ofLogging, t, expected, func(ctx context.Context) ([]*loggingpb.LogView,
		error) {
		return all(c.LogConfig.ListViews(ctx, &loggingpb.ListViewsRequest{Parent: c.logBucket().name}).Next)
	})
	if !ok {
		return
	}
	for _, v := range list {
		ours := v.GetName() == c.controlsView() && sameFilter(v.GetFilter(), controlsFilter)
		f.expect(ours || short(v.GetName()) == allLogs, thing{"log view", v.GetName()}, "shows "+
			cmp.Or(v.GetFilter(), "everything")+" of the trail", expected)
	}
	f.expect(true, t, "are "+fmt.Sprint(len(list)), expected)
}

// allLogs is the view that Google creates with a bucket; whoever may use it has a role on the project.
const allLogs = "_AllLogs"

// looked are the services through which a person could access data, with those of our accounts whose access is in the
// trail already.
var looked = []struct {
	service string
	exempt  []string
}{
	{"datastore.googleapis.com", []string{webAccount, tasksAccount}},
	{"storage.googleapis.com", []string{webAccount, tasksAccount}},
	{"cloudkms.googleapis.com", nil},
	{"secretmanager.googleapis.com", nil},
}

// looksLogged: every access to data past the product is logged, with nobody exempted.
func looksLogged(ctx context.Context, c *cloud, f *findings) {
	p, ok := projectPolicy(ctx, c, f, "looks at data are logged")
	if !ok {
		return
	}
	for _, l := range looked {
		t := thing{"log of looks at data", c.project().name + "/auditConfigs/" + l.service}
		for _, kind := range []iampb.AuditLogConfig_LogType{iampb.AuditLogConfig_DATA_READ,
			iampb.AuditLogConfig_DATA_WRITE} {
			logged, exempt := auditing(p, l.service, kind)
			f.expect(logged, t, kind.String()+" is logged: "+yes(logged), "yes")
			var bad []string
			for _, m := range exempt {
				if account, ours := strings.CutPrefix(m, "serviceAccount:"); !ours || !slices.ContainsFunc(l.exempt,
					func(a string) bool {
						return c.email(a) == account
					}) {
					bad = append(bad, m)
				}
			}
			f.expect(len(bad) == 0, t, kind.String()+" leaves out "+orNone(strings.Join(bad, ", ")),
				"nobody whose looks are not in the trail")
		}
	}
}

// auditing is the audit configuration of a service and of all services, together.
func auditing(p *iampb.Policy, service string, kind iampb.AuditLogConfig_LogType) (logged bool, exempt []string) {
	for _, a := range p.GetAuditConfigs() {
		if a.GetService() != service && a.GetService() != "allServices" {
			continue
		}
		for _, l := range a.GetAuditLogConfigs() {
			if l.GetLogType() == kind {
				logged, exempt = true, append(exempt, l.GetExemptedMembers()...)
			}
		}
	}
	return logged, exempt
}

// trailWritable: both services may write to Cloud Logging.
func trailWritable(ctx context.Context, c *cloud, f *findings) {
	p, ok := projectPolicy(ctx, c, f, "the services may write logs")
	if !ok {
		return
	}
	for _, a := range []string{webAccount, tasksAccount} {
		has := slices.ContainsFunc(p.GetBindings(), func(b *iampb.Binding) bool {
			return b.GetRole() == "roles/logging.logWriter" && b.GetCondition() == nil &&
				slices.Contains(b.GetMembers(), c.member(a))
		})
		f.expect(has, c.account(a), "may write to Cloud Logging: "+yes(has), "roles/logging.logWriter on the project")
	}
}
