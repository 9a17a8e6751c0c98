package monitoring_test

import (
	"testing"
	"time"

	api "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	boards "cloud.google.com/go/monitoring/dashboard/apiv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/monitoring"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const parent = "projects/tiny-opera"

type world struct {
	alerts   *api.AlertPolicyClient
	channels *api.NotificationChannelClient
	checks   *api.UptimeCheckClient
	services *api.ServiceMonitoringClient
	metrics  *api.MetricClient
	boards   *boards.DashboardsClient
}

func open(t *testing.T, store table.Store) world {
	t.Helper()
	opts := tabletest.ClientOptions(tabletest.Conn(monitoring.New(store, modeltest.NewClock(time.Time{})).Register))
	ctx := t.Context()
	return world{
		alerts:   tabletest.Must(api.NewAlertPolicyClient(ctx, opts...))(t),
		channels: tabletest.Must(api.NewNotificationChannelClient(ctx, opts...))(t),
		checks:   tabletest.Must(api.NewUptimeCheckClient(ctx, opts...))(t),
		services: tabletest.Must(api.NewServiceMonitoringClient(ctx, opts...))(t),
		metrics:  tabletest.Must(api.NewMetricClient(ctx, opts...))(t),
		boards:   tabletest.Must(boards.NewDashboardsClient(ctx, opts...))(t),
	}
}

func policy() *monitoringpb.AlertPolicy {
	return &monitoringpb.AlertPolicy{
		DisplayName: "Errors", Combiner: monitoringpb.AlertPolicy_OR, UserLabels: map[string]string{"toh": "errors"},
		Conditions: []*monitoringpb.AlertPolicy_Condition{{
			DisplayName: "Many", Condition: &monitoringpb.AlertPolicy_Condition_ConditionThreshold{
				ConditionThreshold: &monitoringpb.AlertPolicy_Condition_MetricThreshold{
					Filter:     `metric.type = "run.googleapis.com/request_count" AND resource.type = "cloud_run_revision"`,
					Comparison: monitoringpb.ComparisonType_COMPARISON_GT, Duration: durationpb.New(time.Minute),
					Aggregations: []*monitoringpb.Aggregation{{AlignmentPeriod: durationpb.New(time.Minute),
						PerSeriesAligner: monitoringpb.Aggregation_ALIGN_RATE}},
				}},
		}},
	}
}

func (w world) alert(t *testing.T, p *monitoringpb.AlertPolicy) (*monitoringpb.AlertPolicy, error) {
	return w.alerts.CreateAlertPolicy(t.Context(), &monitoringpb.CreateAlertPolicyRequest{Name: parent, AlertPolicy: p})
}

func (w world) channel(t *testing.T, c *monitoringpb.NotificationChannel) (*monitoringpb.NotificationChannel, error) {
	return w.channels.CreateNotificationChannel(t.Context(),
		&monitoringpb.CreateNotificationChannelRequest{Name: parent, NotificationChannel: c})
}

func topicChannel() *monitoringpb.NotificationChannel {
	return &monitoringpb.NotificationChannel{Type: "pubsub", DisplayName: "Alarms",
		Labels: map[string]string{"topic": parent + "/topics/alarms"}}
}

func TestPoliciesStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	given := policy()
	given.CreationRecord = &monitoringpb.MutationRecord{MutatedBy: "me"}
	made := tabletest.Must(open(t, store).alert(t, given))(t)
	if made.GetConditions()[0].GetName() == "" || !made.GetEnabled().GetValue() || made.GetCreationRecord().
		GetMutatedBy() != "" || made.GetCreationRecord().GetMutateTime() == nil {
		t.Errorf("made %v", made)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w := open(t, store)
	if got := tabletest.Must(w.alerts.GetAlertPolicy(t.Context(),
		&monitoringpb.GetAlertPolicyRequest{Name: made.GetName()}))(t); !proto.Equal(got, made) {
		t.Errorf("after reopening %v", got)
	}
	tabletest.Must(w.alert(t, policy()))(t)
	for filter, want := range map[string]int{"": 2, `display_name = "Errors"`: 2,
		`display_name="Errors" AND user_labels.toh = "errors"`: 2, `user_labels.toh=starts_with("err")`: 2,
		`display_name = "Error"`: 0, `user_label.other = "x"`: 0} {
		n := 0
		it := w.alerts.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: parent,
			Filter: filter, PageSize: 1})
		for p, err := it.Next(); err == nil; p, err = it.Next() {
			if n++; p == nil {
				t.Error("an empty policy")
			}
		}
		if n != want {
			t.Errorf("%s: %d policies, want %d", filter, n, want)
		}
	}
	_, err := w.alerts.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: parent,
		Filter: `display_name != "x"`}).Next()
	tabletest.WantCode(t, "a filter that is not served", err, codes.InvalidArgument)
}

