package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/type/expr"
)

func resources(grants []grant) []Resource {
	list := make([]Resource, len(grants))
	for i, g := range grants {
		list[i] = g.resource()
	}
	return list
}

const (
	useKey     = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
	readSecret = "roles/secretmanager.secretAccessor"
	seeSecret  = "roles/secretmanager.viewer" // to see which versions exist
)

// agentGrants let Google's services use the key under which they encrypt what they store for us.
func (s Spec) agentGrants() []Resource {
	var list []grant
	for _, a := range []struct{ agent, api string }{
		{"gcp-sa-firestore", apiFirestore},
		{"gcp-sa-pubsub", apiPubSub},
		{"gcp-sa-secretmanager", apiSecrets},
		{"gcp-sa-artifactregistry", apiRegistry},
	} {
		list = append(list, grant{on: s.onKey(DataKey), role: useKey, member: s.agent(a.agent),
			prepare: s.identity(a.api)})
	}
	list = append(list,
		grant{on: s.onKey(DataKey), role: useKey, member: s.agent("gs-project-accounts"), prepare: s.storageIdentity},
		grant{on: s.onKey(DataKey), role: useKey, member: "serviceAccount:" + loggingMark},
	)
	return resources(list)
}

// identity creates the account with which a Google service works for the project. Repeating the call does no harm.
func (s Spec) identity(api string) func(context.Context, *session) error {
	return func(ctx context.Context, c *session) error {
		op, err := c.Identities.Services.GenerateServiceIdentity("projects/" + c.spec.number + "/services/" + api).
			Context(ctx).Do()
		for err == nil && !op.Done {
			if err = pause(ctx, identityPause); err == nil {
				op, err = c.Identities.Operations.Get(op.Name).Context(ctx).Do()
			}
		}
		if err == nil && op.Error != nil {
			err = errors.New(op.Error.Message)
		}
		if err != nil {
			return fmt.Errorf("create the account of %s: %w", api, err)
		}
		return nil
	}
}

const identityPause = 2 * time.Second

// storageIdentity is the same for Cloud Storage, which creates its account when it is asked for the name.
func (s Spec) storageIdentity(ctx context.Context, c *session) error {
	if _, err := c.Storage.Projects.ServiceAccount.Get(s.Project).Context(ctx).Do(); err != nil {
		return fmt.Errorf("create the account of Cloud Storage: %w", err)
	}
	return nil
}

// grants are what the services and the build may do, each on the one resource that it needs. Where a Google service has
// no policy of its own, the grant is on the project.
func (s Spec) grants() []Resource {
	var list []grant
	for _, who := range []string{WebAccount, TasksAccount} {
		member := s.member(who)
		list = append(list,
			grant{on: s.onKey(WorkspacesKey), role: useKey, member: member},
			grant{on: s.onTopic(TasksTopic), role: "roles/pubsub.publisher", member: member},
			grant{on: s.onProject(), role: "roles/datastore.user", member: member, condition: s.ourDatabases()},
			grant{on: s.onProject(), role: "roles/logging.logWriter", member: member},
			grant{on: s.onProject(), role: "roles/monitoring.metricWriter", member: member},
			grant{on: s.onProject(), role: "roles/cloudtrace.agent", member: member},
		)
		for _, x := range secrets {
			list = append(list,
				grant{on: s.onSecret(x.id), role: readSecret, member: member},
				grant{on: s.onSecret(x.id), role: seeSecret, member: member})
		}
	}
	list = append(list, s.signingGrants()...)
	list = append(list, grant{on: s.onProject(), role: s.lookRoleName(), member: s.member(TasksAccount)},
		s.throughView())
	list = append(list, s.mirrorGrants()...)
	return resources(append(list, s.buildGrants()...))
}

// buildGrants let the build put images into the repository, record what is in them, read the scan results, and read how
// a new revision performs.
func (s Spec) buildGrants() []grant {
	build := s.member(BuildAccount)
	return []grant{
		{on: s.onRepository(), role: "roles/artifactregistry.writer", member: build},
		{on: s.onProject(), role: "roles/logging.logWriter", member: build},
		{on: s.onProject(), role: "roles/containeranalysis.occurrences.editor", member: build},
		{on: s.onProject(), role: "roles/containeranalysis.notes.editor", member: build},
		{on: s.onProject(), role: "roles/monitoring.viewer", member: build},
		{on: s.onProject(), role: "roles/storage.objectViewer", member: build, condition: s.sources()},
		{on: s.onProject(), role: "roles/storage.objectCreator", member: build, condition: s.contents()},
		{on: s.onAccount(WebAccount), role: "roles/iam.serviceAccountUser", member: build},
		{on: s.onAccount(TasksAccount), role: "roles/iam.serviceAccountUser", member: build},
	}
}

// sources limits a grant to the bucket into which gcloud puts the sources of a build. gcloud creates that bucket
// itself.
func (s Spec) sources() *expr.Expr {
	return &expr.Expr{
		Title:      "toh-build-sources",
		Expression: fmt.Sprintf("resource.name.startsWith(%q)", "projects/_/buckets/"+s.Project+"_cloudbuild"),
	}
}

// contents limits a grant to the lists of what is in the images, which are stored beside the sources.
func (s Spec) contents() *expr.Expr {
	return &expr.Expr{
		Title: "toh-build-contents",
		Expression: fmt.Sprintf("resource.name.startsWith(%q)", "projects/_/buckets/"+s.Project+
			"_cloudbuild/objects/sbom/"),
	}
}

// ourDatabases limits a grant to the two databases of the installation.
func (s Spec) ourDatabases() *expr.Expr {
	return &expr.Expr{
		Title: "toh-databases",
		Expression: fmt.Sprintf("resource.name == %q || resource.name == %q", s.database(ContentDatabase),
			s.database(KeysDatabase)),
	}
}

// serviceGrants say who may call the services, and who may deploy them.
func (s Spec) serviceGrants() []Resource {
	build := s.member(BuildAccount)
	list := []grant{
		{on: s.onService(TasksService), role: "roles/run.invoker", member: s.member(PushAccount)},
		{on: s.onService(WebService), role: "roles/run.developer", member: build},
		{on: s.onService(TasksService), role: "roles/run.developer", member: build},
		{on: s.onAccount(PushAccount), role: "roles/iam.serviceAccountTokenCreator", member: s.agent("gcp-sa-pubsub")},
		{on: s.onTopic(TickTopic), role: "roles/pubsub.publisher", member: s.agent("gcp-sa-cloudscheduler"),
			prepare: s.identity(apiScheduler)},
		{on: s.onTopic(DeadTopic), role: "roles/pubsub.publisher", member: s.agent("gcp-sa-pubsub")},
	}
	if !s.NoInvokerCheck {
		list = append(list, grant{on: s.onService(WebService), role: "roles/run.invoker", member: "allUsers",
			needless: s.openAnyway})
	}
	return resources(list)
}

// openAnyway reports whether Cloud Run does not check who calls the pages, so that nobody needs a role to call them.
func (s Spec) openAnyway(ctx context.Context, c *session) (bool, error) {
	have, err := c.Run.GetService(ctx, &runpb.GetServiceRequest{Name: s.service(WebService)})
	if isMissing(err) {
		return false, nil
	}
	return have.GetInvokerIamDisabled(), err
}
