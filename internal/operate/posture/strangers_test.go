package posture_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	iamadmin "cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	logviews "google.golang.org/api/logging/v2"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// What is in the project besides what the installation created, and could reach data.

const (
	helper         = "us-docker.pkg.dev/cloudrun/container/hello"
	othersDatabase = "T1 T7 T13 G15 O2"
	ownProgram     = "T1 T6 G1"
)

// service creates another service that runs as an account.
func (w *world) service(id, account string) { w.serviceIn(location, id, account) }

func (w *world) serviceIn(location, id, account string) {
	w.t.Helper()
	op, err := w.Run.CreateService(w.t.Context(), &runpb.CreateServiceRequest{Parent: location, ServiceId: id,
		Service: &runpb.Service{
			Ingress: runpb.IngressTraffic_INGRESS_TRAFFIC_ALL, InvokerIamDisabled: true,
			Template: &runpb.RevisionTemplate{ServiceAccount: account, Containers: []*runpb.Container{{Image: helper}}},
		}})
	waited(w, op, err)
}

func (w *world) noService(id string) { w.noServiceIn(location, id) }

func (w *world) noServiceIn(location, id string) {
	w.t.Helper()
	op, err := w.Run.DeleteService(w.t.Context(), &runpb.DeleteServiceRequest{Name: location + "/services/" + id})
	waited(w, op, err)
}

// jobs is the client for jobs, of which the installation has none.
func (w *world) jobs() *run.JobsClient {
	w.t.Helper()
	c := got[*run.JobsClient](w)(run.NewJobsClient(w.t.Context(), tabletest.ClientOptions(w.cloud.Conn())...))
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (w *world) job(location, account string) {
	w.t.Helper()
	op, err := w.jobs().CreateJob(w.t.Context(), &runpb.CreateJobRequest{Parent: location, JobId: "mine",
		Job: &runpb.Job{
			Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{ServiceAccount: account,
				Containers: []*runpb.Container{{Image: helper}}}},
		}})
	waited(w, op, err)
}

func anotherJob(location, account string) deviation {
	return deviation{func(w *world) { w.job(location, account+mine) }, func(w *world) {
		op, err := w.jobs().DeleteJob(w.t.Context(), &runpb.DeleteJobRequest{Name: location + "/jobs/mine"})
		waited(w, op, err)
	}, "T6", []string{"Cloud Run job " + location + "/jobs/mine runs as " + account + mine}}
}

// elsewhere is another region, in which the installation has nothing.
const elsewhere = project + "/locations/us-east1"

func serviceElsewhere(id, account string) deviation {
	return deviation{func(w *world) {
		w.serviceIn(elsewhere, id, account+mine)
	}, func(w *world) { w.noServiceIn(elsewhere, id) }, "T6 G5",
		[]string{elsewhere + "/services/" + id + " runs as " + account + mine}}
}

// anotherBackup is a backup that outlives a database which was not ours.
func anotherBackup(region string) deviation {
	var name string
	return deviation{func(w *world) {
		w.database("copy", region, "")
		b, err := w.cloud.Firestore().BackUp(w.t.Context(), project+"/databases/copy", days)
		w.must(err)
		name = b.GetName()
		op, err := w.Databases.DeleteDatabase(w.t.Context(), &adminpb.DeleteDatabaseRequest{Name: project +
			"/databases/copy"})
		waited(w, op, err)
	}, func(w *world) {
		w.must(w.Databases.DeleteBackup(w.t.Context(), &adminpb.DeleteBackupRequest{Name: name}))
	}, "T13", []string{"/locations/" + region + "/backups/", " is of " + project + "/databases/copy"}}
}

