package monitoring_test

import (
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/monitoring/dashboard/apiv1/dashboardpb"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func check() *monitoringpb.UptimeCheckConfig {
	return &monitoringpb.UptimeCheckConfig{
		DisplayName: "The House", Timeout: durationpb.New(10 * time.Second),
		Resource: &monitoringpb.UptimeCheckConfig_MonitoredResource{MonitoredResource: &monitoredres.MonitoredResource{
			Type: "uptime_url", Labels: map[string]string{"host": "toh.example"},
		}},
		CheckRequestType: &monitoringpb.UptimeCheckConfig_HttpCheck_{
			HttpCheck: &monitoringpb.UptimeCheckConfig_HttpCheck{UseSsl: true, Path: "/healthz"}},
	}
}

func TestUptimeChecks(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	create := func(c *monitoringpb.UptimeCheckConfig) (*monitoringpb.UptimeCheckConfig, error) {
		return w.checks.CreateUptimeCheckConfig(t.Context(),
			&monitoringpb.CreateUptimeCheckConfigRequest{Parent: parent, UptimeCheckConfig: c})
	}
	for what, c := range map[string]struct {
		change func(*monitoringpb.UptimeCheckConfig)
		want   codes.Code
	}{
		"no name":     {func(c *monitoringpb.UptimeCheckConfig) { c.DisplayName = "" }, codes.InvalidArgument},
		"no resource": {func(c *monitoringpb.UptimeCheckConfig) { c.Resource = nil }, codes.InvalidArgument},
		"no host": {func(c *monitoringpb.UptimeCheckConfig) {
			c.GetMonitoredResource().Labels = nil
		}, codes.InvalidArgument},
		"no request": {func(c *monitoringpb.UptimeCheckConfig) { c.CheckRequestType = nil }, codes.InvalidArgument},
		"no timeout": {func(c *monitoringpb.UptimeCheckConfig) { c.Timeout = nil }, codes.InvalidArgument},
		"60 s":       {func(c *monitoringpb.UptimeCheckConfig) { c.Timeout = durationpb.New(time.Minute) }, codes.OK},
		"61 s": {func(c *monitoringpb.UptimeCheckConfig) {
			c.Timeout = durationpb.New(61 * time.Second)
		}, codes.InvalidArgument},
		"each 2 min": {func(c *monitoringpb.UptimeCheckConfig) {
			c.Period = durationpb.New(2 * time.Minute)
		}, codes.InvalidArgument},
		"2 regions": {func(c *monitoringpb.UptimeCheckConfig) {
			c.SelectedRegions = []monitoringpb.UptimeCheckRegion{2, 3}
		}, codes.InvalidArgument},
	} {
		bad := check()
		c.change(bad)
		_, err := create(bad)
		tabletest.WantCode(t, what, err, c.want)
	}
	made := tabletest.Must(create(check()))(t)
	if made.GetPeriod().GetSeconds() != 60 || made.GetHttpCheck().GetPort() != 443 {
		t.Errorf("made %v", made)
	}
	changed := proto.CloneOf(made)
	changed.GetMonitoredResource().Labels["host"] = "other.example"
	update := func(paths ...string) (*monitoringpb.UptimeCheckConfig, error) {
		return w.checks.UpdateUptimeCheckConfig(t.Context(),
			&monitoringpb.UpdateUptimeCheckConfigRequest{UptimeCheckConfig: changed,
				UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	_, err := update("monitored_resource")
	tabletest.WantCode(t, "another host", err, codes.InvalidArgument)
	changed.Period = durationpb.New(5 * time.Minute)
	if got := tabletest.Must(update("period"))(t); got.GetPeriod().GetSeconds() != 300 || got.GetMonitoredResource().
		GetLabels()["host"] != "toh.example" {
		t.Errorf("changed %v", got)
	}
	if err := w.checks.DeleteUptimeCheckConfig(t.Context(),
		&monitoringpb.DeleteUptimeCheckConfigRequest{Name: made.GetName()}); err != nil {
		t.Error(err)
	}
}

func objective() *monitoringpb.ServiceLevelObjective {
	return &monitoringpb.ServiceLevelObjective{
		DisplayName: "Available", Goal: 0.995, Period: &monitoringpb.ServiceLevelObjective_RollingPeriod{
			RollingPeriod: durationpb.New(28 * 24 * time.Hour)},
		ServiceLevelIndicator: &monitoringpb.ServiceLevelIndicator{
			Type: &monitoringpb.ServiceLevelIndicator_RequestBased{RequestBased: &monitoringpb.RequestBasedSli{}}},
	}
}

func TestServicesAndObjectives(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	const service = parent + "/services/toh-web"
	create := func(id string, o *monitoringpb.ServiceLevelObjective) (*monitoringpb.ServiceLevelObjective, error) {
		return w.services.CreateServiceLevelObjective(t.Context(),
			&monitoringpb.CreateServiceLevelObjectiveRequest{Parent: service, ServiceLevelObjectiveId: id,
				ServiceLevelObjective: o})
	}
	_, err := create("o", objective())
	tabletest.WantCode(t, "objective of no service", err, codes.NotFound)
	makeService := func(s *monitoringpb.Service) (*monitoringpb.Service, error) {
		return w.services.CreateService(t.Context(), &monitoringpb.CreateServiceRequest{Parent: parent,
			ServiceId: "toh-web", Service: s})
	}
	_, err = makeService(&monitoringpb.Service{DisplayName: "Web"})
	tabletest.WantCode(t, "service that is nothing", err, codes.InvalidArgument)
	custom := &monitoringpb.Service{Identifier: &monitoringpb.Service_Custom_{Custom: &monitoringpb.Service_Custom{}}}
	tabletest.Must(makeService(custom))(t)
	_, err = makeService(custom)
	tabletest.WantCode(t, "existing service", err, codes.AlreadyExists)
	for what, c := range map[string]struct {
		change func(*monitoringpb.ServiceLevelObjective)
		want   codes.Code
	}{
		"no goal": {func(o *monitoringpb.ServiceLevelObjective) { o.Goal = 0 }, codes.InvalidArgument},
		"0.9999":  {func(o *monitoringpb.ServiceLevelObjective) { o.Goal = 0.9999 }, codes.OK},
		"1":       {func(o *monitoringpb.ServiceLevelObjective) { o.Goal = 1 }, codes.InvalidArgument},
		"indicator": {func(o *monitoringpb.ServiceLevelObjective) {
			o.ServiceLevelIndicator = nil
		}, codes.InvalidArgument},
		"no period": {func(o *monitoringpb.ServiceLevelObjective) { o.Period = nil }, codes.InvalidArgument},
		"30 days":   {func(o *monitoringpb.ServiceLevelObjective) { rolling(o, 30*24*time.Hour) }, codes.OK},
		"31 days": {func(o *monitoringpb.ServiceLevelObjective) {
			rolling(o, 31*24*time.Hour)
		}, codes.InvalidArgument},
		"half a day": {func(o *monitoringpb.ServiceLevelObjective) { rolling(o, 12*time.Hour) }, codes.InvalidArgument},
	} {
		o := objective()
		c.change(o)
		_, err := create("", o)
		tabletest.WantCode(t, what, err, c.want)
	}
	made := tabletest.Must(create("available", objective()))(t)
	p := policy()
	p.GetConditions()[0].GetConditionThreshold().Filter = `select_slo_burn_rate("` + made.GetName() + `", "1h")`
	tabletest.Must(w.alert(t, p))(t)
	if err := w.services.DeleteService(t.Context(), &monitoringpb.DeleteServiceRequest{Name: service}); err != nil {
		t.Fatal(err)
	}
	_, err = w.services.GetServiceLevelObjective(t.Context(),
		&monitoringpb.GetServiceLevelObjectiveRequest{Name: made.GetName()})
	tabletest.WantCode(t, "objective of a deleted service", err, codes.NotFound)
}

func rolling(o *monitoringpb.ServiceLevelObjective, d time.Duration) {
	o.Period = &monitoringpb.ServiceLevelObjective_RollingPeriod{RollingPeriod: durationpb.New(d)}
}

func board(tiles ...*dashboardpb.MosaicLayout_Tile) *dashboardpb.Dashboard {
	return &dashboardpb.Dashboard{Name: parent + "/dashboards/toh", DisplayName: "House",
		Layout: &dashboardpb.Dashboard_MosaicLayout{
			MosaicLayout: &dashboardpb.MosaicLayout{Columns: 12, Tiles: tiles},
		}}
}

func tile(x, y, width, height int32) *dashboardpb.MosaicLayout_Tile {
	return &dashboardpb.MosaicLayout_Tile{XPos: x, YPos: y, Width: width, Height: height}
}

func TestDashboards(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	create := func(d *dashboardpb.Dashboard, dry bool) (*dashboardpb.Dashboard, error) {
		return w.boards.CreateDashboard(t.Context(), &dashboardpb.CreateDashboardRequest{Parent: parent, Dashboard: d,
			ValidateOnly: dry})
	}
	elsewhere, plain := board(), board()
	elsewhere.Name, plain.Layout = "projects/another-one/dashboards/toh", nil
	for what, bad := range map[string]*dashboardpb.Dashboard{
		"elsewhere": elsewhere, "no layout": plain, "too wide": board(tile(6, 0, 7, 1)),
		"no height": board(tile(0, 0, 1, 0)), "one over another": board(tile(0, 0, 6, 4), tile(5, 3, 2, 2)),
	} {
		_, err := create(bad, false)
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
	tabletest.Must(create(board(), true))(t)
	made := tabletest.Must(create(board(tile(0, 0, 6, 4), tile(6, 0, 6, 4), tile(0, 4, 12, 4)), false))(t)
	_, err := create(board(), false)
	tabletest.WantCode(t, "existing", err, codes.AlreadyExists)
	update := func(etag string) (*dashboardpb.Dashboard, error) {
		d := board()
		d.DisplayName, d.Etag = "Opera", etag
		return w.boards.UpdateDashboard(t.Context(), &dashboardpb.UpdateDashboardRequest{Dashboard: d})
	}
	_, err = update("")
	tabletest.WantCode(t, "no etag", err, codes.InvalidArgument)
	got := tabletest.Must(update(made.GetEtag()))(t)
	if got.GetDisplayName() != "Opera" || len(got.GetMosaicLayout().GetTiles()) != 0 ||
		got.GetEtag() == made.GetEtag() {
		t.Errorf("changed %v", got)
	}
	_, err = update(made.GetEtag())
	tabletest.WantCode(t, "a stale etag", err, codes.Aborted)
	if all := w.boards.ListDashboards(t.Context(), &dashboardpb.ListDashboardsRequest{Parent: parent}); all != nil {
		if one, err := all.Next(); err != nil || one.GetName() != made.GetName() {
			t.Errorf("list: %v, %v", one, err)
		}
	}
}
