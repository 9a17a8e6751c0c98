package posture

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
)

// apis are what the installation depends on.
var apis = []string{
	"run", "firestore", "cloudkms", "secretmanager", "logging", "pubsub", "storage", "cloudscheduler", "monitoring",
	"artifactregistry", "iam", "cloudresourcemanager",
}

func apisEnabled(ctx context.Context, c *cloud, f *findings) {
	t := thing{"enabled APIs of", c.project().name}
	req := &serviceusagepb.BatchGetServicesRequest{Parent: c.project().name}
	for _, id := range apis {
		req.Names = append(req.Names, c.project().name+"/services/"+id+".googleapis.com")
	}
	resp, ok := look(ctx, c, f, ofServices, t, "all APIs enabled",
		func(ctx context.Context) (*serviceusagepb.BatchGetServicesResponse, error) {
			return c.Services.BatchGetServices(ctx, req)
		})
	if !ok {
		return
	}
	state := map[string]serviceusagepb.State{}
	for _, s := range resp.GetServices() {
		state[short(s.GetName())] = s.GetState()
	}
	for i, id := range apis {
		s := state[id+".googleapis.com"]
		f.expect(s == serviceusagepb.State_ENABLED, thing{"API", req.GetNames()[i]}, "is "+s.String(), "ENABLED")
	}
}

// runService reads a service.
func runService(ctx context.Context, c *cloud, f *findings, id, expected string) (*runpb.Service, bool) {
	t := c.service(id)
	return look(ctx, c, f, ofRun, t, expected, func(ctx context.Context) (*runpb.Service, error) {
		return c.Run.GetService(ctx, &runpb.GetServiceRequest{Name: t.name})
	})
}

// eachService checks both services, and each older revision that can still be called, because it runs with its own
// settings, whatever the service's are now.
func eachService(expected string, see func(c *cloud, f *findings, id string, s *runpb.Service)) func(context.Context,
	*cloud, *findings) {
	return func(ctx context.Context, c *cloud, f *findings) {
		for _, id := range services {
			s, ok := runService(ctx, c, f, id, expected)
			if !ok {
				continue
			}
			see(c, f, id, s)
			for _, old := range olderRevisions(ctx, c, f, id, s) {
				see(c, f, id+revisionsOf+short(old.GetName()), &runpb.Service{Template: &runpb.RevisionTemplate{
					ServiceAccount: old.GetServiceAccount(), Containers: old.GetContainers(), Volumes: old.GetVolumes(),
				}})
			}
		}
	}
}

// olderRevisions are those that get traffic or have an address of their own, without the latest.
func olderRevisions(ctx context.Context, c *cloud, f *findings, id string, s *runpb.Service) []*runpb.Revision {
	var called []string
	for _, t := range s.GetTrafficStatuses() {
		if (t.GetPercent() > 0 || t.GetTag() != "") && t.GetRevision() != "" &&
			t.GetRevision() != short(s.GetLatestCreatedRevision()) {
			called = append(called, t.GetRevision())
		}
	}
	if len(called) == 0 {
		return nil
	}
	t := thing{"revisions of", c.service(id).name}
	list, ok := look(ctx, c, f, ofRun, t, "the revisions that can be called",
		func(ctx context.Context) ([]*runpb.Revision, error) {
			return all(c.Revisions.ListRevisions(ctx, &runpb.ListRevisionsRequest{Parent: c.service(id).name}).Next)
		})
	found := slices.DeleteFunc(slices.Clone(list), func(r *runpb.Revision) bool {
		return !slices.Contains(called, short(r.GetName()))
	})
	slices.Sort(called)
	if n := len(slices.Compact(called)); ok && len(found) < n {
		f.undecided(t, "the revisions that can be called", fmt.Errorf("%d of %d are not listed", n-len(found), n))
	}
	return found
}

const placeholder = "us-docker.pkg.dev/cloudrun/container/hello"

var digest = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)