func anotherView(filter, shows string) deviation {
	name := location + "/buckets/toh-audit/views/mine"
	return deviation{func(w *world) {
		_, err := w.LogConfig.CreateView(w.t.Context(), &loggingpb.CreateViewRequest{Parent: location +
			"/buckets/toh-audit", ViewId: "mine", View: &loggingpb.LogView{Filter: filter}})
		w.must(err)
	}, func(w *world) {
		w.must(w.LogConfig.DeleteView(w.t.Context(), &loggingpb.DeleteViewRequest{Name: name}))
	}, "T6 T9", []string{"log view " + name + " shows " + shows}}
}

// controlsView changes what the view of the controls shows.
func (w *world) controlsView(filter string) {
	_, err := w.LogConfig.UpdateView(w.t.Context(), &loggingpb.UpdateViewRequest{Name: location +
		"/buckets/toh-audit/views/controls", View: &loggingpb.LogView{Filter: filter},
		UpdateMask: fields("filter")})
	w.must(err)
}

// viewPolicy sets who may use the view of the controls, besides by roles on the project.
func (w *world) viewPolicy(members ...string) {
	p := &logviews.Policy{}
	if len(members) > 0 {
		p.Bindings = []*logviews.Binding{{Role: "roles/logging.viewAccessor", Members: members}}
	}
	_, err := w.LogViews.Projects.Locations.Buckets.Views.SetIamPolicy(location+"/buckets/toh-audit/views/controls",
		&logviews.SetIamPolicyRequest{Policy: p}).Context(w.t.Context()).Do()
	w.must(err)
}

// database makes another database.
func (w *world) database(id, region, key string) {
	w.t.Helper()
	d := &adminpb.Database{LocationId: region, Type: adminpb.Database_FIRESTORE_NATIVE}
	if key != "" {
		d.CmekConfig = &adminpb.Database_CmekConfig{KmsKeyName: key}
	}
	op, err := w.Databases.CreateDatabase(w.t.Context(), &adminpb.CreateDatabaseRequest{Parent: project, DatabaseId: id,
		Database: d})
	waited(w, op, err)
}

// role creates a custom role in the project.
func (w *world) role(id string, permissions ...string) {
	w.t.Helper()
	_, err := w.Accounts.CreateRole(w.t.Context(), &iamadmin.CreateRoleRequest{Parent: project, RoleId: id,
		Role: &iamadmin.Role{Title: id, IncludedPermissions: permissions}})
	w.must(err)
}

// until grants a role that ends by itself.
func (w *world) until(role, member string, wait time.Duration) {
	w.t.Helper()
	w.onlyIf(role, member, fmt.Sprintf("request.time < timestamp(%q)", testclock.Now().Add(wait).UTC().
		Format(time.RFC3339)))
}

func (w *world) onlyIf(role, member, expression string) {
	w.t.Helper()
	changePolicy(project, func(p *iampb.Policy) {
		p.Bindings = append(p.Bindings, &iampb.Binding{Role: role, Members: []string{member},
			Condition: &expr.Expr{Title: "for a time", Expression: expression}})
	})(w)
}

// noneFor removes everything on the project from a member.
func noneFor(member string) func(*world) {
	return changePolicy(project, func(p *iampb.Policy) {
		for _, b := range p.GetBindings() {
			b.Members = slices.DeleteFunc(b.Members, func(m string) bool { return m == member })
		}
		p.Bindings = slices.DeleteFunc(p.Bindings, func(b *iampb.Binding) bool { return len(b.GetMembers()) == 0 })
	})
}

func anotherService(account string) deviation {
	return deviation{func(w *world) {
		w.service("mine", account+mine)
	}, func(w *world) { w.noService("mine") }, "T6 G5", []string{"services/mine runs as " + account + mine}}
}

func anotherDatabase(id, region, key, under string) deviation {
	return deviation{func(w *world) { w.database(id, region, key) }, func(w *world) {
		op, err := w.Databases.DeleteDatabase(w.t.Context(), &adminpb.DeleteDatabaseRequest{Name: project +
			"/databases/" + id})
		waited(w, op, err)
	}, othersDatabase, []string{"databases/" + id + " exists, lies in " + region + " and is encrypted under " + under}}
}

