package provision

import (
	"context"
	"time"

	"cloud.google.com/go/monitoring/dashboard/apiv1/dashboardpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// chart is one chart: a time series, and how its parts are combined.
type chart struct {
	title, filter string
	aligner       dashboardpb.Aggregation_Aligner
	reducer       dashboardpb.Aggregation_Reducer
	by            []string
}

var (
	perSecond = dashboardpb.Aggregation_ALIGN_RATE
	ofMany    = dashboardpb.Aggregation_ALIGN_PERCENTILE_99
	largest   = dashboardpb.Aggregation_ALIGN_MAX
	summed    = dashboardpb.Aggregation_REDUCE_SUM
	worst     = dashboardpb.Aggregation_REDUCE_MAX
)

func charts() []chart {
	const run = `resource.type="cloud_run_revision" metric.type="run.googleapis.com/`
	const queue = `resource.type="pubsub_subscription" metric.type="pubsub.googleapis.com/subscription/`
	byService := []string{"resource.label.service_name"}
	list := []chart{
		{"Requests by outcome", run + `request_count"`, perSecond, summed, []string{"resource.label.service_name",
			"metric.label.response_code_class"}},
		{"Slowest requests of a hundred", run + `request_latencies"`, ofMany, worst, byService},
		{"Instances", run + `container/instance_count"`, largest, summed, byService},
		{"Processor", run + `container/cpu/utilizations"`, ofMany, worst, byService},
		{"Memory", run + `container/memory/utilizations"`, ofMany, worst, byService},
		{"Age of the oldest message", queue + `oldest_unacked_message_age"`, largest, worst,
			[]string{"resource.label.subscription_id"}},
		{"Messages put aside", queue + `num_undelivered_messages" resource.label.subscription_id="` + DeadPull + `"`,
			largest, summed, nil},
		{"Documents read and written",
			`resource.type="firestore.googleapis.com/Database" metric.type="firestore.googleapis.com/api/request_count"`, perSecond, summed, []string{"metric.label.api_method"}},
		{"Calls of the key service",
			`resource.type="consumed_api" metric.type="serviceruntime.googleapis.com/api/request_count" resource.label.service="cloudkms.googleapis.com"`, perSecond, summed, []string{"metric.label.response_code_class"}},
	}
	for _, m := range telemetry.Metrics() {
		list = append(list, ownChart(m))
	}
	for _, c := range counters {
		list = append(list, chart{c.says, `metric.type="` + metricType(c.id) + `"`, dashboardpb.Aggregation_ALIGN_SUM,
			summed, nil})
	}
	return list
}

// ownChart is one of the service's own metrics, by its first label.
func ownChart(m telemetry.Metric) chart {
	c := chart{m.Help, `resource.type="` + telemetry.ResourceType + `" metric.type="` + m.Type + `"`, perSecond, summed,
		nil}
	switch m.Form {
	case telemetry.Gauge:
		c.aligner, c.reducer = largest, worst
	case telemetry.Distribution:
		c.aligner, c.reducer = ofMany, worst
	}
	if len(m.Labels) > 0 {
		c.by = []string{"metric.label." + m.Labels[0]}
	}
	return c
}

func (c chart) widget() *dashboardpb.Widget {
	return &dashboardpb.Widget{Title: c.title, Content: &dashboardpb.Widget_XyChart{XyChart: &dashboardpb.XyChart{
		DataSets: []*dashboardpb.XyChart_DataSet{{
			PlotType: dashboardpb.XyChart_DataSet_LINE,
			TimeSeriesQuery: &dashboardpb.TimeSeriesQuery{Source: &dashboardpb.TimeSeriesQuery_TimeSeriesFilter{
				TimeSeriesFilter: &dashboardpb.TimeSeriesFilter{Filter: c.filter, Aggregation: &dashboardpb.Aggregation{
					AlignmentPeriod: durationpb.New(time.Minute), PerSeriesAligner: c.aligner,
					CrossSeriesReducer: c.reducer, GroupByFields: c.by,
				}}}},
		}},
	}}}
}

const (
	columns = 48
	width   = 16
	height  = 14
)

func board() *dashboardpb.Dashboard {
	layout := &dashboardpb.MosaicLayout{Columns: columns}
	for i, c := range charts() {
		layout.Tiles = append(layout.Tiles, &dashboardpb.MosaicLayout_Tile{
			XPos: int32(i % (columns / width) * width), YPos: int32(i / (columns / width) * height), // #nosec G115 -- a few dozen
			Width: width, Height: height, Widget: c.widget(),
		})
	}
	return &dashboardpb.Dashboard{DisplayName: "Tiny Opera House",
		Layout: &dashboardpb.Dashboard_MosaicLayout{MosaicLayout: layout}}
}

// dashboards show everything on one page. An operator's own charts belong on another one.
func (s Spec) dashboards() []Resource {
	want, rs := board(), rules{}
	want.Name = s.project() + "/dashboards/toh"
	t := thing[*dashboardpb.Dashboard]{
		read: func(ctx context.Context, c *session) (*dashboardpb.Dashboard, error) {
			return c.Dashboards.GetDashboard(ctx, &dashboardpb.GetDashboardRequest{Name: want.GetName()})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Dashboards.CreateDashboard(ctx, &dashboardpb.CreateDashboardRequest{Parent: s.project(),
				Dashboard: want})
			return err
		},
		differ: func(have *dashboardpb.Dashboard) []difference {
			name := want.GetName()
			want.Name = have.GetName() // Google may write the project's number there
			defer func() { want.Name = name }()
			return rs.differences(have, want)
		},
		update: func(ctx context.Context, c *session, have *dashboardpb.Dashboard, _ []difference) error {
			rs.overlay(have, want)
			_, err := c.Dashboards.UpdateDashboard(ctx, &dashboardpb.UpdateDashboardRequest{Dashboard: have})
			return err
		},
	}
	text := protojson.MarshalOptions{}.Format(board())
	return []Resource{{
		Kind: "dashboard", Name: want.GetName(), api: apiMonitoring, look: t.look,
		block: tf("google_monitoring_dashboard", "toh", set("dashboard_json", compact(text))),
	}}
}
