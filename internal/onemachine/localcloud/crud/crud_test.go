package crud_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	parent = "projects/tiny-opera/locations/europe-west1"
	name   = parent + "/services/web"
)

type services = *crud.Kind[runpb.Service, *runpb.Service]

func kind(store table.Store, settle func(crud.Change[*runpb.Service]) error) services {
	return crud.New[runpb.Service](store, modeltest.NewClock(time.Time{}), crud.Spec[*runpb.Service]{
		Noun: "Service", Table: "t/", Parent: crud.Location, Collection: "services", ID: `[a-z]{1,5}`,
		Fixed: []string{"client"}, Settle: settle,
	})
}

func service() *runpb.Service {
	return &runpb.Service{
		Description: "first", Client: "c", Labels: map[string]string{"a": "1", "b": "2"},
		Template: &runpb.RevisionTemplate{ServiceAccount: "x", Containers: []*runpb.Container{{Image: "i"}}},
	}
}

func TestCreateFillsWhatIsTheServices(t *testing.T) {
	t.Parallel()
	k := kind(tabletest.Open(t), nil)
	given := service()
	given.Name, given.Uid, given.Generation, given.Uri = "projects/other", "mine", 7, "https://mine"
	given.Template.Containers[0].BuildInfo = &runpb.BuildInfo{FunctionTarget: "mine"}
	got := tabletest.Must(k.Create(parent, "web", given, false))(t)
	if got.GetName() != name || got.GetGeneration() != 0 || got.GetUri() != "" ||
		got.GetTemplate().GetContainers()[0].GetBuildInfo() != nil {
		t.Errorf("the caller set an output-only field: %v", got)
	}
	if got.GetUid() == "" || got.GetUid() == "mine" || got.GetEtag() == "" || got.GetCreateTime() == nil ||
		got.GetUpdateTime() == nil {
		t.Errorf("not filled: %v", got)
	}
	if stored := tabletest.Must(k.Get(name))(t); !proto.Equal(stored, got) {
		t.Errorf("stored %v, answered %v", stored, got)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	k := kind(tabletest.Open(t), nil)
	tabletest.Must(k.Create(parent, "web", service(), false))(t)
	for what, c := range map[string]struct {
		parent, id string
		given      *runpb.Service
		want       codes.Code
	}{
		"existing":    {parent, "web", service(), codes.AlreadyExists},
		"nothing":     {parent, "x", nil, codes.InvalidArgument},
		"no template": {parent, "x", &runpb.Service{}, codes.InvalidArgument},
		"required, far below": {parent, "x",
			&runpb.Service{Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{}}}},
			codes.InvalidArgument},
		"bad parent":   {"projects/tiny-opera", "x", service(), codes.InvalidArgument},
		"bad project":  {"projects/X/locations/l", "x", service(), codes.InvalidArgument},
		"bad id":       {parent, "sixsix", service(), codes.InvalidArgument},
		"a path as id": {parent, "a/b", service(), codes.InvalidArgument},
	} {
		_, err := k.Create(c.parent, c.id, c.given, false)
		tabletest.WantCode(t, what, err, c.want)
	}
	if _, _, total, err := k.List(parent, 0, ""); err != nil || total != 1 {
		t.Errorf("%d services, %v", total, err)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(*runpb.Service)
		paths  []string
		want   codes.Code
		check  func(got *runpb.Service) bool
	}{
		"only what is named": {func(s *runpb.Service) {
			s.Description, s.Labels = "second", nil
		}, []string{"description"}, codes.OK,
			func(s *runpb.Service) bool { return s.GetDescription() == "second" && len(s.GetLabels()) == 2 }},
		"clears": {func(s *runpb.Service) { s.Description = "" }, []string{"description"}, codes.OK,
			func(s *runpb.Service) bool { return s.GetDescription() == "" }},
		"a nested field": {func(s *runpb.Service) {
			s.Template = &runpb.RevisionTemplate{ServiceAccount: "y"}
		}, []string{"template.service_account"}, codes.OK,
			func(s *runpb.Service) bool {
				return s.GetTemplate().GetServiceAccount() == "y" && len(s.GetTemplate().GetContainers()) == 1
			}},
		"into what is not set": {func(s *runpb.Service) {
			s.Template.Timeout = durationpb.New(time.Second)
		}, []string{"template.timeout.seconds"}, codes.OK,
			func(s *runpb.Service) bool { return s.GetTemplate().GetTimeout().GetSeconds() == 1 }},
		"out of what is not set": {func(*runpb.Service) {}, []string{"template.timeout.seconds"}, codes.OK,
			func(s *runpb.Service) bool { return s.GetTemplate().GetTimeout() == nil }},
		"one label": {func(s *runpb.Service) { s.Labels = map[string]string{"a": "3"} }, []string{"labels.a"}, codes.OK,
			func(s *runpb.Service) bool { return s.GetLabels()["a"] == "3" && s.GetLabels()["b"] == "2" }},
		"no label": {func(s *runpb.Service) { s.Labels = nil }, []string{"labels.a"}, codes.OK,
			func(s *runpb.Service) bool { return len(s.GetLabels()) == 1 && s.GetLabels()["b"] == "2" }},
		"everything": {func(s *runpb.Service) { s.Description, s.Labels, s.Client = "", nil, "" }, nil, codes.OK,
			func(s *runpb.Service) bool {
				return s.GetDescription() == "" && s.GetLabels() == nil && s.GetClient() == "c" && s.GetUid() != ""
			}},
		"star": {func(s *runpb.Service) {
			s.Description = "all"
		}, []string{"*"}, codes.OK, func(s *runpb.Service) bool { return s.GetDescription() == "all" }},
		"output only, ignored": {func(s *runpb.Service) {
			s.Uri = "mine"
		}, []string{"uri", "uid", "name"}, codes.OK, func(s *runpb.Service) bool {
			return s.GetUri() == "" && s.GetUid() != ""
		}},
		"unknown":         {nil, []string{"colour"}, codes.InvalidArgument, nil},
		"unknown, nested": {nil, []string{"template.colour"}, codes.InvalidArgument, nil},
		"below a list":    {nil, []string{"template.containers.image"}, codes.InvalidArgument, nil},
		"below a text":    {nil, []string{"description.x"}, codes.InvalidArgument, nil},
		"camel case":      {nil, []string{"customAudiences"}, codes.InvalidArgument, nil},
		"immutable, named": {func(s *runpb.Service) {
			s.Client = "d"
		}, []string{"client"}, codes.InvalidArgument, nil},
		"immutable, cleared": {func(s *runpb.Service) {
			s.Client = ""
		}, []string{"client"}, codes.InvalidArgument, nil},
		"immutable, in all": {func(s *runpb.Service) { s.Client = "d" }, nil, codes.InvalidArgument, nil},
		"required, cleared": {func(s *runpb.Service) {
			s.Template = nil
		}, []string{"template"}, codes.InvalidArgument, nil},
		"stale etag": {func(s *runpb.Service) {
			s.Etag = "old"
		}, []string{"description"}, codes.Aborted, nil},
	} {
		t.Run(what, func(t *testing.T) {
			k := kind(tabletest.Open(t), nil)
			before := tabletest.Must(k.Create(parent, "web", service(), false))(t)
			given := service()
			if c.change != nil {
				c.change(given)
			}
			_, err := k.Update(name, given, &fieldmaskpb.FieldMask{Paths: c.paths}, false)
			tabletest.WantCode(t, what, err, c.want)
			after := tabletest.Must(k.Get(name))(t)
			if err != nil && !proto.Equal(before, after) {
				t.Errorf("refused, but now it is %v", after)
			}
			if err == nil && (!c.check(after) || after.GetEtag() == before.GetEtag()) {
				t.Errorf("now it is %v", after)
			}
		})
	}
}

