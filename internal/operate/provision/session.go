package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
	"github.com/googleapis/gax-go/v2"

	"github.com/tinyoperahouse/toh/internal/model"
)

// session is what one plan or apply knows about the project.
type session struct {
	*Clients
	spec     Spec
	clock    model.Clock
	sleep    sleeper
	tells    io.Writer       // gets a line for each wait; nil does not wait
	disabled map[string]bool // APIs that are not enabled: what they serve does not exist
}

const (
	lookTime = time.Minute      // for looking at one resource
	makeTime = 30 * time.Minute // for creating or changing one, including waits
)

// begin reads what the specification cannot know. tells gets a line for each wait, see patiently.
func begin(ctx context.Context, c *Clients, spec Spec, tells io.Writer) (*session, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	if c.Project != spec.Project {
		return nil, fmt.Errorf("the clients are of project %q, the specification of %q", c.Project, spec.Project)
	}
	s := &session{Clients: c, spec: spec, clock: spec.Clock, sleep: spec.sleep, tells: tells,
		disabled: map[string]bool{}}
	if s.clock == nil {
		s.clock = model.SystemClock{}
	}
	if s.sleep == nil {
		s.sleep = pause
	}
	err := s.patiently(ctx, false, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		project, err := c.Projects.GetProject(ctx, &resourcemanagerpb.GetProjectRequest{Name: spec.project()})
		if err != nil {
			return fmt.Errorf("look at the project (it must exist, with the APIs cloudresourcemanager and "+
				"serviceusage enabled): %w", err)
		}
		s.spec.number = strings.TrimPrefix(project.GetName(), "projects/")
		return s.lookAtAPIs(ctx)
	})
	return s, err
}

func (s *session) lookAtAPIs(ctx context.Context) error {
	const batch = 20 // names in one request; Google accepts 30
	for ids := range slices.Chunk(apis, batch) {
		req := &serviceusagepb.BatchGetServicesRequest{Parent: s.spec.project()}
		for _, id := range ids {
			req.Names = append(req.Names, s.spec.project()+"/services/"+id)
		}
		resp, err := s.Services.BatchGetServices(ctx, req)
		if err != nil {
			return fmt.Errorf("look at the enabled APIs: %w", err)
		}
		for _, a := range resp.GetServices() {
			id := a.GetName()[strings.LastIndexByte(a.GetName(), '/')+1:]
			s.disabled[id] = a.GetState() != serviceusagepb.State_ENABLED
		}
	}
	return nil
}

// inspect looks at one resource. An API that was enabled a moment ago may refuse to be read.
func (s *session) inspect(ctx context.Context, r Resource) (finding, error) {
	if s.disabled[r.api] {
		return finding{verb: Create, do: func(ctx context.Context) error {
			return fmt.Errorf("the API %s is not enabled", r.api)
		}}, nil
	}
	var f finding
	err := s.patiently(ctx, false, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		f, err = r.look(ctx, s)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("look at %s %s: %w", r.Kind, r.Name, err)
	}
	return f, nil
}

// loggingMark stands for the account of Cloud Logging, whose name only Cloud Logging knows.
const loggingMark = "{logging}"

// member says whom a grant is for.
func (s *session) member(ctx context.Context, m string) (string, error) {
	if !strings.Contains(m, loggingMark) {
		return m, nil
	}
	settings, err := s.LogConfig.GetSettings(ctx, &loggingpb.GetSettingsRequest{Name: s.spec.project() + "/settings"})
	if err != nil {
		return "", fmt.Errorf("ask Cloud Logging for its account: %w", err)
	}
	if settings.GetKmsServiceAccountId() == "" {
		return "", errors.New("the settings of Cloud Logging name no account for its keys")
	}
	return strings.ReplaceAll(m, loggingMark, settings.GetKmsServiceAccountId()), nil
}

// finish waits for an operation that continues at Google.
func finish[R any](ctx context.Context, wait func(context.Context, ...gax.CallOption) (R, error)) error {
	_, err := wait(ctx)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("it continues at Google; apply again later to pick it up: %w", err)
	}
	return err
}
