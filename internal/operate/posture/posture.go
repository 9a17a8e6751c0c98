package posture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Options say which installation is looked at.
type Options struct {
	Admin           *operator.Clients
	Project, Region string
	Content, Keys   []store.Collection // what the code declares about the two databases
	Clock           model.Clock        // nil means the system's
	Patience        time.Duration      // for everything together; 0 means three minutes
	// Trails checks every trail against its checkpoints, which reads all entries, and calls tell with each result. If
	// it is nil, no trail is checked.
	Trails func(ctx context.Context, tell func(Trail)) error
}

// Trail is the result of checking the trail of one scope.
type Trail struct {
	Scope string
	State State  // Kept, Broken or Undecided
	Read  string // what was found, in words
}

// Run looks at everything once. It only reads, in some ninety calls, and takes at most as long as the patience. An
// error says that the options are wrong or that the project cannot be read; what else cannot be read is in the report.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.check(); err != nil {
		return Report{}, fmt.Errorf("attest: %w", err)
	}
	if o.Clock == nil {
		o.Clock = model.SystemClock{}
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	ctx, cancel := context.WithTimeout(ctx, o.Patience)
	defer cancel()
	c := &cloud{
		Clients: o.Admin, names: names{o.Project, o.Region}, now: o.Clock.Now(), content: o.Content, keys: o.Keys,
		seen: map[string]any{}, away: map[string]error{}, trails: o.Trails,
	}
	if err := c.learn(ctx); err != nil {
		return Report{}, fmt.Errorf("attest: %w", err)
	}
	return c.report(ctx), nil
}

func (o Options) check() error {
	switch {
	case o.Admin == nil:
		return errors.New("there are no clients")
	case o.Project == "" || o.Region == "":
		return errors.New("the project and the region are not given")
	case o.Admin.Project != o.Project:
		return fmt.Errorf("the clients are for project %q, but %q is to be attested", o.Admin.Project, o.Project)
	case len(o.Content) == 0 || len(o.Keys) == 0:
		return errors.New("the collections of the databases are not given")
	}
	return nil
}

// learn reads the project's number, without which Google's own accounts cannot be distinguished from others.
func (c *cloud) learn(ctx context.Context) error {
	p, err := read(ctx, c, ofProjects, c.project(), func(ctx context.Context) (*resourcemanagerpb.Project, error) {
		return c.Projects.GetProject(ctx, &resourcemanagerpb.GetProjectRequest{Name: c.project().name})
	})
	if err != nil {
		return fmt.Errorf("look at project %s: %s: %w", c.projectID, reason(err), model.ErrUnavailable)
	}
	c.number = strings.TrimPrefix(p.GetName(), "projects/")
	return nil
}

func (c *cloud) report(ctx context.Context) Report {
	r := Report{Project: c.projectID, Region: c.region, At: c.now.UTC().Truncate(time.Second),
		NotAttested: notAttested()}
	done := map[string][]Finding{}
	for _, p := range promises {
		out := Result{ID: p.id, Title: p.title, Product: productOf(p.id), Sees: p.sees, Beyond: p.beyond}
		for _, k := range p.checks {
			if k.name == wholeCheck.name && c.trails == nil {
				continue
			}
			if _, known := done[k.name]; !known {
				done[k.name] = c.run(ctx, k)
			}
			out.Checks = append(out.Checks, done[k.name]...)
		}
		out.settle()
		r.Promises = append(r.Promises, out)
	}
	r.settle()
	r.Access = c.access(ctx)
	return r
}

func notAttested() []Elsewhere {
	list := slices.Clone(elsewhere)
	for i := range list {
		list[i].Product = productOf(list[i].ID)
	}
	return list
}

// run makes one check. A check that found nothing at all to look at has decided nothing.
func (c *cloud) run(ctx context.Context, k check) []Finding {
	f := &findings{check: k.name}
	k.run(ctx, c, f)
	if len(f.list) == 0 {
		f.undecided(c.project(), k.name, errors.New("there was nothing to look at"))
	}
	return f.list
}