func TestDryChangesNothing(t *testing.T) {
	t.Parallel()
	k := kind(tabletest.Open(t), nil)
	tabletest.Must(k.Create(parent, "web", service(), true))(t)
	_, err := k.Get(name)
	tabletest.WantCode(t, "after a dry Create", err, codes.NotFound)
	made := tabletest.Must(k.Create(parent, "web", service(), false))(t)
	changed := service()
	changed.Description = "second"
	if got := tabletest.Must(k.Update(name, changed, nil, true))(t); got.GetDescription() != "second" {
		t.Errorf("a dry Update tells %v", got)
	}
	tabletest.Must(k.Delete(name, "", true))(t)
	if got := tabletest.Must(k.Get(name))(t); !proto.Equal(got, made) {
		t.Errorf("a dry call changed it to %v", got)
	}
}

func TestSettleHasTheLastWord(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	refuse := status.Error(codes.FailedPrecondition, "no")
	var seen []string
	k := kind(store, func(c crud.Change[*runpb.Service]) error {
		c.With.Set([]byte("beside"), []byte(c.Next.GetDescription()))
		seen = append(seen, c.Old.GetDescription()+">"+c.Next.GetDescription())
		if c.Next.GetDescription() == "bad" {
			return refuse
		}
		return nil
	})
	tabletest.Must(k.Create(parent, "web", service(), false))(t)
	bad := service()
	bad.Description = "bad"
	_, err := k.Update(name, bad, nil, false)
	tabletest.WantCode(t, "refused", err, codes.FailedPrecondition)
	if v, err := store.Get([]byte("beside")); err != nil || string(v) != "first" {
		t.Errorf("beside lies %q, %v", v, err)
	}
	_, err = k.Delete(name, "old", false)
	tabletest.WantCode(t, "delete with a stale etag", err, codes.Aborted)
	tabletest.Must(k.Delete(name, "", false))(t)
	_, err = k.Get(name)
	tabletest.WantCode(t, "deleted", err, codes.NotFound)
	if want := []string{">first", "first>bad", "first>"}; len(seen) != 3 || seen[0] != want[0] || seen[1] != want[1] ||
		seen[2] != want[2] {
		t.Errorf("saw %q", seen)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	k := kind(tabletest.Open(t), nil)
	for _, id := range []string{"a", "b", "c"} {
		tabletest.Must(k.Create(parent, id, service(), false))(t)
	}
	tabletest.Must(k.Create(parent+"0", "d", service(), false))(t)
	first, next, total, err := k.List(parent, 2, "")
	if err != nil || len(first) != 2 || total != 3 || next == "" {
		t.Fatalf("first page %v, %d, %v", first, total, err)
	}
	second, next, _, err := k.List(parent, 2, next)
	if err != nil || len(second) != 1 || next != "" {
		t.Errorf("second page %v, %q, %v", second, next, err)
	}
	_, _, _, err = k.List("projects/tiny-opera", 2, "")
	tabletest.WantCode(t, "bad parent", err, codes.InvalidArgument)
}
