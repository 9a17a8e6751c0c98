// Package serviceusage is the local Service Usage: which of Google's APIs a project has enabled.
//
// It must never keep another service of the local cloud from answering: it only records.
package serviceusage

import (
	"context"
	"slices"
	"strings"
	"sync"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Google's limits.
const (
	maxBatch    = 20
	maxGet      = 30
	maxPage     = 200
	defaultPage = 50
)

// Server implements Google's ServiceUsage.
type Server struct {
	serviceusagepb.UnimplementedServiceUsageServer

	store      table.Store
	operations *operation.Operations
	changed    table.Table[serviceusagepb.Service, *serviceusagepb.Service] // those that differ from a new project
	mu         sync.Mutex
}

// New returns a server that keeps its knowledge in store.
func New(store table.Store, operations *operation.Operations) *Server {
	return &Server{store: store, operations: operations, changed: table.New[serviceusagepb.Service](store,
		"serviceusage/")}
}

// Register adds the service to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	serviceusagepb.RegisterServiceUsageServer(r, s)
}

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

// consumer is a project's name by its number, which is how Google names it in answers.
func consumer(parent string) (string, error) {
	id, ok := strings.CutPrefix(parent, "projects/")
	switch {
	case ok && project.IsNumber(id):
		return parent, nil
	case ok && project.WellFormed(id):
		return "projects/" + project.Number(id), nil
	}
	return "", status.Errorf(codes.InvalidArgument, "Parent %q is invalid.", parent)
}

// service returns the state of a service of a project.
func (s *Server) service(parent, id string) (*serviceusagepb.Service, error) {
	parent, err := consumer(parent)
	if err != nil {
		return nil, err
	}
	title, known := catalogue[id]
	if !known {
		return nil, status.Errorf(codes.PermissionDenied, "Not found or permission denied for service(s): %s.", id)
	}
	out := &serviceusagepb.Service{
		Name:   parent + "/services/" + id,
		Parent: parent,
		Config: &serviceusagepb.ServiceConfig{Name: id, Title: title},
		State:  serviceusagepb.State_DISABLED,
	}
	if slices.Contains(fromTheStart, id) {
		out.State = serviceusagepb.State_ENABLED
	}
	if stored, err := s.changed.Get(out.GetName()); err == nil {
		out.State = stored.GetState()
	} else if err != table.ErrNotFound {
		return nil, table.Status(err)
	}
	return out, nil
}

func (s *Server) named(name string) (*serviceusagepb.Service, error) {
	parent, id, ok := strings.Cut(name, "/services/")
	if !ok {
		return nil, status.Errorf(codes.InvalidArgument, "Service name %q is invalid.", name)
	}
	return s.service(parent, id)
}

// GetService returns a service of a project, enabled or not.
func (s *Server) GetService(_ context.Context, req *serviceusagepb.GetServiceRequest) (*serviceusagepb.Service, error) {
	return s.named(req.GetName())
}

// BatchGetServices returns several services of a project.
func (s *Server) BatchGetServices(_ context.Context, req *serviceusagepb.BatchGetServicesRequest) (
	*serviceusagepb.BatchGetServicesResponse, error) {
	if n := len(req.GetNames()); n == 0 || n > maxGet {
		return nil, status.Errorf(codes.InvalidArgument, "names has %d services; it must have 1 to %d.", n, maxGet)
	}
	out := &serviceusagepb.BatchGetServicesResponse{}
	for _, name := range req.GetNames() {
		if parent := req.GetParent(); parent != "" && !strings.HasPrefix(name, parent+"/services/") {
			return nil, status.Errorf(codes.InvalidArgument, "Service %q is not one of %q.", name, parent)
		}
		one, err := s.named(name)
		if err != nil {
			return nil, err
		}
		out.Services = append(out.Services, one)
	}
	return out, nil
}

// ListServices lists the services of a project, all or those in one state.
func (s *Server) ListServices(_ context.Context, req *serviceusagepb.ListServicesRequest) (
	*serviceusagepb.ListServicesResponse, error) {
	wanted, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	size := req.GetPageSize()
	if size > maxPage {
		return nil, status.Errorf(codes.InvalidArgument, "page_size is more than %d.", maxPage)
	}
	if size == 0 {
		size = defaultPage
	}
	all := map[string]*serviceusagepb.Service{}
	for id := range catalogue {
		if all[id], err = s.service(req.GetParent(), id); err != nil {
			return nil, err
		}
	}
	page, next, err := table.Names(all, func(id string) bool {
		return wanted == serviceusagepb.State_STATE_UNSPECIFIED || all[id].GetState() == wanted
	}, size, req.GetPageToken())
	out := &serviceusagepb.ListServicesResponse{NextPageToken: next}
	for _, id := range page {
		out.Services = append(out.Services, all[id])
	}
	return out, err
}

func parseFilter(filter string) (serviceusagepb.State, error) {
	switch filter {
	case "":
		return serviceusagepb.State_STATE_UNSPECIFIED, nil
	case "state:ENABLED":
		return serviceusagepb.State_ENABLED, nil
	case "state:DISABLED":
		return serviceusagepb.State_DISABLED, nil
	}
	return 0, status.Error(codes.InvalidArgument, "filter must be state:ENABLED or state:DISABLED.")
}

// EnableService enables a service. An enabled one stays enabled.
func (s *Server) EnableService(_ context.Context, req *serviceusagepb.EnableServiceRequest) (*longrunningpb.Operation,
	error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, err := s.named(req.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.set(serviceusagepb.State_ENABLED, one); err != nil {
		return nil, err
	}
	return s.done(&serviceusagepb.EnableServiceResponse{Service: one}, one)
}

// BatchEnableServices enables several services, all or none.
func (s *Server) BatchEnableServices(_ context.Context, req *serviceusagepb.BatchEnableServicesRequest) (
	*longrunningpb.Operation, error) {
	if n := len(req.GetServiceIds()); n == 0 || n > maxBatch {
		return nil, status.Errorf(codes.InvalidArgument, "service_ids has %d services; it must have 1 to %d.", n,
			maxBatch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*serviceusagepb.Service
	for _, id := range req.GetServiceIds() {
		one, err := s.service(req.GetParent(), id)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if err := s.set(serviceusagepb.State_ENABLED, all...); err != nil {
		return nil, err
	}
	return s.done(&serviceusagepb.BatchEnableServicesResponse{Services: all}, all...)
}

// DisableService disables a service, which must be enabled.
func (s *Server) DisableService(_ context.Context, req *serviceusagepb.DisableServiceRequest) (*longrunningpb.Operation,
	error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, err := s.named(req.GetName())
	if err != nil {
		return nil, err
	}
	if one.GetState() != serviceusagepb.State_ENABLED {
		return nil, status.Errorf(codes.FailedPrecondition, "Service %s is not enabled.", one.GetConfig().GetName())
	}
	if err := s.set(serviceusagepb.State_DISABLED, one); err != nil {
		return nil, err
	}
	return s.done(&serviceusagepb.DisableServiceResponse{Service: one}, one)
}

func (s *Server) set(state serviceusagepb.State, services ...*serviceusagepb.Service) error {
	b := s.store.Batch()
	for _, one := range services {
		one.State = state
		if err := s.changed.Set(b, one.GetName(), &serviceusagepb.Service{State: state}); err != nil {
			return table.Status(err)
		}
	}
	return table.Status(s.store.Apply(b))
}
