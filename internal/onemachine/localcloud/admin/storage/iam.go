package storage

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"cloud.google.com/go/iam/apiv1/iampb"
	storage "google.golang.org/api/storage/v1"
	"google.golang.org/genproto/googleapis/type/expr"
)

// firstPolicy is what Cloud Storage gives every new bucket.
func (s *Server) firstPolicy(ctx context.Context, name, projectID string) error {
	owners := []string{"projectEditor:" + projectID, "projectOwner:" + projectID}
	readers := []string{"projectViewer:" + projectID}
	bindings := []*iampb.Binding{
		{Role: "roles/storage.legacyBucketOwner", Members: owners},
		{Role: "roles/storage.legacyBucketReader", Members: readers},
	}
	b, err := s.get(name)
	if err != nil {
		return err
	}
	if typed, err := b.typed(); err == nil && uniform(typed) {
		bindings = append(bindings,
			&iampb.Binding{Role: "roles/storage.legacyObjectOwner", Members: owners},
			&iampb.Binding{Role: "roles/storage.legacyObjectReader", Members: readers})
	}
	_, err = s.policies.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: name,
		Policy: &iampb.Policy{Bindings: bindings}})
	return err
}

func (s *Server) getPolicy(r *http.Request) (any, error) {
	version, err := strconv.ParseInt(orZero(r.URL.Query().Get("optionsRequestedPolicyVersion")), 10, 32)
	if err != nil {
		return nil, invalid("Invalid argument: optionsRequestedPolicyVersion.")
	}
	name := r.PathValue("bucket")
	p, err := s.policies.GetIamPolicy(r.Context(), &iampb.GetIamPolicyRequest{
		Resource: name, Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: int32(version)},
	})
	if err != nil {
		return nil, err
	}
	return policyJSON(name, p), nil
}

func (s *Server) setPolicy(r *http.Request) (any, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, invalid("The request cannot be read.")
	}
	given := &storage.Policy{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(given); err != nil {
		return nil, invalid("The policy cannot be read.") // the text may contain a member's address
	}
	name := r.PathValue("bucket")
	next, err := policyProto(given)
	if err != nil {
		return nil, err
	}
	if err := s.checkPublic(name, next); err != nil {
		return nil, err
	}
	p, err := s.policies.SetIamPolicy(r.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: next})
	if err != nil {
		return nil, err
	}
	return policyJSON(name, p), nil
}

// checkPublic refuses everybody as a member where public access is prevented.
func (s *Server) checkPublic(name string, p *iampb.Policy) error {
	b, err := s.get(name)
	if err != nil {
		return err
	}
	if b.text("iamConfiguration", "publicAccessPrevention") != "enforced" {
		return nil
	}
	for _, binding := range p.GetBindings() {
		if slices.Contains(binding.GetMembers(), "allUsers") || slices.Contains(binding.GetMembers(),
			"allAuthenticatedUsers") {
			return fail(http.StatusPreconditionFailed, "conditionNotMet",
				"The member bindings allUsers and allAuthenticatedUsers are not allowed since public access "+
					"prevention is enforced.")
		}
	}
	return nil
}

func policyProto(given *storage.Policy) (*iampb.Policy, error) {
	etag, err := base64.StdEncoding.DecodeString(given.Etag)
	if err != nil || given.Version < 0 || given.Version > 3 {
		return nil, invalid("The policy's etag or version is invalid.")
	}
	out := &iampb.Policy{Etag: etag, Version: int32(given.Version)}
	for _, b := range given.Bindings {
		binding := &iampb.Binding{Role: b.Role, Members: b.Members}
		if c := b.Condition; c != nil {
			binding.Condition = &expr.Expr{Title: c.Title, Description: c.Description, Expression: c.Expression,
				Location: c.Location}
		}
		out.Bindings = append(out.Bindings, binding)
	}
	return out, nil
}

func policyJSON(name string, p *iampb.Policy) *storage.Policy {
	out := &storage.Policy{
		Kind: "storage#policy", ResourceId: "projects/_/buckets/" + name, Version: int64(p.GetVersion()),
		Etag: base64.StdEncoding.EncodeToString(p.GetEtag()),
	}
	for _, b := range p.GetBindings() {
		binding := &storage.PolicyBindings{Role: b.GetRole(), Members: b.GetMembers()}
		if c := b.GetCondition(); c != nil {
			binding.Condition = &storage.Expr{Title: c.GetTitle(), Description: c.GetDescription(),
				Expression: c.GetExpression(), Location: c.GetLocation()}
		}
		out.Bindings = append(out.Bindings, binding)
	}
	return out
}

func (s *Server) testPermissions(r *http.Request) (any, error) {
	got, err := s.policies.TestIamPermissions(r.Context(), &iampb.TestIamPermissionsRequest{
		Resource: r.PathValue("bucket"), Permissions: r.URL.Query()["permissions"],
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"kind": "storage#testIamPermissionsResponse", "permissions": got.GetPermissions()}, nil
}
