package provision

import (
	"context"
	"fmt"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/type/expr"
)

// ControlsView is the part of the audit bucket in which the controls of promises look for entries: the product's own
// trail, and not who looked at data past the product.
const ControlsView = "controls"

// ControlsFilter selects what the view shows.
const ControlsFilter = `log_id("audit")`

func (s Spec) controlsViewName() string { return s.logBucket() + "/views/" + ControlsView }

func (s Spec) controlsView() Resource {
	name := s.controlsViewName()
	want := &loggingpb.LogView{Filter: ControlsFilter, Description: "The trail, for the controls of promises"}
	rs := rules{}
	t := thing[*loggingpb.LogView]{
		read: func(ctx context.Context, c *session) (*loggingpb.LogView, error) {
			return c.LogConfig.GetView(ctx, &loggingpb.GetViewRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.LogConfig.CreateView(ctx, &loggingpb.CreateViewRequest{Parent: s.logBucket(),
				ViewId: ControlsView, View: want})
			return err
		},
		differ: func(have *loggingpb.LogView) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *loggingpb.LogView, found []difference) error {
			rs.overlay(have, want)
			_, err := c.LogConfig.UpdateView(ctx, &loggingpb.UpdateViewRequest{Name: name, View: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "log view", Name: name, api: apiLogging, look: t.look, fresh: true,
		block: tf("google_logging_log_view", ControlsView, set("name", ControlsView), set("bucket", s.logBucket()),
			set("description", want.GetDescription()), set("filter", want.GetFilter())),
	}
}

// throughView lets the tasks service read what the view shows. A view takes a role on the project, with its name as the
// condition.
func (s Spec) throughView() grant {
	return grant{on: s.onProject(), role: "roles/logging.viewAccessor", member: s.member(TasksAccount),
		condition: &expr.Expr{Title: "toh-controls",
			Expression: fmt.Sprintf("resource.name == %q", s.controlsViewName())}}
}
