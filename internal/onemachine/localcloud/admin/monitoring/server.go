// Package monitoring is the local Cloud Monitoring: what an operator configures there (alert policies, notification
// channels, uptime checks, services with their objectives, dashboards), and the time series that are written to it.
//
// It must never evaluate anything: no alert fires here and nobody is notified. The number of time series is limited.
package monitoring

import (
	"crypto/rand"
	"math/big"
	"sync"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/monitoring/dashboard/apiv1/dashboardpb"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Server has the resources that the services of Cloud Monitoring share.
type Server struct {
	store       table.Store
	clock       clock.Clock
	policies    *crud.Kind[monitoringpb.AlertPolicy, *monitoringpb.AlertPolicy]
	channels    *crud.Kind[monitoringpb.NotificationChannel, *monitoringpb.NotificationChannel]
	checks      *crud.Kind[monitoringpb.UptimeCheckConfig, *monitoringpb.UptimeCheckConfig]
	services    *crud.Kind[monitoringpb.Service, *monitoringpb.Service]
	objectives  *crud.Kind[monitoringpb.ServiceLevelObjective, *monitoringpb.ServiceLevelObjective]
	dashboards  *crud.Kind[dashboardpb.Dashboard, *dashboardpb.Dashboard]
	descriptors *crud.Kind[metric.MetricDescriptor, *metric.MetricDescriptor]
	series      table.Table[monitoringpb.TimeSeries, *monitoringpb.TimeSeries]
	writing     sync.Mutex // requests that write time series are serialized
}

const (
	numberID  = `[0-9]+`
	serviceID = `[a-zA-Z0-9_:.-]+`
)

// New returns a server that keeps everything in store.
func New(store table.Store, clock clock.Clock) *Server {
	s := &Server{store: store, clock: clock, series: table.New[monitoringpb.TimeSeries](store, "monitoring/series/")}
	s.policies = crud.New[monitoringpb.AlertPolicy](store, clock, crud.Spec[*monitoringpb.AlertPolicy]{
		Noun: "Alert policy", Table: "monitoring/policy/", Parent: crud.Project, Collection: "alertPolicies",
		ID:     numberID,
		Output: []string{"creation_record", "mutation_record", "validity"},
		Settle: s.settlePolicy,
	})
	s.channels = crud.New[monitoringpb.NotificationChannel](store, clock, crud.Spec[*monitoringpb.NotificationChannel]{
		Noun: "Notification channel", Table: "monitoring/channel/", Parent: crud.Project,
		Collection: "notificationChannels", ID: numberID,
		Output: []string{"creation_record", "mutation_records", "verification_status"},
		Fixed:  []string{"type"},
		Settle: s.settleChannel,
	})
	s.checks = crud.New[monitoringpb.UptimeCheckConfig](store, clock, crud.Spec[*monitoringpb.UptimeCheckConfig]{
		Noun: "Uptime check", Table: "monitoring/check/", Parent: crud.Project, Collection: "uptimeCheckConfigs",
		ID:     `[a-z0-9-]+`,
		Fixed:  []string{"monitored_resource"},
		Settle: settleCheck,
	})
	s.services = crud.New[monitoringpb.Service](store, clock, crud.Spec[*monitoringpb.Service]{
		Noun: "Service", Table: "monitoring/service/", Parent: crud.Project, Collection: "services", ID: serviceID,
		Settle: s.settleService,
	})
	s.objectives = crud.New[monitoringpb.ServiceLevelObjective](store, clock,
		crud.Spec[*monitoringpb.ServiceLevelObjective]{
			Noun: "Service level objective", Table: "monitoring/objective/", ID: serviceID,
			Parent: crud.Project + `/services/` + serviceID, Collection: "serviceLevelObjectives",
			Settle: settleObjective,
		})
	s.dashboards = crud.New[dashboardpb.Dashboard](store, clock, crud.Spec[*dashboardpb.Dashboard]{
		Noun: "Dashboard", Table: "monitoring/dashboard/", Parent: crud.Project, Collection: "dashboards",
		ID:     `[a-zA-Z0-9-]{1,64}`,
		Settle: settleDashboard,
	})
	s.descriptors = crud.New[metric.MetricDescriptor](store, clock, crud.Spec[*metric.MetricDescriptor]{
		Noun: "Metric descriptor", Table: "monitoring/descriptor/", Parent: crud.Project,
		Collection: "metricDescriptors",
		ID:         `[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)+`, Fixed: []string{"type", "metric_kind", "value_type"},
		Settle: settleDescriptor,
	})
	return s
}

// Register adds the services to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	monitoringpb.RegisterAlertPolicyServiceServer(r, alerts{Server: s})
	monitoringpb.RegisterNotificationChannelServiceServer(r, channels{Server: s})
	monitoringpb.RegisterUptimeCheckServiceServer(r, checks{Server: s})
	monitoringpb.RegisterServiceMonitoringServiceServer(r, objectives{Server: s})
	monitoringpb.RegisterMetricServiceServer(r, metrics{Server: s})
	dashboardpb.RegisterDashboardsServiceServer(r, dashboards{Server: s})
}

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// newNumber is an id in the form that the service uses for policies and channels.
func newNumber() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(19), nil))
	if err != nil {
		panic("monitoring: no random numbers: " + err.Error()) // documented never to happen
	}
	return n.String()
}