// images come from the installation's own repository and are named by digest, so that nobody can exchange one.
var images = eachService("an image by digest", func(c *cloud, f *findings, id string, s *runpb.Service) {
	own := fmt.Sprintf("%s-docker.pkg.dev/%s/toh/", c.region, c.projectID)
	list := s.GetTemplate().GetContainers()
	f.expect(len(list) > 0, c.service(id), "runs "+plural(len(list), "container"), "a container")
	for i, container := range list {
		image := container.GetImage()
		switch {
		case i > 0: // reported by ownPrograms
		case strings.TrimSuffix(image, ":latest") == placeholder:
			f.remark(c.service(id), "runs the placeholder "+image, "an image of "+own+
				" by digest, after the first deployment")
		case !strings.HasPrefix(image, own):
			f.expect(false, c.service(id), "runs "+image, "an image of "+own)
		default:
			f.expect(digest.MatchString(image), c.service(id), "runs "+image, "an image by digest, not by tag")
		}
	}
})

// ownPrograms: a service runs its image's program and nothing beside it. Another container, or another command in ours,
// would have the account, the secrets and the databases of the service.
var ownPrograms = eachService("its own program alone", func(c *cloud, f *findings, id string, s *runpb.Service) {
	list, before := s.GetTemplate().GetContainers(), len(f.list)
	for i, container := range list {
		if i > 0 {
			f.expect(false, c.service(id), "also runs "+container.GetImage(), "the service's own container alone")
		}
		if own := slices.Concat(container.GetCommand(), container.GetArgs()); len(own) > 0 {
			f.expect(false, c.service(id), "starts "+cut(strings.Join(own, " "))+" in "+container.GetImage(),
				"the image's own program, without a command or arguments of its own")
		}
	}
	if len(f.list) == before {
		f.expect(true, c.service(id), "runs "+plural(len(list), "container")+", with its image's program",
			"the service's own container alone")
	}
})

// noDisks: nothing but memory and secrets is mounted.
var noDisks = eachService("no disk", func(c *cloud, f *findings, id string, s *runpb.Service) {
	var bad []string
	for _, v := range s.GetTemplate().GetVolumes() {
		if v.GetNfs() != nil || v.GetGcs() != nil || v.GetCloudSqlInstance() != nil {
			bad = append(bad, v.GetName())
		}
	}
	f.expect(len(bad) == 0, c.service(id), "mounts "+orNone(strings.Join(bad, ", "))+" of disks, buckets and databases",
		"none")
})

var ownAccounts = eachService("an account of its own", func(c *cloud, f *findings, id string, s *runpb.Service) {
	service, _, _ := strings.Cut(id, revisionsOf)
	want := c.email(map[string]string{webService: webAccount, tasksService: tasksAccount}[service])
	have := s.GetTemplate().GetServiceAccount()
	f.expect(have == want, c.service(id), "runs as "+orNone(have)+byDefault(have), want)
})

func byDefault(account string) string {
	if account == "" || strings.HasSuffix(account, "-compute@developer.gserviceaccount.com") {
		return " (the project's default compute account)"
	}
	return ""
}

// waysIn: pages are open to everybody, perhaps behind a load balancer; tasks can be called only from inside, and only
// by those who may.
func waysIn(ctx context.Context, c *cloud, f *findings) {
	if s, ok := runService(ctx, c, f, tasksService, "internal ingress"); ok {
		f.expect(s.GetIngress() == runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY, c.service(tasksService),
			"has ingress "+s.GetIngress().String(), "INGRESS_TRAFFIC_INTERNAL_ONLY")
		f.expect(!s.GetInvokerIamDisabled(), c.service(tasksService), "checks who calls: "+
			yes(!s.GetInvokerIamDisabled()), "yes")
	}
	if s, ok := runService(ctx, c, f, webService, "ingress of HTTPS"); ok {
		open := []runpb.IngressTraffic{
			runpb.IngressTraffic_INGRESS_TRAFFIC_ALL, runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER,
		}
		f.expect(slices.Contains(open, s.GetIngress()), c.service(webService), "has ingress "+s.GetIngress().String(),
			"pages for everybody, by Cloud Run's or a load balancer's front")
		// Everybody gets in by a role or, where an organization forbids such roles, because the check is switched off.
		// The product itself checks who it is.
		f.expect(true, c.service(webService), "checks who calls: "+yes(!s.GetInvokerIamDisabled()),
			"either, since the pages are for everybody")
	}
}