func TestPoliciesRefuse(t *testing.T) {
	t.Parallel()
	threshold := func(p *monitoringpb.AlertPolicy) *monitoringpb.AlertPolicy_Condition_MetricThreshold {
		return p.GetConditions()[0].GetConditionThreshold()
	}
	onLogs := func(p *monitoringpb.AlertPolicy) {
		p.Conditions[0].Condition = &monitoringpb.AlertPolicy_Condition_ConditionMatchedLog{
			ConditionMatchedLog: &monitoringpb.AlertPolicy_Condition_LogMatch{Filter: "severity=ERROR"}}
	}
	w := open(t, tabletest.Open(t))
	for what, c := range map[string]struct {
		change func(*monitoringpb.AlertPolicy)
		want   codes.Code
	}{
		"good":         {func(*monitoringpb.AlertPolicy) {}, codes.OK},
		"no name":      {func(p *monitoringpb.AlertPolicy) { p.DisplayName = "" }, codes.InvalidArgument},
		"no condition": {func(p *monitoringpb.AlertPolicy) { p.Conditions = nil }, codes.InvalidArgument},
		"6 conditions": {func(p *monitoringpb.AlertPolicy) { repeat(p, 6) }, codes.OK},
		"7 conditions": {func(p *monitoringpb.AlertPolicy) { repeat(p, 7) }, codes.InvalidArgument},
		"no combiner":  {func(p *monitoringpb.AlertPolicy) { p.Combiner = 0 }, codes.InvalidArgument},
		"empty condition": {func(p *monitoringpb.AlertPolicy) {
			p.Conditions[0].Condition = nil
		}, codes.InvalidArgument},
		"a condition's name": {func(p *monitoringpb.AlertPolicy) {
			p.Conditions[0].Name = "mine"
		}, codes.InvalidArgument},
		"no filter": {func(p *monitoringpb.AlertPolicy) {
			threshold(p).Filter = ""
		}, codes.InvalidArgument},
		"no resource": {func(p *monitoringpb.AlertPolicy) {
			threshold(p).Filter = `metric.type = "x"`
		}, codes.InvalidArgument},
		"equal": {func(p *monitoringpb.AlertPolicy) {
			threshold(p).Comparison = monitoringpb.ComparisonType_COMPARISON_EQ
		}, codes.InvalidArgument},
		"90 seconds": {func(p *monitoringpb.AlertPolicy) {
			threshold(p).Duration = durationpb.New(90 * time.Second)
		}, codes.InvalidArgument},
		"aligned by 59 seconds": {func(p *monitoringpb.AlertPolicy) {
			threshold(p).Aggregations[0].AlignmentPeriod.Seconds = 59
		}, codes.InvalidArgument},
		"bad label": {func(p *monitoringpb.AlertPolicy) {
			p.UserLabels = map[string]string{"A": ""}
		}, codes.InvalidArgument},
		"unknown channel": {func(p *monitoringpb.AlertPolicy) {
			p.NotificationChannels = []string{parent + "/notificationChannels/1"}
		}, codes.NotFound},
		"unknown objective": {func(p *monitoringpb.AlertPolicy) {
			threshold(p).Filter = `select_slo_burn_rate("` + parent + `/services/s/serviceLevelObjectives/o", "1h")`
		}, codes.InvalidArgument},
		"logs without a limit": {onLogs, codes.InvalidArgument},
		"logs": {func(p *monitoringpb.AlertPolicy) {
			onLogs(p)
			p.AlertStrategy = &monitoringpb.AlertPolicy_AlertStrategy{
				NotificationRateLimit: &monitoringpb.AlertPolicy_AlertStrategy_NotificationRateLimit{
					Period: durationpb.New(time.Hour)}}
		}, codes.OK},
	} {
		p := policy()
		c.change(p)
		_, err := w.alert(t, p)
		tabletest.WantCode(t, what, err, c.want)
	}
}

func repeat(p *monitoringpb.AlertPolicy, n int) {
	for len(p.Conditions) < n {
		p.Conditions = append(p.Conditions, proto.CloneOf(p.Conditions[0]))
	}
}

func TestAConditionKeepsItsName(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	made := tabletest.Must(w.alert(t, policy()))(t)
	changed := proto.CloneOf(made)
	changed.Conditions[0].DisplayName = "More"
	changed.Conditions = append(changed.Conditions, policy().Conditions[0])
	got := tabletest.Must(w.alerts.UpdateAlertPolicy(t.Context(),
		&monitoringpb.UpdateAlertPolicyRequest{AlertPolicy: changed,
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"conditions"}}}))(t)
	if got.GetConditions()[0].GetName() != made.GetConditions()[0].GetName() ||
		got.GetConditions()[1].GetName() == "" || got.GetConditions()[0].GetDisplayName() != "More" {
		t.Errorf("changed %v", got)
	}
	if !proto.Equal(got.GetCreationRecord(), made.GetCreationRecord()) {
		t.Errorf("creation record %v", got.GetCreationRecord())
	}
}

func TestChannels(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	for what, bad := range map[string]*monitoringpb.NotificationChannel{
		"no type": {}, "unknown type": {Type: "pigeon"}, "no topic": {Type: "pubsub"}, "no address": {Type: "email",
			Labels: map[string]string{"topic": "x"}},
	} {
		_, err := w.channel(t, bad)
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
	made := tabletest.Must(w.channel(t, topicChannel()))(t)
	changed := proto.CloneOf(made)
	changed.Type = "email"
	_, err := w.channels.UpdateNotificationChannel(t.Context(),
		&monitoringpb.UpdateNotificationChannelRequest{NotificationChannel: changed,
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"type"}}})
	tabletest.WantCode(t, "another type", err, codes.InvalidArgument)
	p := policy()
	p.NotificationChannels = []string{made.GetName()}
	used := tabletest.Must(w.alert(t, p))(t)
	remove := func(force bool) error {
		return w.channels.DeleteNotificationChannel(t.Context(),
			&monitoringpb.DeleteNotificationChannelRequest{Name: made.GetName(), Force: force})
	}
	tabletest.WantCode(t, "a channel in use", remove(false), codes.FailedPrecondition)
	tabletest.WantCode(t, "by force", remove(true), codes.OK)
	tabletest.WantCode(t, "once more", remove(true), codes.NotFound)
	if got := tabletest.Must(w.alerts.GetAlertPolicy(t.Context(),
		&monitoringpb.GetAlertPolicyRequest{Name: used.GetName()}))(t); len(got.GetNotificationChannels()) != 0 {
		t.Errorf("policy %v", got)
	}
}
