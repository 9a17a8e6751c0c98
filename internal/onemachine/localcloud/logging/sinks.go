package logging

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	destinationPrefix = "logging.googleapis.com/"
	maxSinks          = 200
	maxExclusions     = 50
)

func compileSink(project string, pb *loggingpb.LogSink) (sink, error) {
	bucket, ok := strings.CutPrefix(pb.GetDestination(), destinationPrefix)
	if !ok {
		return sink{}, status.Error(codes.Unimplemented,
			"Only log buckets are served locally as destinations of sinks.")
	}
	if !bucketPattern.MatchString(bucket) {
		return sink{}, invalid("Destination %q is invalid.", pb.GetDestination())
	}
	if len(pb.GetExclusions()) > maxExclusions {
		return sink{}, invalid("A sink has at most %d exclusions.", maxExclusions)
	}
	f, err := filter.Parse(pb.GetFilter())
	if err != nil {
		return sink{}, invalid("Unparseable filter: %v.", err)
	}
	s := sink{pb: pb, project: project, bucket: bucket, filter: f}
	seen := map[string]bool{}
	for _, e := range pb.GetExclusions() {
		if !newIDPattern.MatchString(e.GetName()) || e.GetFilter() == "" || seen[e.GetName()] {
			return sink{}, invalid("An exclusion needs a name of its own and a filter.")
		}
		seen[e.GetName()] = true
		if e.GetDisabled() {
			continue
		}
		f, err := filter.Parse(e.GetFilter())
		if err != nil {
			return sink{}, invalid("Unparseable filter of exclusion %q: %v.", e.GetName(), err)
		}
		s.exclusions = append(s.exclusions, f)
	}
	return s, nil
}

// takes tells whether the sink sends the entry on.
func (s sink) takes(e *loggingpb.LogEntry) bool {
	if s.pb.GetDisabled() || !s.filter.Match(e) {
		return false
	}
	for _, f := range s.exclusions {
		if f.Match(e) {
			return false
		}
	}
	return true
}

// CreateSink makes a sink into a log bucket.
func (s *ConfigServer) CreateSink(_ context.Context, req *loggingpb.CreateSinkRequest) (*loggingpb.LogSink, error) {
	if !projectPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID].", req.GetParent())
	}
	if !newIDPattern.MatchString(req.GetSink().GetName()) {
		return nil, invalid("Sink id %q is invalid.", req.GetSink().GetName())
	}
	pb := proto.CloneOf(req.GetSink())
	pb.CreateTime = timestamppb.New(s.clock.Now())
	pb.UpdateTime = pb.GetCreateTime()
	pb.WriterIdentity = "" // a bucket of the same project needs none
	stampExclusions(pb.GetExclusions(), nil, pb.GetCreateTime())
	err := s.config.write(req.GetParent(), func() error {
		if _, ok := s.config.sinks[sinkName(req.GetParent(), pb)]; ok {
			return status.Errorf(codes.AlreadyExists, "Sink %s already exists.", pb.GetName())
		}
		if s.config.countSinks(req.GetParent()) >= maxSinks {
			return status.Errorf(codes.ResourceExhausted, "A project has at most %d sinks.", maxSinks)
		}
		return s.config.putSink(req.GetParent(), pb)
	})
	return proto.CloneOf(pb), err
}

func (c *config) countSinks(project string) (n int) {
	for _, s := range c.sinks {
		if s.project == project {
			n++
		}
	}
	return n
}

// stampExclusions sets the times of exclusions, which a caller cannot.
func stampExclusions(wanted, before []*loggingpb.LogExclusion, now *timestamppb.Timestamp) {
	for _, e := range wanted {
		e.CreateTime, e.UpdateTime = now, now
		if at := slices.IndexFunc(before, func(b *loggingpb.LogExclusion) bool {
			return b.GetName() == e.GetName()
		}); at >= 0 {
			e.CreateTime = before[at].GetCreateTime()
		}
	}
}