func anotherReader(topic string) deviation {
	return deviation{func(w *world) {
		_, err := w.Subscriptions.CreateSubscription(w.t.Context(), &pubsubpb.Subscription{Name: project +
			"/subscriptions/mine", Topic: project + "/topics/" + topic})
		w.must(err)
	}, deleteSubscription("mine"), "T6", []string{"topics/" + topic + " is also read by " + project +
		"/subscriptions/mine"}}
}

func container(change func(*runpb.Container), says string) deviation {
	return deviation{changeService("toh-web", func(s *runpb.Service) { change(s.Template.Containers[0]) }),
		changeService("toh-web", func(s *runpb.Service) {
			s.Template.Containers[0].Command, s.Template.Containers[0].Args = nil, nil
		}), ownProgram, []string{says}}
}

func anotherSink(filter string) deviation {
	return deviation{func(w *world) {
		_, err := w.LogConfig.CreateSink(w.t.Context(), &loggingpb.CreateSinkRequest{Parent: project,
			Sink: &loggingpb.LogSink{
				Name: "mine", Filter: filter, Destination: "logging.googleapis.com/" + project +
					"/locations/global/buckets/_Default"}})
		w.must(err)
	}, func(w *world) {
		w.must(w.LogConfig.DeleteSink(w.t.Context(), &loggingpb.DeleteSinkRequest{SinkName: project + "/sinks/mine"}))
	}, "T9", []string{"sinks/mine also takes entries of the trail"}}
}

var strangerDeviations = map[string]deviation{
	"another service as the web":   anotherService("toh-web"),
	"another service as the tasks": anotherService("toh-tasks"),
	"another service as the build": anotherService("toh-build"),
	"ours in another region":       serviceElsewhere("toh-web", "toh-web"),
	"another service elsewhere":    serviceElsewhere("mine", "toh-tasks"),
	"a job as the web":             anotherJob(location, "toh-web"),
	"a job elsewhere":              anotherJob(elsewhere, "toh-tasks"),
	"a backup of another database": anotherBackup(region),
	"a backup elsewhere":           anotherBackup("us-east1"),
	"a view of all of the trail":   anotherView("", "everything"),
	"a view of some of the trail":  anotherView(`log_id("audit")`, `log_id("audit")`),
	"the controls' view shows more": {func(w *world) { w.controlsView("") }, func(w *world) {
		w.controlsView(`log_id("audit")`)
	}, "T6 T9", []string{"views/controls shows everything of the trail"}},
	"somebody may use the controls' view": {func(w *world) { w.viewPolicy(human) }, func(w *world) {
		w.viewPolicy()
	}, "T6 G9 G12 O4", []string{"log view " + location + "/buckets/toh-audit/views/controls gives " +
		"roles/logging.viewAccessor to " + human}},
	"another command": container(func(c *runpb.Container) {
		c.Command = []string{"/bin/sh", "-c", "sleep 1"}
	}, "services/toh-web starts /bin/sh -c sleep 1 in "),
	"other arguments": container(func(c *runpb.Container) {
		c.Args = []string{"--config=/x"}
	}, "services/toh-web starts --config=/x in "),
	"the default database":          anotherDatabase("(default)", region, "", "Google's own key"),
	"a database under Google's key": anotherDatabase("copy", region, "", "Google's own key"),
	"a database elsewhere":          anotherDatabase("copy-us", "us-east1", "", "Google's own key"),
	"a database under our own key": anotherDatabase("copy-ours", region, keyRing+"/cryptoKeys/data", keyRing+
		"/cryptoKeys/data"),
	"a drill's under Google's key":    anotherDatabase("drill-copy", region, "", "Google's own key"),
	"a drill's elsewhere":             anotherDatabase("drill-copy-us", "us-east1", "", "Google's own key"),
	"a second reader of tasks":        anotherReader("toh-tasks"),
	"a second reader of ticks":        anotherReader("toh-tick"),
	"a second reader of dead letters": anotherReader("toh-dead-letters"),
	"a second place for all logs":     anotherSink(""),
	"a second place for the trail":    anotherSink(`log_id("audit")`),
	"a sidecar": {changeService("toh-web", func(s *runpb.Service) {
		s.Template.Containers[0].Ports = []*runpb.ContainerPort{{ContainerPort: 8080}}
		s.Template.Containers = append(s.Template.Containers, &runpb.Container{Name: "helper", Image: helper})
	}), changeService("toh-web", func(s *runpb.Service) {
		s.Template.Containers = s.Template.Containers[:1]
	}), ownProgram, []string{"services/toh-web also runs " + helper}},
}

