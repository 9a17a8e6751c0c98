package run

import (
	"regexp"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
)

const latest = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST

var tagPattern = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,44}[a-z0-9])?$`)

// route fills in the traffic that results from the service's settings.
func (s *Server) route(service *runpb.Service) error {
	service.Uri, service.Urls, service.TrafficStatuses = "", nil, nil
	if !service.GetDefaultUriDisabled() {
		service.Uri = "https://" + host(service.GetName())
		service.Urls = []string{service.GetUri()}
	}
	for _, target := range service.GetTraffic() {
		status := &runpb.TrafficTargetStatus{Type: target.GetType(), Revision: target.GetRevision(),
			Percent: target.GetPercent(), Tag: target.GetTag()}
		if target.GetType() == latest {
			name := service.GetLatestReadyRevision()
			status.Revision = name[strings.LastIndexByte(name, '/')+1:]
		} else if err := s.findRevision(service, target.GetRevision()); err != nil {
			return err
		}
		if target.GetTag() != "" && service.GetUri() != "" {
			status.Uri = "https://" + target.GetTag() + "---" + host(service.GetName())
		}
		service.TrafficStatuses = append(service.TrafficStatuses, status)
	}
	return nil
}

// findRevision also finds the revision that this very change makes.
func (s *Server) findRevision(service *runpb.Service, id string) error {
	name := service.GetName() + "/revisions/" + id
	if name == service.GetLatestCreatedRevision() {
		return nil
	}
	_, err := s.revisions.Get(name)
	return err
}

func checkTraffic(targets []*runpb.TrafficTarget) error {
	if len(targets) == 0 {
		return nil
	}
	var sum int32
	tags := map[string]bool{}
	for _, target := range targets {
		if err := checkTarget(target); err != nil {
			return err
		}
		if tag := target.GetTag(); tag != "" && tags[tag] {
			return invalid("traffic: the tag %q is there twice.", tag)
		}
		tags[target.GetTag()] = true
		sum += target.GetPercent()
	}
	if sum != 100 {
		return invalid("traffic: the percentages add up to %d, not to 100.", sum)
	}
	return nil
}

func checkTarget(target *runpb.TrafficTarget) error {
	switch {
	case target.GetType() == runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_UNSPECIFIED:
		return invalid("traffic: a target has no type.")
	case (target.GetType() == latest) != (target.GetRevision() == ""):
		return invalid("traffic: a revision is named by targets of type REVISION, and only by them.")
	case target.GetPercent() < 0 || target.GetPercent() > 100:
		return invalid("traffic: %d is not a percentage.", target.GetPercent())
	case target.GetTag() != "" && !tagPattern.MatchString(target.GetTag()):
		return invalid("traffic: the tag %q is invalid.", target.GetTag())
	}
	return nil
}
