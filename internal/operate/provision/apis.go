package provision

import (
	"context"

	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
)

// The APIs that the installation uses.
const (
	apiAccounts   = "iam.googleapis.com"
	apiProjects   = "cloudresourcemanager.googleapis.com"
	apiKMS        = "cloudkms.googleapis.com"
	apiFirestore  = "firestore.googleapis.com"
	apiSecrets    = "secretmanager.googleapis.com"
	apiPubSub     = "pubsub.googleapis.com"
	apiScheduler  = "cloudscheduler.googleapis.com"
	apiLogging    = "logging.googleapis.com"
	apiMonitoring = "monitoring.googleapis.com"
	apiStorage    = "storage.googleapis.com"
	apiRun        = "run.googleapis.com"
	apiRegistry   = "artifactregistry.googleapis.com"
)

// apis are enabled in this order. The last ones serve no resource of ours: traces, errors, builds and the image scan.
var apis = []string{
	apiProjects, apiAccounts, apiKMS, apiFirestore, apiSecrets, apiPubSub, apiScheduler, apiLogging, apiMonitoring,
	apiStorage,
	apiRun, apiRegistry,
	"containerscanning.googleapis.com", "containeranalysis.googleapis.com", "cloudbuild.googleapis.com",
	"cloudtrace.googleapis.com", "clouderrorreporting.googleapis.com",
}

func (s Spec) apis() []Resource {
	var list []Resource
	for _, id := range apis {
		name := s.project() + "/services/" + id
		list = append(list, Resource{
			Kind: "API", Name: name, look: enabling(name, id).look,
			block: tf("google_project_service", id, set("service", id), set("disable_on_destroy", false)),
		})
	}
	return list
}

func enabling(name, id string) thing[*serviceusagepb.Service] {
	enable := func(ctx context.Context, s *session) error {
		op, err := s.Services.EnableService(ctx, &serviceusagepb.EnableServiceRequest{Name: name})
		if err != nil {
			return err
		}
		if err := finish(ctx, op.Wait); err != nil {
			return err
		}
		s.disabled[id] = false
		return nil
	}
	return thing[*serviceusagepb.Service]{
		read: func(ctx context.Context, s *session) (*serviceusagepb.Service, error) {
			a, err := s.Services.GetService(ctx, &serviceusagepb.GetServiceRequest{Name: name})
			if err == nil && a.GetState() != serviceusagepb.State_ENABLED {
				err = errNotThere
			}
			return a, err
		},
		create: enable,
		differ: func(*serviceusagepb.Service) []difference { return nil },
	}
}
