package storage

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

const (
	timeFormat   = "2006-01-02T15:04:05.000Z"
	lockAfter    = 90 * 24 * time.Hour // after which uniform access stays
	softDeletion = "604800"            // seconds, when the caller does not say
)

func (s *Server) insert(r *http.Request) (any, error) {
	id := r.URL.Query().Get("project")
	if !project.WellFormed(id) {
		return nil, invalid("Invalid argument: project %q.", id)
	}
	next, err := given(r)
	if err != nil {
		return nil, err
	}
	merge(next, map[string]any(next)) // removes what is null
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.get(next.text("name")); status.Code(err) != codes.NotFound {
		if err == nil {
			err = fail(http.StatusConflict, "conflict", "The requested bucket name is not available. Please select a "+
				"different name and try again.")
		}
		return nil, err
	}
	next["projectNumber"], next["timeCreated"] = project.Number(id), s.now()
	next["location"] = strings.ToUpper(next.text("location"))
	if next["location"] == "" {
		next["location"] = "US"
	}
	if next["softDeletePolicy"] == nil {
		next["softDeletePolicy"] = map[string]any{"retentionDurationSeconds": softDeletion}
	}
	if err := checkACL(r, next, next); err != nil {
		return nil, err
	}
	if err := s.settle(r.Context(), next, nil, id); err != nil {
		return nil, err
	}
	made, err := s.put(next)
	if err != nil {
		return nil, err
	}
	return made, s.firstPolicy(r.Context(), next.text("name"), id)
}

func (s *Server) now() string { return s.clock.Now().UTC().Format(timeFormat) }

func (s *Server) read(r *http.Request) (any, error) {
	b, err := s.get(r.PathValue("bucket"))
	if err != nil {
		return nil, err
	}
	return b, checkConditions(r, b)
}

// patch changes what the request names.
func (s *Server) patch(r *http.Request) (any, error) {
	return s.change(r, func(old, given bucket) bucket {
		next := bucket{}
		merge(next, map[string]any(old))
		merge(next, map[string]any(given))
		return next
	})
}

// update replaces everything that callers can set; what cannot be changed stays when it is left out.
func (s *Server) update(r *http.Request) (any, error) {
	return s.change(r, func(old, given bucket) bucket {
		next := bucket{}
		for _, path := range outputOnly {
			if v, ok := old[path[0]]; ok && len(path) == 1 {
				next[path[0]] = v
			}
		}
		for _, key := range immutable {
			if v, ok := old[key]; ok {
				next[key] = v
			}
		}
		merge(next, map[string]any(given))
		return next
	})
}

func (s *Server) change(r *http.Request, combine func(old, given bucket) bucket) (any, error) {
	from, err := given(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.get(r.PathValue("bucket"))
	if err != nil {
		return nil, err
	}
	if err := checkConditions(r, old); err != nil {
		return nil, err
	}
	if location := from.text("location"); location != "" {
		from["location"] = strings.ToUpper(location)
	}
	next := combine(old, from)
	if err := checkImmutable(next, old); err != nil {
		return nil, err
	}
	if err := checkACL(r, from, next); err != nil {
		return nil, err
	}
	if err := s.settle(r.Context(), next, old, old.text("projectNumber")); err != nil {
		return nil, err
	}
	return s.put(next)
}

// settle checks a bucket and fills what the service sets.
func (s *Server) settle(ctx context.Context, next, old bucket, in string) error {
	typed, err := next.typed()
	if err != nil {
		return err
	}
	if err := check(typed); err != nil {
		return err
	}
	if e := typed.Encryption; e != nil {
		if err := s.useKey.Check(ctx, e.DefaultKmsKeyName, "projects/"+in, typed.Location, agent); err != nil {
			return err
		}
	}
	if err := s.fillAccess(next, old); err != nil {
		return err
	}
	n, _ := strconv.ParseInt(orZero(old.text("metageneration")), 10, 64)
	metageneration := strconv.FormatInt(n+1, 10)
	for key, value := range map[string]any{
		"kind": "storage#bucket", "id": next.text("name"), "selfLink": "https://www.googleapis.com/storage/v1/b/" +
			next.text("name"),
		"metageneration": metageneration, "etag": etagOf(metageneration), "updated": s.now(),
		"locationType": locationType(next.text("location")),
	} {
		next[key] = value
	}
	if next.text("storageClass") == "" {
		next["storageClass"] = "STANDARD"
	}
	if soft, ok := next["softDeletePolicy"].(map[string]any); ok && soft["effectiveTime"] == nil {
		soft["effectiveTime"] = s.now()
	}
	return nil
}

// fillAccess fills in the IAM configuration. Uniform access can be switched off only for a while.
func (s *Server) fillAccess(next, old bucket) error {
	full := map[string]any{"publicAccessPrevention": "inherited",
		"uniformBucketLevelAccess": map[string]any{"enabled": false}}
	if have, ok := next["iamConfiguration"].(map[string]any); ok {
		merge(full, have)
	}
	uniform, _ := full["uniformBucketLevelAccess"].(map[string]any)
	locked := old.text("iamConfiguration", "uniformBucketLevelAccess", "lockedTime")
	if uniform["enabled"] != true {
		if at, err := time.Parse(timeFormat, locked); err == nil && s.clock.Now().After(at) {
			return invalid("Uniform bucket-level access cannot be disabled after %s.", locked)
		}
		delete(uniform, "lockedTime")
	} else if uniform["lockedTime"] = locked; locked == "" {
		uniform["lockedTime"] = s.clock.Now().Add(lockAfter).UTC().Format(timeFormat)
	}
	full["bucketPolicyOnly"] = uniform
	next["iamConfiguration"] = full
	return nil
}

func (s *Server) remove(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.PathValue("bucket")
	old, err := s.get(name)
	if err != nil {
		return nil, err
	}
	if err := checkConditions(r, old); err != nil {
		return nil, err
	}
	if full, err := s.holdsObjects(name); err != nil || full {
		if full {
			err = fail(http.StatusConflict, "conflict", "The bucket you tried to delete is not empty.")
		}
		return nil, err
	}
	b := s.store.Batch()
	s.rows.Remove(b, name)
	s.policies.Remove(b, name)
	return nil, s.store.Apply(b)
}
