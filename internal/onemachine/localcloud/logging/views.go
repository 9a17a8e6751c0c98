package logging

import (
	"context"
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

const maxViews = 30

func compileView(pb *loggingpb.LogView) (view, error) {
	f, err := filter.Parse(pb.GetFilter())
	if err != nil {
		return view{}, invalid("Unparseable filter: %v.", err)
	}
	return view{pb: pb, filter: f}, nil
}

// CreateView makes a view of a bucket.
func (s *ConfigServer) CreateView(_ context.Context, req *loggingpb.CreateViewRequest) (*loggingpb.LogView, error) {
	if !bucketPattern.MatchString(req.GetParent()) {
		return nil, invalid("Bucket name %q is invalid.", req.GetParent())
	}
	if !newIDPattern.MatchString(req.GetViewId()) {
		return nil, invalid("View id %q is invalid.", req.GetViewId())
	}
	pb := &loggingpb.LogView{
		Name:        req.GetParent() + "/views/" + req.GetViewId(),
		Description: req.GetView().GetDescription(),
		Filter:      req.GetView().GetFilter(),
		CreateTime:  timestamppb.New(s.clock.Now()),
		UpdateTime:  timestamppb.New(s.clock.Now()),
	}
	compiled, err := compileView(pb)
	if err != nil {
		return nil, err
	}
	err = s.config.write(projectOf(req.GetParent()), func() error {
		return s.config.addView(req.GetParent(), compiled)
	})
	return proto.CloneOf(pb), err
}

func (c *config) addView(bucket string, v view) error {
	if c.buckets[bucket] == nil {
		return noBucket(bucket)
	}
	count := 0
	for name := range c.views {
		if strings.HasPrefix(name, bucket+"/views/") {
			count++
		}
	}
	if _, ok := c.views[v.pb.GetName()]; ok {
		return status.Errorf(codes.AlreadyExists, "View `%s` already exists.", v.pb.GetName())
	}
	if count >= maxViews {
		return status.Errorf(codes.ResourceExhausted, "A bucket has at most %d views.", maxViews)
	}
	if err := c.viewTable.Put(v.pb.GetName(), v.pb); err != nil {
		return table.Status(err)
	}
	c.views[v.pb.GetName()] = v
	return nil
}

// GetView returns a view.
func (s *ConfigServer) GetView(_ context.Context, req *loggingpb.GetViewRequest) (*loggingpb.LogView, error) {
	v, err := s.config.view(req.GetName())
	return v.pb, err
}

func (c *config) view(name string) (view, error) {
	if !viewPattern.MatchString(name) {
		return view{}, invalid("View name %q is invalid.", name)
	}
	var v view
	c.read(projectOf(name), func() { v = c.views[name] })
	if v.pb == nil {
		return view{}, status.Errorf(codes.NotFound, "View `%s` does not exist.", name)
	}
	return v, nil
}

// ListViews lists the views of a bucket.
func (s *ConfigServer) ListViews(_ context.Context, req *loggingpb.ListViewsRequest) (*loggingpb.ListViewsResponse,
	error) {
	if !bucketPattern.MatchString(req.GetParent()) {
		return nil, invalid("Bucket name %q is invalid.", req.GetParent())
	}
	var resp loggingpb.ListViewsResponse
	var err error
	s.config.read(projectOf(req.GetParent()), func() {
		if s.config.buckets[req.GetParent()] == nil {
			err = noBucket(req.GetParent())
			return
		}
		var names []string
		names, resp.NextPageToken, err = table.Names(s.config.views, under(req.GetParent()), req.GetPageSize(),
			req.GetPageToken())
		for _, name := range names {
			resp.Views = append(resp.Views, s.config.views[name].pb)
		}
	})
	return &resp, err
}

// UpdateView changes filter and description of a view; without a mask, both.
func (s *ConfigServer) UpdateView(_ context.Context, req *loggingpb.UpdateViewRequest) (*loggingpb.LogView, error) {
	var changed *loggingpb.LogView
	err := s.changeView(req.GetName(), func(v view) error {
		changed = proto.CloneOf(v.pb)
		paths := req.GetUpdateMask().GetPaths()
		if len(paths) == 0 {
			paths = []string{"filter", "description"}
		}
		if err := crud.Merge(changed, req.GetView(), paths, "filter", "description"); err != nil {
			return err
		}
		changed.UpdateTime = timestamppb.New(s.clock.Now())
		compiled, err := compileView(changed)
		if err != nil {
			return err
		}
		if err := s.config.viewTable.Put(req.GetName(), changed); err != nil {
			return table.Status(err)
		}
		s.config.views[req.GetName()] = compiled
		return nil
	})
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(changed), nil
}

// DeleteView deletes a view.
func (s *ConfigServer) DeleteView(_ context.Context, req *loggingpb.DeleteViewRequest) (*emptypb.Empty, error) {
	err := s.changeView(req.GetName(), func(view) error {
		if err := s.config.viewTable.Delete(req.GetName()); err != nil {
			return table.Status(err)
		}
		delete(s.config.views, req.GetName())
		return nil
	})
	return &emptypb.Empty{}, err
}

// changeView runs change on one of the operator's views; Google's own views cannot be changed.
func (s *ConfigServer) changeView(name string, change func(view) error) error {
	if !viewPattern.MatchString(name) {
		return invalid("View name %q is invalid.", name)
	}
	if strings.HasPrefix(name[strings.LastIndex(name, "/")+1:], "_") {
		return invalid("View `%s` cannot be changed.", name)
	}
	return s.config.write(projectOf(name), func() error {
		v, ok := s.config.views[name]
		if !ok {
			return status.Errorf(codes.NotFound, "View `%s` does not exist.", name)
		}
		return change(v)
	})
}
