package monitoring

import (
	"context"
	"strings"

	"cloud.google.com/go/monitoring/dashboard/apiv1/dashboardpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
)

const (
	maxColumns = 48
	maxWidgets = 100
)

// dashboards serves google.monitoring.dashboard.v1.DashboardsService.
type dashboards struct {
	dashboardpb.UnimplementedDashboardsServiceServer
	*Server
}

// CreateDashboard makes a dashboard. One without a name gets one.
func (s dashboards) CreateDashboard(_ context.Context, req *dashboardpb.CreateDashboardRequest) (*dashboardpb.Dashboard,
	error) {
	id := newNumber()
	if name := req.GetDashboard().GetName(); name != "" {
		var ok bool
		if id, ok = strings.CutPrefix(name, req.GetParent()+"/dashboards/"); !ok {
			return nil, invalid("Dashboard name %q is not in %q.", name, req.GetParent())
		}
	}
	return s.dashboards.Create(req.GetParent(), id, req.GetDashboard(), req.GetValidateOnly())
}

// GetDashboard returns a dashboard.
func (s dashboards) GetDashboard(_ context.Context, req *dashboardpb.GetDashboardRequest) (*dashboardpb.Dashboard,
	error) {
	return s.dashboards.Get(req.GetName())
}

// ListDashboards lists the dashboards of a project.
func (s dashboards) ListDashboards(_ context.Context, req *dashboardpb.ListDashboardsRequest) (
	*dashboardpb.ListDashboardsResponse, error) {
	items, next, _, err := s.dashboards.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &dashboardpb.ListDashboardsResponse{Dashboards: items, NextPageToken: next}, err
}

// UpdateDashboard replaces a dashboard. The caller must give its current etag.
func (s dashboards) UpdateDashboard(_ context.Context, req *dashboardpb.UpdateDashboardRequest) (*dashboardpb.Dashboard,
	error) {
	if req.GetDashboard().GetEtag() == "" {
		return nil, invalid("dashboard.etag is required.")
	}
	return s.dashboards.Update(req.GetDashboard().GetName(), req.GetDashboard(), nil, req.GetValidateOnly())
}

// DeleteDashboard removes a dashboard.
func (s dashboards) DeleteDashboard(_ context.Context, req *dashboardpb.DeleteDashboardRequest) (*emptypb.Empty,
	error) {
	_, err := s.dashboards.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

func settleDashboard(c crud.Change[*dashboardpb.Dashboard]) error {
	if c.Next == nil {
		return nil
	}
	if c.Next.GetLayout() == nil {
		return invalid("A layout is required.")
	}
	return checkMosaic(c.Next.GetMosaicLayout())
}

func checkMosaic(m *dashboardpb.MosaicLayout) error {
	if m == nil {
		return nil
	}
	if m.GetColumns() < 1 || m.GetColumns() > maxColumns {
		return invalid("mosaic_layout.columns must be from 1 to %d.", maxColumns)
	}
	if len(m.GetTiles()) > maxWidgets {
		return invalid("mosaic_layout has more than %d tiles.", maxWidgets)
	}
	for i, tile := range m.GetTiles() {
		inside := tile.GetXPos() >= 0 && tile.GetYPos() >= 0 && tile.GetWidth() > 0 && tile.GetHeight() > 0
		if !inside || tile.GetXPos()+tile.GetWidth() > m.GetColumns() {
			return invalid("mosaic_layout.tiles[%d] is not inside of the %d columns.", i, m.GetColumns())
		}
		for _, other := range m.GetTiles()[:i] {
			if overlap(tile, other) {
				return invalid("mosaic_layout.tiles[%d] lies over another tile.", i)
			}
		}
	}
	return nil
}

func overlap(a, b *dashboardpb.MosaicLayout_Tile) bool {
	return a.GetXPos() < b.GetXPos()+b.GetWidth() && b.GetXPos() < a.GetXPos()+a.GetWidth() &&
		a.GetYPos() < b.GetYPos()+b.GetHeight() && b.GetYPos() < a.GetYPos()+a.GetHeight()
}
