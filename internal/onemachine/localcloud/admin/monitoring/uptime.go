package monitoring

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

var (
	periods    = []int64{60, 300, 600, 900}
	notInCheck = regexp.MustCompile(`[^a-z0-9]+`)
)

// checks serves google.monitoring.v3.UptimeCheckService.
type checks struct {
	monitoringpb.UnimplementedUptimeCheckServiceServer
	*Server
}

// CreateUptimeCheckConfig makes a check. Its id comes from its display name.
func (s checks) CreateUptimeCheckConfig(_ context.Context, req *monitoringpb.CreateUptimeCheckConfigRequest) (
	*monitoringpb.UptimeCheckConfig, error) {
	id := notInCheck.ReplaceAllString(strings.ToLower(req.GetUptimeCheckConfig().GetDisplayName()), "-") + "-" +
		strings.ToLower(rand.Text()[:11])
	return s.checks.Create(req.GetParent(), strings.Trim(id, "-"), req.GetUptimeCheckConfig(), false)
}

// GetUptimeCheckConfig returns a check.
func (s checks) GetUptimeCheckConfig(_ context.Context, req *monitoringpb.GetUptimeCheckConfigRequest) (
	*monitoringpb.UptimeCheckConfig, error) {
	return s.checks.Get(req.GetName())
}

// ListUptimeCheckConfigs lists the checks of a project.
func (s checks) ListUptimeCheckConfigs(_ context.Context, req *monitoringpb.ListUptimeCheckConfigsRequest) (
	*monitoringpb.ListUptimeCheckConfigsResponse, error) {
	f, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	items, next, total, err := s.checks.ListWhere(req.GetParent(), func(c *monitoringpb.UptimeCheckConfig) bool {
		return f.match(c)
	}, req.GetPageSize(), req.GetPageToken())
	return &monitoringpb.ListUptimeCheckConfigsResponse{UptimeCheckConfigs: items, NextPageToken: next,
		TotalSize: total}, err
}

// UpdateUptimeCheckConfig changes a check.
func (s checks) UpdateUptimeCheckConfig(_ context.Context, req *monitoringpb.UpdateUptimeCheckConfigRequest) (
	*monitoringpb.UptimeCheckConfig, error) {
	return s.checks.Update(req.GetUptimeCheckConfig().GetName(), req.GetUptimeCheckConfig(), req.GetUpdateMask(), false)
}

// DeleteUptimeCheckConfig removes a check.
func (s checks) DeleteUptimeCheckConfig(_ context.Context, req *monitoringpb.DeleteUptimeCheckConfigRequest) (
	*emptypb.Empty, error) {
	_, err := s.checks.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

func settleCheck(c crud.Change[*monitoringpb.UptimeCheckConfig]) error {
	if c.Next == nil {
		return nil
	}
	if c.Next.GetPeriod() == nil {
		c.Next.Period = &durationpb.Duration{Seconds: 60}
	}
	if err := checkCheck(c.Next); err != nil {
		return err
	}
	if http := c.Next.GetHttpCheck(); http != nil {
		fillHTTP(http)
	}
	return label.Check(c.Next.GetUserLabels())
}

func fillHTTP(http *monitoringpb.UptimeCheckConfig_HttpCheck) {
	if http.GetPath() == "" {
		http.Path = "/"
	}
	if http.GetPort() == 0 {
		http.Port = 80
		if http.GetUseSsl() {
			http.Port = 443
		}
	}
	if http.GetRequestMethod() == monitoringpb.UptimeCheckConfig_HttpCheck_METHOD_UNSPECIFIED {
		http.RequestMethod = monitoringpb.UptimeCheckConfig_HttpCheck_GET
	}
}

func checkCheck(c *monitoringpb.UptimeCheckConfig) error {
	timeout := c.GetTimeout().AsDuration().Seconds()
	regions := len(c.GetSelectedRegions())
	switch {
	case c.GetDisplayName() == "":
		return invalid("display_name is required.")
	case c.GetResource() == nil:
		return invalid("A resource to check is required.")
	case c.GetMonitoredResource().GetType() == "uptime_url" && c.GetMonitoredResource().GetLabels()["host"] == "":
		return invalid("monitored_resource must have the label host.")
	case c.GetCheckRequestType() == nil && c.GetSyntheticMonitor() == nil:
		return invalid("http_check or tcp_check is required.")
	case c.GetTcpCheck() != nil && (c.GetTcpCheck().GetPort() < 1 || c.GetTcpCheck().GetPort() > 65535):
		return invalid("tcp_check.port must be from 1 to 65535.")
	case c.GetHttpCheck().GetPort() < 0 || c.GetHttpCheck().GetPort() > 65535:
		return invalid("http_check.port must be from 1 to 65535.")
	case !slices.Contains(periods, c.GetPeriod().GetSeconds()) || c.GetPeriod().GetNanos() != 0:
		return invalid("period must be 60s, 300s, 600s or 900s.")
	case timeout < 1 || timeout > 60:
		return invalid("timeout must be from 1s to 60s.")
	case regions > 0 && regions < 3 && !slices.Contains(c.GetSelectedRegions(), monitoringpb.UptimeCheckRegion_USA):
		return invalid("selected_regions must have at least 3 locations.")
	}
	return nil
}
