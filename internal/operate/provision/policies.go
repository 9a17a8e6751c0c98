package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func (s Spec) alerts() []Resource {
	list := s.uptimeChecks()
	for _, a := range s.policies() {
		list = append(list, s.policy(a))
	}
	return list
}

// ours is the label by which we recognize resources that Google names. tells is the label of policies that were created
// to notify somebody, so that a policy whose channel is gone can be distinguished from one that never had any.
const (
	ours  = "toh"
	tells = "toh-tells"
)

func (s Spec) labels(a alert) map[string]string {
	labels := map[string]string{ours: a.id}
	if s.AlertMail != "" {
		labels[tells] = "operator"
	}
	return labels
}

func (a alert) proto() *monitoringpb.AlertPolicy {
	p := &monitoringpb.AlertPolicy{
		DisplayName: a.title, Severity: a.severity,
		Combiner: monitoringpb.AlertPolicy_OR, Enabled: wrapperspb.Bool(true),
		Documentation: &monitoringpb.AlertPolicy_Documentation{
			MimeType: "text/markdown", Content: fmt.Sprintf("What to do: `%s/%s.md`", Playbooks, a.id)},
	}
	if a.all {
		p.Combiner = monitoringpb.AlertPolicy_AND
	}
	for _, c := range a.when {
		p.Conditions = append(p.Conditions, &monitoringpb.AlertPolicy_Condition{
			DisplayName: c.title, Condition: &monitoringpb.AlertPolicy_Condition_ConditionThreshold{
				ConditionThreshold: c.threshold()}})
	}
	return p
}

func (c condition) threshold() *monitoringpb.AlertPolicy_Condition_MetricThreshold {
	t := &monitoringpb.AlertPolicy_Condition_MetricThreshold{
		Filter: c.filter, Comparison: monitoringpb.ComparisonType_COMPARISON_GT, ThresholdValue: c.above,
		Duration: durationpb.New(c.lasts),
	}
	if c.below {
		t.Comparison = monitoringpb.ComparisonType_COMPARISON_LT
	}
	if c.period > 0 {
		t.Aggregations = []*monitoringpb.Aggregation{{
			AlignmentPeriod: durationpb.New(c.period), PerSeriesAligner: c.aligner, CrossSeriesReducer: c.reducer,
		}}
	}
	return t
}

// policy is an alert policy. Its notification channels are the operator's, except for the one that the specification
// names.
func (s Spec) policy(a alert) Resource {
	want := a.proto()
	want.UserLabels = s.labels(a)
	rs := rules{
		"notification_channels":                          {more: true},
		"conditions.condition_threshold.threshold_value": {zero: true},
	}
	wanted := func(ctx context.Context, c *session) (*monitoringpb.AlertPolicy, error) {
		if s.AlertMail == "" {
			return want, nil
		}
		channel, err := findChannel(ctx, c)
		switch {
		case isMissing(err):
			want.NotificationChannels = []string{"the channel that is to be made"}
		case err != nil:
			return nil, fmt.Errorf("find the notification channel: %w", err)
		default:
			want.NotificationChannels = []string{channel.GetName()}
		}
		return want, nil
	}
	t := thing[*monitoringpb.AlertPolicy]{
		read: func(ctx context.Context, c *session) (*monitoringpb.AlertPolicy, error) {
			have, err := findPolicy(ctx, c, a.id)
			if err != nil {
				return nil, err
			}
			_, err = wanted(ctx, c)
			return have, err
		},
		create: func(ctx context.Context, c *session) error {
			p, err := wanted(ctx, c)
			if err != nil {
				return err
			}
			_, err = c.Alerts.CreateAlertPolicy(ctx, &monitoringpb.CreateAlertPolicyRequest{Name: s.project(),
				AlertPolicy: p})
			return err
		},
		differ: func(have *monitoringpb.AlertPolicy) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *monitoringpb.AlertPolicy, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Alerts.UpdateAlertPolicy(ctx, &monitoringpb.UpdateAlertPolicyRequest{AlertPolicy: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "alert", Name: s.project() + "/alertPolicies/" + ours + "=" + a.id, api: apiMonitoring, look: t.look,
		fresh: true,
		block: s.policyBlock(a),
	}
}

func findPolicy(ctx context.Context, c *session, id string) (*monitoringpb.AlertPolicy, error) {
	it := c.Alerts.ListAlertPolicies(ctx, &monitoringpb.ListAlertPoliciesRequest{Name: c.spec.project()})
	for {
		p, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil, errNotThere
		}
		if err != nil || p.GetUserLabels()[ours] == id {
			return p, err
		}
	}
}

func (s Spec) policyBlock(a alert) block {
	p := a.proto()
	body := []arg{
		set("display_name", a.title), set("combiner", p.GetCombiner().String()), set("severity", a.severity.String()),
		set("user_labels", s.labels(a)),
		sub("documentation", set("mime_type", "text/markdown"), set("content", p.GetDocumentation().GetContent())),
	}
	for _, c := range a.when {
		body = append(body, sub("conditions", set("display_name", c.title), c.block()))
	}
	if s.AlertMail != "" {
		body = append(body, set("notification_channels", ref("[google_monitoring_notification_channel.toh.id]")))
	}
	return tf("google_monitoring_alert_policy", a.id, body...)
}

func (c condition) block() arg {
	t := c.threshold()
	out := sub("condition_threshold", set("filter", t.GetFilter()), set("comparison", t.GetComparison().String()),
		set("threshold_value", t.GetThresholdValue()), set("duration", seconds(c.lasts)))
	for _, g := range t.GetAggregations() {
		out.body = append(out.body,
			sub("aggregations", set("alignment_period", seconds(g.GetAlignmentPeriod().AsDuration())),
				set("per_series_aligner", g.GetPerSeriesAligner().String()),
				set("cross_series_reducer", cmp.Or(g.GetCrossSeriesReducer(), monitoringpb.Aggregation_REDUCE_NONE).
					String())))
	}
	return out
}
