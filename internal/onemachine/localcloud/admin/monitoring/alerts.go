package monitoring

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

const (
	maxDisplayName = 512
	maxConditions  = 6
)

// alerts serves google.monitoring.v3.AlertPolicyService.
type alerts struct {
	monitoringpb.UnimplementedAlertPolicyServiceServer
	*Server
}

// CreateAlertPolicy makes a policy.
func (s alerts) CreateAlertPolicy(_ context.Context, req *monitoringpb.CreateAlertPolicyRequest) (
	*monitoringpb.AlertPolicy, error) {
	return s.policies.Create(req.GetName(), newNumber(), req.GetAlertPolicy(), false)
}

// GetAlertPolicy returns a policy.
func (s alerts) GetAlertPolicy(_ context.Context, req *monitoringpb.GetAlertPolicyRequest) (*monitoringpb.AlertPolicy,
	error) {
	return s.policies.Get(req.GetName())
}

// ListAlertPolicies lists the policies of a project.
func (s alerts) ListAlertPolicies(_ context.Context, req *monitoringpb.ListAlertPoliciesRequest) (
	*monitoringpb.ListAlertPoliciesResponse, error) {
	f, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	items, next, total, err := s.policies.ListWhere(req.GetName(), func(p *monitoringpb.AlertPolicy) bool {
		return f.match(p)
	}, req.GetPageSize(), req.GetPageToken())
	return &monitoringpb.ListAlertPoliciesResponse{AlertPolicies: items, NextPageToken: next, TotalSize: total}, err
}

// UpdateAlertPolicy changes a policy.
func (s alerts) UpdateAlertPolicy(_ context.Context, req *monitoringpb.UpdateAlertPolicyRequest) (
	*monitoringpb.AlertPolicy, error) {
	return s.policies.Update(req.GetAlertPolicy().GetName(), req.GetAlertPolicy(), req.GetUpdateMask(), false)
}

// DeleteAlertPolicy removes a policy.
func (s alerts) DeleteAlertPolicy(_ context.Context, req *monitoringpb.DeleteAlertPolicyRequest) (*emptypb.Empty,
	error) {
	_, err := s.policies.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

func (s *Server) settlePolicy(c crud.Change[*monitoringpb.AlertPolicy]) error {
	if c.Next == nil {
		return nil
	}
	if err := s.checkPolicy(c.Next); err != nil {
		return err
	}
	if err := nameConditions(c.Next, c.Old); err != nil {
		return err
	}
	if c.Next.GetEnabled() == nil {
		c.Next.Enabled = wrapperspb.Bool(true)
	}
	c.Next.MutationRecord = &monitoringpb.MutationRecord{MutateTime: timestamppb.New(s.clock.Now())}
	if c.Old == nil {
		c.Next.CreationRecord = &monitoringpb.MutationRecord{MutateTime: timestamppb.New(s.clock.Now())}
	}
	return nil
}

// nameConditions names the new conditions; one that already has a name must be one that the policy had.
func nameConditions(next, old *monitoringpb.AlertPolicy) error {
	for _, condition := range next.GetConditions() {
		if condition.GetName() == "" {
			condition.Name = next.GetName() + "/conditions/" + newNumber()
			continue
		}
		had := func(c *monitoringpb.AlertPolicy_Condition) bool { return c.GetName() == condition.GetName() }
		if !slices.ContainsFunc(old.GetConditions(), had) {
			return invalid("conditions: the policy has no condition %q.", condition.GetName())
		}
	}
	return nil
}

func (s *Server) checkPolicy(p *monitoringpb.AlertPolicy) error {
	n := len(p.GetConditions())
	switch {
	case p.GetDisplayName() == "" || utf8.RuneCountInString(p.GetDisplayName()) > maxDisplayName:
		return invalid("display_name must have 1 to %d characters.", maxDisplayName)
	case n == 0 || n > maxConditions:
		return invalid("conditions has %d entries; it must have 1 to %d.", n, maxConditions)
	case p.GetCombiner() == monitoringpb.AlertPolicy_COMBINE_UNSPECIFIED:
		return invalid("combiner is required.")
	}
	if err := label.Check(p.GetUserLabels()); err != nil {
		return err
	}
	for _, channel := range p.GetNotificationChannels() {
		if _, err := s.channels.Get(channel); err != nil {
			return err
		}
	}
	for _, condition := range p.GetConditions() {
		if err := s.checkCondition(p, condition); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) checkCondition(p *monitoringpb.AlertPolicy, c *monitoringpb.AlertPolicy_Condition) error {
	if c.GetDisplayName() == "" {
		return invalid("conditions: display_name is required.")
	}
	switch {
	case c.GetConditionThreshold() != nil:
		return s.checkThreshold(project.Of(p.GetName()), c.GetConditionThreshold())
	case c.GetConditionAbsent() != nil:
		return checkSeriesFilter(c.GetConditionAbsent().GetFilter())
	case c.GetConditionMatchedLog() != nil:
		if len(p.GetConditions()) > 1 {
			return invalid("conditions: a condition on logs must be the only one.")
		}
		if p.GetAlertStrategy().GetNotificationRateLimit() == nil {
			return invalid("alert_strategy.notification_rate_limit is required with a condition on logs.")
		}
	case c.GetCondition() == nil:
		return invalid("conditions: %q says nothing to look for.", c.GetDisplayName())
	}
	return nil
}

func (s *Server) checkThreshold(in string, t *monitoringpb.AlertPolicy_Condition_MetricThreshold) error {
	if t.GetComparison() != monitoringpb.ComparisonType_COMPARISON_GT &&
		t.GetComparison() != monitoringpb.ComparisonType_COMPARISON_LT {
		return invalid("condition_threshold.comparison must be COMPARISON_GT or COMPARISON_LT.")
	}
	if t.GetDuration().GetNanos() != 0 || t.GetDuration().GetSeconds()%60 != 0 {
		return invalid("condition_threshold.duration must be whole minutes.")
	}
	for _, a := range slices.Concat(t.GetAggregations(), t.GetDenominatorAggregations()) {
		if a.GetPerSeriesAligner() != monitoringpb.Aggregation_ALIGN_NONE && a.GetAlignmentPeriod().GetSeconds() < 60 {
			return invalid("condition_threshold.aggregations: alignment_period must be at least 60s.")
		}
	}
	if strings.HasPrefix(t.GetFilter(), "select_slo_") {
		return s.checkObjectiveFilter(in, t.GetFilter())
	}
	return checkSeriesFilter(t.GetFilter())
}

// checkSeriesFilter does not parse the filter; it only looks for the two parts that Google requires.
func checkSeriesFilter(text string) error {
	if !strings.Contains(text, "metric.type") || !strings.Contains(text, "resource.type") {
		return invalid("The filter %q must specify the metric type and the resource type.", text)
	}
	return nil
}

// checkObjectiveFilter finds the objective that a filter like select_slo_burn_rate("projects/…", "1h") selects.
func (s *Server) checkObjectiveFilter(in, text string) error {
	_, rest, _ := strings.Cut(text, `("`)
	name, _, ok := strings.Cut(rest, `"`)
	if !ok || project.Of(name) != in {
		return invalid("The filter %q names no objective of the project.", text)
	}
	if _, err := s.objectives.Get(name); err != nil {
		return status.Errorf(codes.InvalidArgument, "The filter %q names an objective that is not there.", text)
	}
	return nil
}
