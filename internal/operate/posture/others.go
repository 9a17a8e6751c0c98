package posture

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	runglobal "google.golang.org/api/run/v1"
)

// runs is a service or a job of Cloud Run, in any region.
type runs struct {
	thing
	ours    bool
	account string
	ingress string // of a service
}

const mostPages = 20 // of a list

// everywhere reads a list over all regions. If a region does not answer, what is there is undecided.
func everywhere(ctx context.Context, c *cloud, f *findings, kind string, page func(ctx context.Context,
	token string) (found []runs, next string, unreachable []string, err error)) ([]runs, bool) {
	t := thing{kind + "s of", c.project().name}
	type answer struct {
		found []runs
		gone  []string
	}
	a, ok := look(ctx, c, f, ofRun, t, "the installation's", func(ctx context.Context) (answer, error) {
		var a answer
		token := ""
		for range mostPages {
			found, next, gone, err := page(ctx, token)
			if err != nil {
				return a, err
			}
			a.found, a.gone = append(a.found, found...), append(a.gone, gone...)
			if token = next; token == "" {
				return a, nil
			}
		}
		return a, fmt.Errorf("there are more than %d pages", mostPages)
	})
	if ok && len(a.gone) > 0 {
		f.undecided(t, "the installation's", fmt.Errorf("%s did not answer", strings.Join(a.gone, ", ")))
	}
	return a.found, ok
}

func (c *cloud) located(kind, collection string, m *runglobal.ObjectMeta) runs {
	where := cmp.Or(m.Labels["cloud.googleapis.com/location"], "-")
	return runs{
		thing:   thing{kind, c.project().name + "/locations/" + where + "/" + collection + "/" + m.Name},
		ours:    kind == "Cloud Run service" && where == c.region && slices.Contains(services, m.Name),
		ingress: m.Annotations["run.googleapis.com/ingress"],
	}
}

// otherServices: nothing else runs with our credentials, in any region. A function is such a service, too.
func otherServices(ctx context.Context, c *cloud, f *findings) {
	const kind = "Cloud Run service"
	list, ok := everywhere(ctx, c, f, kind, func(ctx context.Context, token string) ([]runs, string, []string, error) {
		resp, err := c.RunGlobal.Namespaces.Services.List("namespaces/" + c.projectID).Continue(token).Context(ctx).Do()
		if err != nil {
			return nil, "", nil, err
		}
		var found []runs
		for _, s := range resp.Items {
			if s.Metadata == nil {
				continue
			}
			r := c.located(kind, "services", s.Metadata)
			if s.Spec != nil && s.Spec.Template != nil && s.Spec.Template.Spec != nil {
				r.account = s.Spec.Template.Spec.ServiceAccountName
			}
			found = append(found, r)
		}
		return found, next(resp.Metadata), resp.Unreachable, nil
	})
	c.othersRun(f, kind, list, ok, "no service but "+strings.Join(services, " and ")+" in "+c.region+
		" with an account of ours")
}

// otherJobs: the installation has no Cloud Run jobs.
func otherJobs(ctx context.Context, c *cloud, f *findings) {
	const kind = "Cloud Run job"
	list, ok := everywhere(ctx, c, f, kind, func(ctx context.Context, token string) ([]runs, string, []string, error) {
		resp, err := c.RunGlobal.Namespaces.Jobs.List("namespaces/" + c.projectID).Continue(token).Context(ctx).Do()
		if err != nil {
			return nil, "", nil, err
		}
		var found []runs
		for _, j := range resp.Items {
			if j.Metadata == nil {
				continue
			}
			r := c.located(kind, "jobs", j.Metadata)
			if j.Spec != nil && j.Spec.Template != nil && j.Spec.Template.Spec != nil &&
				j.Spec.Template.Spec.Template != nil &&
				j.Spec.Template.Spec.Template.Spec != nil {
				r.account = j.Spec.Template.Spec.Template.Spec.ServiceAccountName
			}
			found = append(found, r)
		}
		return found, next(resp.Metadata), resp.Unreachable, nil
	})
	c.othersRun(f, kind, list, ok, "no job with an account of ours")
}

func next(m *runglobal.ListMeta) string {
	if m == nil {
		return ""
	}
	return m.Continue
}

func (c *cloud) othersRun(f *findings, kind string, list []runs, ok bool, expected string) {
	if !ok {
		return
	}
	for _, r := range list {
		if r.ours {
			continue
		}
		read := "runs as " + orNone(r.account) + byDefault(r.account)
		if r.ingress != "" {
			read += ", with ingress " + r.ingress
		}
		if c.ownAccount("serviceAccount:"+r.account) != "" {
			f.expect(false, r.thing, read, expected)
		} else {
			f.remark(r.thing, read, "nothing that is not the installation's; what its account may do is looked at "+
				"with the roles")
		}
	}
	f.expect(true, thing{kind + "s of", c.project().name}, "are "+fmt.Sprint(len(list))+" in all regions",
		"the installation's")
}
