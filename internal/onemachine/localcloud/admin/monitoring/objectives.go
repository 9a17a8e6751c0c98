package monitoring

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

const (
	maxGoal   = 0.9999
	maxPeriod = 30 * 24 * time.Hour
)

// objectives serves google.monitoring.v3.ServiceMonitoringService.
type objectives struct {
	monitoringpb.UnimplementedServiceMonitoringServiceServer
	*Server
}

// CreateService makes a service whose quality has objectives.
func (s objectives) CreateService(_ context.Context, req *monitoringpb.CreateServiceRequest) (*monitoringpb.Service,
	error) {
	return s.services.Create(req.GetParent(), orNumber(req.GetServiceId()), req.GetService(), false)
}

func orNumber(id string) string {
	if id == "" {
		return newNumber()
	}
	return id
}

// GetService returns a service.
func (s objectives) GetService(_ context.Context, req *monitoringpb.GetServiceRequest) (*monitoringpb.Service, error) {
	return s.services.Get(req.GetName())
}

// ListServices lists the services of a project.
func (s objectives) ListServices(_ context.Context, req *monitoringpb.ListServicesRequest) (
	*monitoringpb.ListServicesResponse, error) {
	f, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	items, next, _, err := s.services.ListWhere(req.GetParent(), func(m *monitoringpb.Service) bool {
		return f.match(m)
	}, req.GetPageSize(), req.GetPageToken())
	return &monitoringpb.ListServicesResponse{Services: items, NextPageToken: next}, err
}

// UpdateService changes a service.
func (s objectives) UpdateService(_ context.Context, req *monitoringpb.UpdateServiceRequest) (*monitoringpb.Service,
	error) {
	return s.services.Update(req.GetService().GetName(), req.GetService(), req.GetUpdateMask(), false)
}

// DeleteService removes a service with its objectives.
func (s objectives) DeleteService(_ context.Context, req *monitoringpb.DeleteServiceRequest) (*emptypb.Empty, error) {
	_, err := s.services.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

// CreateServiceLevelObjective makes an objective of a service that is there.
func (s objectives) CreateServiceLevelObjective(_ context.Context,
	req *monitoringpb.CreateServiceLevelObjectiveRequest) (*monitoringpb.ServiceLevelObjective, error) {
	if _, err := s.services.Get(req.GetParent()); err != nil {
		return nil, err
	}
	return s.objectives.Create(req.GetParent(), orNumber(req.GetServiceLevelObjectiveId()),
		req.GetServiceLevelObjective(), false)
}

// GetServiceLevelObjective returns an objective as it was given.
func (s objectives) GetServiceLevelObjective(_ context.Context, req *monitoringpb.GetServiceLevelObjectiveRequest) (
	*monitoringpb.ServiceLevelObjective, error) {
	return s.objectives.Get(req.GetName())
}

// ListServiceLevelObjectives lists the objectives of a service.
func (s objectives) ListServiceLevelObjectives(_ context.Context, req *monitoringpb.ListServiceLevelObjectivesRequest) (
	*monitoringpb.ListServiceLevelObjectivesResponse, error) {
	f, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	if _, err := s.services.Get(req.GetParent()); err != nil {
		return nil, err
	}
	items, next, _, err := s.objectives.ListWhere(req.GetParent(), func(m *monitoringpb.ServiceLevelObjective) bool {
		return f.match(m)
	}, req.GetPageSize(), req.GetPageToken())
	return &monitoringpb.ListServiceLevelObjectivesResponse{ServiceLevelObjectives: items, NextPageToken: next}, err
}

// UpdateServiceLevelObjective changes an objective.
func (s objectives) UpdateServiceLevelObjective(_ context.Context,
	req *monitoringpb.UpdateServiceLevelObjectiveRequest) (*monitoringpb.ServiceLevelObjective, error) {
	return s.objectives.Update(req.GetServiceLevelObjective().GetName(), req.GetServiceLevelObjective(),
		req.GetUpdateMask(), false)
}

// DeleteServiceLevelObjective removes an objective.
func (s objectives) DeleteServiceLevelObjective(_ context.Context,
	req *monitoringpb.DeleteServiceLevelObjectiveRequest) (*emptypb.Empty, error) {
	_, err := s.objectives.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

func (s *Server) settleService(c crud.Change[*monitoringpb.Service]) error {
	if c.Next == nil {
		return s.objectives.RemoveAll(c.With, c.Old.GetName())
	}
	if c.Next.GetIdentifier() == nil && c.Next.GetBasicService() == nil {
		return invalid("A service must say what it is: custom, cloud_run, basic_service or another.")
	}
	c.Next.Telemetry = c.Old.GetTelemetry()
	if run := c.Next.GetCloudRun(); run != nil {
		project, _, _ := strings.Cut(strings.TrimPrefix(c.Next.GetName(), "projects/"), "/")
		c.Next.Telemetry = &monitoringpb.Service_Telemetry{
			ResourceName: "//run.googleapis.com/projects/" + project + "/locations/" + run.GetLocation() +
				"/services/" + run.GetServiceName(),
		}
	}
	return label.Check(c.Next.GetUserLabels())
}

func settleObjective(c crud.Change[*monitoringpb.ServiceLevelObjective]) error {
	if c.Next == nil {
		return nil
	}
	rolling := c.Next.GetRollingPeriod().AsDuration()
	switch {
	case c.Next.GetServiceLevelIndicator().GetType() == nil:
		return invalid("service_level_indicator is required.")
	case c.Next.GetGoal() <= 0 || c.Next.GetGoal() > maxGoal:
		return invalid("goal must be more than 0 and at most %v.", maxGoal)
	case c.Next.GetPeriod() == nil:
		return invalid("rolling_period or calendar_period is required.")
	case c.Next.GetRollingPeriod() != nil && (rolling < 24*time.Hour || rolling > maxPeriod ||
		rolling%(24*time.Hour) != 0):
		return invalid("rolling_period must be whole days, from 1 to 30.")
	}
	return label.Check(c.Next.GetUserLabels())
}