func ownRole(member, permission, breaks string, n int) deviation {
	id := fmt.Sprintf("mine%d", n)
	return deviation{func(w *world) {
		w.role(id, "run.services.get", permission)
		give(project, project+"/roles/"+id, member)(w)
	}, noneFor(member), breaks, []string{"give " + project + "/roles/" + id + " to " + member +
		", which allows beyond settings: " + permission}}
}

func timed(role, member, expression, breaks string) deviation {
	return deviation{func(w *world) {
		w.onlyIf(role, member, expression)
	}, noneFor(member), breaks, []string{"give " + role + " to " + member}}
}

var personDeviations = map[string]deviation{
	"owner":                   granted(project, "roles/owner", human, "T6 T9 G5 O3"),
	"viewer":                  granted(project, "roles/viewer", "group:all@opera.dev", "T6 G5 O3"),
	"reader of the databases": granted(project, "roles/datastore.viewer", human, "T6 G5 O3"),
	"user of the databases":   granted(project, "roles/datastore.user", "domain:opera.dev", "T6 G5 O3"),
	"restorer of databases":   granted(project, "roles/datastore.restoreAdmin", human, "T6 G5 O3"),
	"secret accessor":         granted(project, "roles/secretmanager.secretAccessor", human, "T6"),
	"run admin":               granted(project, "roles/run.admin", human, "T6"),
	"decrypter":               granted(project, "roles/cloudkms.cryptoKeyDecrypter", human, "T6"),
	"token creator":           granted(project, "roles/iam.serviceAccountTokenCreator", human, "T6"),
	"publisher of tasks":      granted(project+"/topics/toh-tasks", "roles/pubsub.publisher", human, guarded),
	"reader of dead letters": granted(project+"/subscriptions/toh-dead-letters-pull", "roles/pubsub.subscriber",
		human, guarded),
	"developer of the web":     granted(location+"/services/toh-web", "roles/run.developer", human, guarded),
	"writer of images":         granted(location+"/repositories/toh", "roles/artifactregistry.writer", human, guarded),
	"own role reads documents": ownRole(human, "datastore.entities.get", "T6 G5 O3", 1),
	"own role lists documents": ownRole(otherMember, "datastore.entities.list", "T6 G5 O3", 2),
	"own role reads secrets":   ownRole(human, "secretmanager.versions.access", "T6", 3),
	"own role reads logs":      ownRole(human, "logging.privateLogEntries.list", "T6", 4),
	"own role signs":           ownRole(human, "cloudkms.cryptoKeyVersions.useToSign", "T6 T9", 5),
	"for more than a week": timed("roles/datastore.viewer", human, fmt.Sprintf("request.time < timestamp(%q)",
		testclock.Now().Add(8*days).UTC().Format(time.RFC3339)), "T6 G5 O3"),
	"from a time on": timed("roles/datastore.viewer", human,
		`request.time > timestamp("2020-01-01T00:00:00Z")`, "T6 G5 O3"),
	"for a time or always": timed("roles/cloudkms.admin", human,
		`request.time < timestamp("2020-01-01T00:00:00Z") || true`, "T6"),
	"a program for a time": timed("roles/datastore.viewer", otherMember, fmt.Sprintf("request.time < timestamp(%q)",
		testclock.Now().Add(hour).UTC().Format(time.RFC3339)), "T6 G5 O3"),
}

