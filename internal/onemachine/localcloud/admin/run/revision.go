package run

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
)

const revisionID = `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`

var revisionPattern = regexp.MustCompile(`^` + revisionID + `$`)

// revisions serves google.cloud.run.v2.Revisions.
type revisions struct {
	runpb.UnimplementedRevisionsServer
	*Server
}

// GetRevision returns a revision.
func (r revisions) GetRevision(_ context.Context, req *runpb.GetRevisionRequest) (*runpb.Revision, error) {
	return r.revisions.Get(req.GetName())
}

// ListRevisions lists the revisions of a service by their names.
func (r revisions) ListRevisions(_ context.Context, req *runpb.ListRevisionsRequest) (*runpb.ListRevisionsResponse,
	error) {
	items, next, _, err := r.revisions.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &runpb.ListRevisionsResponse{Revisions: items, NextPageToken: next}, err
}

// revise makes a revision if the template is new, and names the latest one.
func (s *Server) revise(c crud.Change[*runpb.Service]) error {
	c.Next.LatestCreatedRevision = c.Old.GetLatestCreatedRevision()
	if c.Old == nil || !proto.Equal(c.Old.GetTemplate(), c.Next.GetTemplate()) {
		name, err := s.nameRevision(c.Next)
		if err != nil {
			return err
		}
		if err := s.revisions.Add(c.With, name, revisionOf(c.Next)); err != nil {
			return err
		}
		c.Next.LatestCreatedRevision = name
	}
	c.Next.LatestReadyRevision = c.Next.GetLatestCreatedRevision()
	return nil
}

func (s *Server) nameRevision(service *runpb.Service) (string, error) {
	id := service.GetName()[strings.LastIndexByte(service.GetName(), '/')+1:]
	wanted := service.GetTemplate().GetRevision()
	if wanted == "" {
		wanted = fmt.Sprintf("%s-%05d-%s", id, service.GetGeneration(), strings.ToLower(rand.Text()[:3]))
	}
	if !strings.HasPrefix(wanted, id+"-") || !revisionPattern.MatchString(wanted) {
		return "", invalid("template.revision %q must begin with %q and be a name of at most 63 characters.", wanted,
			id+"-")
	}
	name := service.GetName() + "/revisions/" + wanted
	if _, err := s.revisions.Get(name); status.Code(err) != codes.NotFound {
		if err == nil {
			err = status.Errorf(codes.AlreadyExists, "Revision %q already exists.", name)
		}
		return "", err
	}
	return name, nil
}

func revisionOf(service *runpb.Service) *runpb.Revision {
	t := service.GetTemplate()
	return &runpb.Revision{
		Generation:                    1,
		ObservedGeneration:            1,
		Service:                       service.GetName(),
		Labels:                        t.GetLabels(),
		Annotations:                   t.GetAnnotations(),
		LaunchStage:                   service.GetLaunchStage(),
		Scaling:                       t.GetScaling(),
		VpcAccess:                     t.GetVpcAccess(),
		MaxInstanceRequestConcurrency: t.GetMaxInstanceRequestConcurrency(),
		Timeout:                       t.GetTimeout(),
		ServiceAccount:                t.GetServiceAccount(),
		Containers:                    t.GetContainers(),
		Volumes:                       t.GetVolumes(),
		ExecutionEnvironment:          t.GetExecutionEnvironment(),
		EncryptionKey:                 t.GetEncryptionKey(),
		SessionAffinity:               t.GetSessionAffinity(),
		Conditions:                    []*runpb.Condition{succeeded("Ready", service.GetUpdateTime())},
	}
}