func (c *config) putSink(project string, pb *loggingpb.LogSink) error {
	compiled, err := compileSink(project, pb)
	if err != nil {
		return err
	}
	if projectOf(compiled.bucket) == project && c.buckets[compiled.bucket] == nil {
		return noBucket(compiled.bucket)
	}
	if err := c.sinkTable.Put(sinkName(project, pb), pb); err != nil {
		return table.Status(err)
	}
	c.sinks[sinkName(project, pb)] = compiled
	return nil
}

// GetSink returns a sink.
func (s *ConfigServer) GetSink(_ context.Context, req *loggingpb.GetSinkRequest) (*loggingpb.LogSink, error) {
	if !sinkPattern.MatchString(req.GetSinkName()) {
		return nil, invalid("Sink name %q is invalid.", req.GetSinkName())
	}
	var found sink
	s.config.read(projectOf(req.GetSinkName()), func() { found = s.config.sinks[req.GetSinkName()] })
	if found.pb == nil {
		return nil, noSink(req.GetSinkName())
	}
	return found.pb, nil
}

func sinkName(project string, pb *loggingpb.LogSink) string {
	return project + "/sinks/" + pb.GetName()
}

func noSink(name string) error {
	return status.Errorf(codes.NotFound, "Sink %s does not exist.", name)
}

// ListSinks lists the sinks of a project.
func (s *ConfigServer) ListSinks(_ context.Context, req *loggingpb.ListSinksRequest) (*loggingpb.ListSinksResponse,
	error) {
	if !projectPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID].", req.GetParent())
	}
	var resp loggingpb.ListSinksResponse
	var err error
	s.config.read(req.GetParent(), func() {
		var names []string
		names, resp.NextPageToken, err = table.Names(s.config.sinks, under(req.GetParent()), req.GetPageSize(),
			req.GetPageToken())
		for _, name := range names {
			resp.Sinks = append(resp.Sinks, s.config.sinks[name].pb)
		}
	})
	return &resp, err
}

// UpdateSink changes the parts of a sink that the mask names; without a mask, as at Google, destination, filter
// and include_children.
func (s *ConfigServer) UpdateSink(_ context.Context, req *loggingpb.UpdateSinkRequest) (*loggingpb.LogSink, error) {
	if !sinkPattern.MatchString(req.GetSinkName()) {
		return nil, invalid("Sink name %q is invalid.", req.GetSinkName())
	}
	project := projectOf(req.GetSinkName())
	var pb *loggingpb.LogSink
	err := s.config.write(project, func() error {
		stored, ok := s.config.sinks[req.GetSinkName()]
		if !ok {
			return noSink(req.GetSinkName())
		}
		if stored.pb.GetName() == requiredID {
			return invalid("The sink _Required cannot be changed.")
		}
		pb = proto.CloneOf(stored.pb)
		paths := req.GetUpdateMask().GetPaths()
		if len(paths) == 0 {
			paths = []string{"destination", "filter", "include_children"}
		}
		if err := crud.Merge(pb, req.GetSink(), paths, "destination", "filter", "include_children", "exclusions",
			"disabled", "description"); err != nil {
			return err
		}
		pb.UpdateTime = timestamppb.New(s.clock.Now())
		if slices.Contains(paths, "exclusions") {
			stampExclusions(pb.GetExclusions(), stored.pb.GetExclusions(), pb.GetUpdateTime())
		}
		return s.config.putSink(project, pb)
	})
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(pb), nil
}

// DeleteSink deletes a sink; what it has sent on stays. Those that Google made can be disabled, or not even that.
func (s *ConfigServer) DeleteSink(_ context.Context, req *loggingpb.DeleteSinkRequest) (*emptypb.Empty, error) {
	name := req.GetSinkName()
	if !sinkPattern.MatchString(name) {
		return nil, invalid("Sink name %q is invalid.", name)
	}
	err := s.config.write(projectOf(name), func() error {
		stored, ok := s.config.sinks[name]
		if !ok {
			return noSink(name)
		}
		if id := stored.pb.GetName(); id == defaultID || id == requiredID {
			return invalid("The sink %s cannot be deleted.", id)
		}
		if err := s.config.sinkTable.Delete(name); err != nil {
			return table.Status(err)
		}
		delete(s.config.sinks, name)
		return nil
	})
	return &emptypb.Empty{}, err
}