func blind(id string, change func(*monitoringpb.AlertPolicy)) deviation {
	return deviation{changeAlert(id, change), nil, "G19 O7 O12", []string{"alertPolicies/toh=" + id +
		" is on, and fires on ", "at the latest"}}
}

func threshold(p *monitoringpb.AlertPolicy) *monitoringpb.AlertPolicy_Condition_MetricThreshold {
	return p.Conditions[0].GetConditionThreshold()
}

// blindDeviations are alerts and log metrics that exist and are on, but see nothing.
var blindDeviations = map[string]deviation{
	"absurd threshold": blind("denials", func(p *monitoringpb.AlertPolicy) { threshold(p).ThresholdValue = 1e9 }),
	"one look is none": blind("looked-at-data", func(p *monitoringpb.AlertPolicy) { threshold(p).ThresholdValue = 1 }),
	"never below":      blind("not-ready", func(p *monitoringpb.AlertPolicy) { threshold(p).ThresholdValue = 0.001 }),
	"the other way": blind("crash", func(p *monitoringpb.AlertPolicy) {
		threshold(p).Comparison = monitoringpb.ComparisonType_COMPARISON_LT
	}),
	"after a day": blind("trail-late", func(p *monitoringpb.AlertPolicy) {
		threshold(p).Duration = durationpb.New(23 * hour)
	}),
	"of another metric": blind("jobs-failed", func(p *monitoringpb.AlertPolicy) {
		threshold(p).Filter = `metric.type="logging.googleapis.com/user/toh-crashes" AND resource.type="cloud_run_revision"`
	}),
	"of one kind of things": blind("rules-changed", func(p *monitoringpb.AlertPolicy) {
		threshold(p).Filter = `metric.type="logging.googleapis.com/user/toh-rules-changed" AND resource.type="pubsub_topic"`
	}),
	"the lowest point": blind("tasks-waiting", func(p *monitoringpb.AlertPolicy) {
		threshold(p).Aggregations[0].PerSeriesAligner = monitoringpb.Aggregation_ALIGN_MIN
	}),
	"both must hold": blind("guessing", func(p *monitoringpb.AlertPolicy) {
		more := threshold(p)
		p.Combiner = monitoringpb.AlertPolicy_AND
		p.Conditions = append(p.Conditions, &monitoringpb.AlertPolicy_Condition{DisplayName: "never",
			Condition: &monitoringpb.AlertPolicy_Condition_ConditionThreshold{
				ConditionThreshold: &monitoringpb.AlertPolicy_Condition_MetricThreshold{Filter: more.Filter,
					Aggregations: more.Aggregations, Comparison: more.Comparison, ThresholdValue: 1e9,
					Duration: more.Duration}}})
	}),
	"counts less": {func(w *world) {
		name := project + "/metrics/toh-rules-changed"
		m := got[*loggingpb.LogMetric](w)(w.LogMetrics.GetLogMetric(w.t.Context(),
			&loggingpb.GetLogMetricRequest{MetricName: name}))
		m.Filter += ` AND NOT protoPayload.authenticationInfo.principalEmail="someone@opera.dev"`
		_, err := w.LogMetrics.UpdateLogMetric(w.t.Context(), &loggingpb.UpdateLogMetricRequest{MetricName: name,
			Metric: m})
		w.must(err)
	}, nil, "G19 O12", []string{"metrics/toh-rules-changed counts "}},
}

