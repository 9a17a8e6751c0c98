package serviceusage_test

import (
	"slices"
	"strings"
	"testing"

	api "cloud.google.com/go/serviceusage/apiv1"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/serviceusage"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const parent = "projects/tiny-opera"

func open(t *testing.T, store table.Store) *api.Client {
	t.Helper()
	operations := operation.New(store)
	conn := tabletest.Conn(operations.Register, serviceusage.New(store, operations).Register)
	return tabletest.Must(api.NewClient(t.Context(), tabletest.ClientOptions(conn)...))(t)
}

func enabled(t *testing.T, c *api.Client, of string) (ids []string) {
	t.Helper()
	it := c.ListServices(t.Context(), &serviceusagepb.ListServicesRequest{Parent: of, Filter: "state:ENABLED",
		PageSize: 3})
	for one, err := it.Next(); err != iterator.Done; one, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.GetConfig().GetName())
	}
	return ids
}

func TestEnableAndDisable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	c := open(t, store)
	const run = parent + "/services/run.googleapis.com"
	got := tabletest.Must(c.GetService(t.Context(), &serviceusagepb.GetServiceRequest{Name: run}))(t)
	byNumber := "projects/" + project.Number("tiny-opera")
	if got.GetState() != serviceusagepb.State_DISABLED || got.GetParent() != byNumber || got.GetName() != byNumber+
		"/services/run.googleapis.com" {
		t.Errorf("at first %v", got)
	}
	_, err := c.DisableService(t.Context(), &serviceusagepb.DisableServiceRequest{Name: run})
	tabletest.WantCode(t, "disable what is not enabled", err, codes.FailedPrecondition)
	for range 2 { // the second time it is enabled already
		op := tabletest.Must(c.EnableService(t.Context(), &serviceusagepb.EnableServiceRequest{Name: run}))(t)
		if done := tabletest.Must(op.Wait(t.Context()))(t); done.GetService().
			GetState() != serviceusagepb.State_ENABLED {
			t.Errorf("enabled %v", done)
		}
		if again := tabletest.Must(c.EnableServiceOperation(op.Name()).Poll(t.Context()))(t); again.GetService().
			GetConfig().GetName() != "run.googleapis.com" {
			t.Errorf("the operation is %v when asked for again", again)
		}
	}
	logging := tabletest.Must(c.DisableService(t.Context(), &serviceusagepb.DisableServiceRequest{Name: parent +
		"/services/logging.googleapis.com"}))(t)
	tabletest.Must(logging.Wait(t.Context()))(t)
	before := enabled(t, c, parent)
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	c = open(t, store)
	after := enabled(t, c, byNumber)
	if !slices.Equal(before, after) || !slices.Contains(after, "run.googleapis.com") ||
		slices.Contains(after, "logging.googleapis.com") {
		t.Errorf("enabled %v, after reopening %v", before, after)
	}
	if slices.Contains(enabled(t, c, "projects/another-one"), "run.googleapis.com") {
		t.Error("another project has it too")
	}
}

func TestBatchIsAllOrNothing(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	before := enabled(t, c, parent)
	many := slices.Repeat([]string{"run.googleapis.com"}, 21)
	for what, req := range map[string]struct {
		ids  []string
		want codes.Code
	}{
		"none":          {nil, codes.InvalidArgument},
		"21":            {many, codes.InvalidArgument},
		"one not known": {[]string{"run.googleapis.com", "runn.googleapis.com"}, codes.PermissionDenied},
	} {
		_, err := c.BatchEnableServices(t.Context(), &serviceusagepb.BatchEnableServicesRequest{Parent: parent,
			ServiceIds: req.ids})
		tabletest.WantCode(t, what, err, req.want)
	}
	if after := enabled(t, c, parent); !slices.Equal(before, after) {
		t.Errorf("refused, but now enabled are %v", after)
	}
	op := tabletest.Must(c.BatchEnableServices(t.Context(), &serviceusagepb.BatchEnableServicesRequest{Parent: parent,
		ServiceIds: many[:20]}))(t)
	done := tabletest.Must(op.Wait(t.Context()))(t)
	if len(done.GetServices()) != 20 || !slices.Contains(enabled(t, c, parent), "run.googleapis.com") {
		t.Errorf("batch %v", done)
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	list := func(req *serviceusagepb.ListServicesRequest) error {
		_, err := c.ListServices(t.Context(), req).Next()
		return err
	}
	tabletest.WantCode(t, "bad filter", list(&serviceusagepb.ListServicesRequest{Parent: parent,
		Filter: "state=ENABLED"}), codes.InvalidArgument)
	tabletest.WantCode(t, "bad parent", list(&serviceusagepb.ListServicesRequest{Parent: "tiny-opera"}),
		codes.InvalidArgument)
	tabletest.WantCode(t, "all", list(&serviceusagepb.ListServicesRequest{Parent: parent}), codes.OK)
	_, err := c.GetService(t.Context(), &serviceusagepb.GetServiceRequest{Name: parent +
		"/services/none.googleapis.com"})
	tabletest.WantCode(t, "unknown", err, codes.PermissionDenied)
	_, err = c.GetService(t.Context(), &serviceusagepb.GetServiceRequest{Name: parent})
	tabletest.WantCode(t, "no service", err, codes.InvalidArgument)
	names := func(n int, in string) *serviceusagepb.BatchGetServicesRequest {
		return &serviceusagepb.BatchGetServicesRequest{Parent: parent,
			Names: slices.Repeat([]string{in + "/services/run.googleapis.com"}, n)}
	}
	if got := tabletest.Must(c.BatchGetServices(t.Context(), names(30, parent)))(t); len(got.GetServices()) != 30 {
		t.Errorf("%d services", len(got.GetServices()))
	}
	for what, req := range map[string]*serviceusagepb.BatchGetServicesRequest{"31": names(31, parent),
		"none": names(0, parent), "of another": names(1, strings.Replace(parent, "tiny", "huge", 1))} {
		_, err := c.BatchGetServices(t.Context(), req)
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
}