// called makes the latest revision callable in another way than by being the latest, after the service has moved on to
// another one.
func called(change func(*runpb.Service), percent int32, tag string) func(*world) {
	return func(w *world) {
		changeService("toh-web", change)(w)
		s := got[*runpb.Service](w)(w.Run.GetService(w.t.Context(), &runpb.GetServiceRequest{Name: location +
			"/services/toh-web"}))
		old := s.GetLatestCreatedRevision()[len(s.GetName()+"/revisions/"):]
		changeService("toh-web", func(s *runpb.Service) {
			s.Template.Containers[0].Command, s.Template.Containers[0].Image, s.Template.ServiceAccount = nil, helper,
				"toh-web"+mine
			s.Template.Labels = map[string]string{"goes": "on"}
			s.Traffic = []*runpb.TrafficTarget{
				{Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: 100 - percent},
				{Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION, Revision: old,
					Percent: percent, Tag: tag},
			}
		})(w)
	}
}

func stillCalled(change func(*runpb.Service), percent int32, tag, breaks, says string) deviation {
	return deviation{called(change, percent, tag), changeService("toh-web", func(s *runpb.Service) {
		s.Traffic = []*runpb.TrafficTarget{
			{Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: 100}}
		s.Template.Labels = nil
	}), breaks, []string{"Cloud Run revision " + location + "/services/toh-web/revisions/toh-web-", says}}
}

// revisionDeviations are in older revisions that can still be called.
var revisionDeviations = map[string]deviation{
	"another command at an address": stillCalled(func(s *runpb.Service) {
		s.Template.Containers[0].Command = []string{"/bin/sh"}
	}, 0, "old", ownProgram, " starts /bin/sh in "),
	"another account with a share": stillCalled(func(s *runpb.Service) {
		s.Template.ServiceAccount = "toh-tasks" + mine
	}, 10, "", "T6", " runs as toh-tasks@"),
	"another image with a share": stillCalled(func(s *runpb.Service) {
		s.Template.Containers[0].Image = "docker.io/somebody/toh:1"
	}, 10, "", "T1 G1",
		" runs docker.io/somebody/toh:1"),
}

// TestOlderRevisionsOfOursAreFine: what a deployment leaves behind is as sound as what replaced it.
func TestOlderRevisionsOfOursAreFine(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	called(func(s *runpb.Service) { s.Template.Labels = map[string]string{"before": "now"} }, 0, "c-12345678")(w)
	if r := w.attest(); !r.Sound() {
		t.Errorf("%s", notKept(r))
	}
	changeService("toh-web", func(s *runpb.Service) { s.Template.Containers[0].Command = []string{"/bin/sh"} })(w)
	changeService("toh-web", func(s *runpb.Service) { s.Template.Containers[0].Command = nil })(w)
	if r := w.attest(); !r.Sound() {
		t.Errorf("a revision that nobody can call: %s", notKept(r))
	}
}

// TestEndedRolesBreakNothing: Google leaves a role in the policy when its time is over, and then it gives nobody
// anything. In the last second of its time it still does.
func TestEndedRolesBreakNothing(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	end := testclock.Now().Add(hour).Truncate(time.Second)
	expression := fmt.Sprintf("request.time < timestamp(%q)", end.Format(time.RFC3339))
	for _, member := range []string{human, otherMember, webMember} {
		w.onlyIf("roles/owner", member, expression)
	}
	give := func(p *iampb.Policy) {
		p.Version = 3
		p.Bindings = append(p.Bindings, &iampb.Binding{Role: "roles/cloudkms.signer", Members: []string{webMember},
			Condition: &expr.Expr{Title: "for a time", Expression: expression}})
	}
	changePolicy(keyRing+"/cryptoKeys/audit-signing", give)(w)
	before, err := w.look(at(end.Add(-time.Second)))
	if err != nil || brokenOf(before) != "T6 T9 G5 G9 G12 O3 O4" {
		t.Errorf("before: %v, %q: %s", err, brokenOf(before), notKept(before))
	}
	after, err := w.look(at(end))
	if err != nil || !after.Sound() {
		t.Errorf("after: %v, %s", err, notKept(after))
	}
}
